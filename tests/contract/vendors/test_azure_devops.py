"""The simulated Azure DevOps agrees with the published REST descriptions, version 7.1."""

import re
from typing import Any

import pytest

from sandbox.vendors.azure_devops.vendor import AzureDevOps
from tests.contract.vendors.published import check, read, undeclared
from tests.unit.sandbox.vendors.rig import Rig

AREAS = ("core", "git", "pipelines", "build", "policy", "serviceEndpoint")
DOCUMENTED = {
    (
        "GET",
        "/{}/{}/_apis/build/builds/{}/timeline",
    ),  # the description takes the optional id for a required one
    ("GET", "/{}/{}/_apis/distributedtask/environments"),
    ("GET", "/{}/{}/_apis/pipelines/pipelinepermissions/{}/{}"),
    ("PATCH", "/{}/{}/_apis/pipelines/pipelinepermissions/{}/{}"),
    ("PATCH", "/{}/{}/_apis/pipelines/pipelinepermissions"),
}
"""Operations of areas whose descriptions are not at hand: https://learn.microsoft.com/rest/api/azure/devops"""
COMMIT = "a" * 40
SHOP = "/contoso/shop/_apis"


def spec(area: str) -> Any:
    return read(f"azure-devops-{area}-7.1.json")


def without_links(value: Any) -> Any:
    """The descriptions wrap links in a field that the wire does not have."""
    if isinstance(value, dict):
        return {name: without_links(part) for name, part in value.items() if name != "_links"}
    return [without_links(part) for part in value] if isinstance(value, list) else value


def conforms(area: str, name: str, answer: Any, beside: frozenset[str] = frozenset()) -> None:
    """beside: fields the wire has and the description lacks."""
    shown = without_links(answer)
    check(spec(area), f"#/definitions/{name}", shown)
    assert undeclared(spec(area), f"#/definitions/{name}", shown) == beside


async def call(rig: Rig, method: str, path: str, **options: Any) -> Any:
    answer = await rig.call("azure_devops", method, path, params={"api-version": "7.1"}, **options)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def pipeline(rig: Rig) -> int:
    body = {"project": "shop", "name": "deploy", "repository": "checkout"}
    made = await rig.control("azure_devops", "POST", "/pipelines", body)
    await rig.control(
        "azure_devops", "POST", "/runs", {"pipeline_id": made["id"], "commit": COMMIT, "tags": ["good"]}
    )
    return int(made["id"])


def test_every_operation_is_one_of_the_published(rig: Rig) -> None:
    published = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path).lower())
        for area in AREAS
        for path, methods in spec(area)["paths"].items()
        for method in methods
    }
    vendor = rig.vendors["azure_devops"]
    assert isinstance(vendor, AzureDevOps)

    offered = {(one.method, re.sub(r"\{\w+\}", "{}", one.path).lower()) for one in vendor.operations()}

    assert offered - DOCUMENTED <= published
    assert offered >= DOCUMENTED


async def test_projects_conform(rig: Rig) -> None:
    await pipeline(rig)

    listed = await call(rig, "GET", "/contoso/_apis/projects")

    assert set(listed) == {"count", "value"}
    conforms("core", "TeamProjectReference", listed["value"][0])
    conforms("core", "TeamProject", await call(rig, "GET", "/contoso/_apis/projects/shop"))


async def test_repositories_and_commits_conform(rig: Rig) -> None:
    await pipeline(rig)
    body = {"name": "orders"}
    check(spec("git"), "#/definitions/GitRepositoryCreateOptions", body)

    made = await call(rig, "POST", f"{SHOP}/git/repositories", json=body)
    listed = await call(rig, "GET", f"{SHOP}/git/repositories")
    commits = await call(rig, "GET", f"{SHOP}/git/repositories/checkout/commits")

    for repository in (made, *listed["value"]):
        conforms("git", "GitRepository", repository)
    conforms("git", "GitCommitRef", commits["value"][0])
    one = await call(rig, "GET", f"{SHOP}/git/repositories/checkout/commits/{COMMIT}")
    conforms("git", "GitCommit", one)


async def test_pipelines_conform(rig: Rig) -> None:
    pipeline_id = await pipeline(rig)

    listed = await call(rig, "GET", f"{SHOP}/pipelines")
    one = await call(rig, "GET", f"{SHOP}/pipelines/{pipeline_id}")

    conforms("pipelines", "Pipeline", listed["value"][0])
    conforms("pipelines", "Pipeline", one, frozenset({"configuration.path", "configuration.repository"}))


async def test_runs_conform_under_way_ended_and_listed(rig: Rig) -> None:
    pipeline_id = await pipeline(rig)
    runs = f"{SHOP}/pipelines/{pipeline_id}/runs"
    await rig.control("azure_devops", "PUT", "/config", {"run_seconds": 3600})
    body = {
        "resources": {"repositories": {"self": {"refName": "refs/heads/main", "version": COMMIT}}},
        "variables": {"KEY": {"value": "k", "isSecret": False}, "TOKEN": {"value": "t", "isSecret": True}},
        "templateParameters": {"environment": "prod"},
        "stagesToSkip": ["test"],
    }
    check(spec("pipelines"), "#/definitions/RunPipelineParameters", body)

    started = await call(rig, "POST", runs, json=body)
    ended = await call(rig, "GET", f"{runs}/101")
    listed = await call(rig, "GET", runs)

    assert (started["state"], ended["state"], listed["count"]) == ("inProgress", "completed", 2)
    # The description types each template parameter as an object; those sent are texts.
    started["templateParameters"] = {}
    listed["value"][0]["templateParameters"] = {}
    for run in (started, ended, *listed["value"]):
        conforms("pipelines", "Run", run)


async def test_builds_conform(rig: Rig) -> None:
    pipeline_id = await pipeline(rig)
    await rig.control("azure_devops", "PUT", "/config", {"run_seconds": 3600})
    await call(rig, "POST", f"{SHOP}/pipelines/{pipeline_id}/runs", json={})

    listed = await call(rig, "GET", f"{SHOP}/build/builds")

    assert [build["status"] for build in listed["value"]] == ["inProgress", "completed"]
    for build in listed["value"]:
        conforms("build", "Build", build)
    conforms("build", "Build", await call(rig, "GET", f"{SHOP}/build/builds/101"))


@pytest.mark.parametrize("area", AREAS)
def test_the_version_the_simulator_speaks_is_the_published_one(area: str) -> None:
    assert spec(area)["info"]["version"].startswith("7.1")
