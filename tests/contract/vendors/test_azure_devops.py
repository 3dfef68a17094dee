"""The simulated Azure DevOps agrees with the published REST descriptions, version 7.1."""

import re
from typing import Any

import pytest

from sandbox.vendors.azure_devops.vendor import AzureDevOps
from tests.contract.vendors.published import check, read, undeclared
from tests.unit.sandbox.vendors.azure_devops.calls import GIT, NO_COMMIT, pushed, repository, service, start
from tests.unit.sandbox.vendors.rig import Rig

AREAS = ("core", "git", "pipelines", "build", "policy", "serviceEndpoint", "wit")
DOCUMENTED = {
    (
        "GET",
        "/{}/{}/_apis/build/builds/{}/timeline",
    ),  # the description takes the optional id for a required one
    ("POST", "/{}/{}/_apis/wit/wiql"),  # the description takes the optional team for a required one
    ("GET", "/{}/{}/_apis/distributedtask/environments"),
    ("GET", "/{}/{}/_apis/distributedtask/environments/{}/environmentdeploymentrecords"),
    ("POST", "/{}/{}/_apis/distributedtask/hubs/{}/plans/{}/events"),
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
    params = {"api-version": "7.1", **options.pop("params", {})}
    answer = await rig.call("azure_devops", method, path, params=params, **options)
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

    for shown in (made, *listed["value"]):
        conforms("git", "GitRepository", shown)
    conforms("git", "GitCommitRef", commits["value"][0])
    one = await call(rig, "GET", f"{SHOP}/git/repositories/checkout/commits/{COMMIT}")
    conforms("git", "GitCommit", one)


async def test_what_lies_between_two_runs_conforms(rig: Rig) -> None:
    pipeline_id = await pipeline(rig)
    change = {
        "pipeline_id": pipeline_id,
        "commit": "b" * 40,
        "comment": "Fewer connections",
        "files": {"config/app.yaml": "pool: 5", "src/app.py": "x = 1"},
    }
    run = await rig.control("azure_devops", "POST", "/runs", change)
    versions = {
        "baseVersion": COMMIT,
        "baseVersionType": "commit",
        "targetVersion": "b" * 40,
        "targetVersionType": "commit",
        "diffCommonCommit": "false",
    }
    builds = {"fromBuildId": "101", "toBuildId": str(run["id"])}

    between = await call(rig, "GET", f"{SHOP}/git/repositories/checkout/diffs/commits", params=versions)
    commits = await call(rig, "GET", f"{SHOP}/build/changes", params=builds)

    conforms("git", "GitCommitDiffs", between)
    assert [one["item"]["path"] for one in between["changes"]] == [
        *("/config", "/config/app.yaml", "/src", "/src/app.py")
    ]
    assert (between["changeCounts"], between["aheadCount"]) == ({"Add": 2}, 1)
    (commit,) = commits["value"]
    conforms("build", "Change", commit)
    assert (commit["id"], commit["message"]) == ("b" * 40, "Fewer connections")


async def test_pull_requests_conform(rig: Rig) -> None:
    await pipeline(rig)
    change = {"project": "shop", "repository": "checkout", "files": {"/src/app.py": "x = 2"}}
    number = (await rig.control("azure_devops", "POST", "/pull_requests", change))["pullRequestId"]
    here = f"{SHOP}/git/repositories/checkout"

    one = await call(rig, "GET", f"{here}/pullrequests/{number}")
    commits = await call(rig, "GET", f"{here}/pullRequests/{number}/commits")

    conforms("git", "GitPullRequest", one)
    assert one["lastMergeTargetCommit"]["commitId"] == COMMIT
    for commit in commits["value"]:
        conforms("git", "GitCommitRef", commit)


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


async def test_pushes_refs_and_items_conform(rig: Rig) -> None:
    repository_id = await repository(rig)
    body = pushed({"/azure-pipelines.yml": "stages: []", "/src/a.txt": "a"})
    check(spec("git"), "#/definitions/GitPush", body)
    one = f"{GIT}/{repository_id}"

    push = await call(rig, "POST", f"{one}/pushes", json=body)
    commit_id = push["commits"][0]["commitId"]
    refs = await call(rig, "GET", f"{one}/refs")
    update = {"name": "refs/heads/fix", "oldObjectId": NO_COMMIT, "newObjectId": commit_id}
    check(spec("git"), "#/definitions/GitRefUpdate", update)
    updated = await call(rig, "POST", f"{one}/refs", json=[update])

    conforms("git", "GitPush", push)
    conforms("git", "GitRef", refs["value"][0])
    conforms("git", "GitRefUpdateResult", updated["value"][0])
    whole = await call(rig, "GET", f"{one}/commits/{commit_id}")
    conforms("git", "GitCommit", whole)
    query = {"api-version": "7.1", "recursionLevel": "full"}
    listed = await rig.call("azure_devops", "GET", f"{one}/items", params=query)
    for item in listed.json()["value"]:
        conforms("git", "GitItem", item)
    query = {"api-version": "7.1", "path": "/src/a.txt", "$format": "json", "includeContent": "true"}
    item = await rig.call("azure_devops", "GET", f"{one}/items", params=query)
    conforms("git", "GitItem", item.json())


async def test_a_repository_conforms_on_its_way_out(rig: Rig) -> None:
    repository_id = await repository(rig)
    bin_ = f"{SHOP}/git/recycleBin/repositories"

    changed = await call(
        rig, "PATCH", f"{GIT}/{repository_id}", json={"name": "orders-old", "isDisabled": True}
    )
    await call(rig, "DELETE", f"{GIT}/{repository_id}")
    binned = await call(rig, "GET", bin_)
    body = {"deleted": False}
    check(spec("git"), "#/definitions/GitRecycleBinRepositoryDetails", body)
    restored = await call(rig, "PATCH", f"{bin_}/{repository_id}", json=body)

    conforms("git", "GitRepository", changed)
    conforms("git", "GitDeletedRepository", binned["value"][0])
    conforms("git", "GitRepository", restored)


async def test_policies_conform(rig: Rig) -> None:
    repository_id = await repository(rig)
    scope = [{"repositoryId": repository_id, "refName": "refs/heads/main", "matchKind": "Exact"}]
    type_id = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"
    body = {
        "isEnabled": True,
        "isBlocking": True,
        "type": {"id": type_id},
        "settings": {"minimumApproverCount": 2, "scope": scope},
    }

    made = await call(rig, "POST", f"{SHOP}/policy/configurations", json=body)
    one = f"{SHOP}/policy/configurations/{made['id']}"
    changed = await call(rig, "PUT", one, json={**body, "isBlocking": False})
    listed = await call(rig, "GET", f"{SHOP}/git/policy/configurations")
    types = await call(rig, "GET", f"{SHOP}/policy/types")

    for policy in (made, changed, await call(rig, "GET", one), *listed["value"]):
        conforms("policy", "PolicyConfiguration", {**policy, "settings": {}})
    for kind in (*types["value"], await call(rig, "GET", f"{SHOP}/policy/types/{type_id}")):
        conforms("policy", "PolicyType", kind)


async def test_definitions_endpoints_and_timelines_conform(rig: Rig) -> None:
    _, pipeline_id = await service(rig, run_seconds=3600)
    run_id = await start(rig, pipeline_id, environment="preview")

    definition = await call(rig, "GET", f"{SHOP}/build/definitions/{pipeline_id}")
    listed = await call(rig, "GET", f"{SHOP}/build/definitions")
    endpoints = await call(rig, "GET", f"{SHOP}/serviceendpoint/endpoints")
    timeline = await call(rig, "GET", f"{SHOP}/build/builds/{run_id}/timeline")
    check(spec("build"), "#/definitions/Build", {"status": "cancelling"})
    cancelled = await call(rig, "PATCH", f"{SHOP}/build/builds/{run_id}", json={"status": "cancelling"})

    # The description knows the kinds of process by their number alone.
    beside = frozenset({"process.yamlFilename"})
    conforms("build", "BuildDefinition", definition, beside)
    conforms("build", "BuildDefinitionReference", listed["value"][0])
    for endpoint in endpoints["value"]:
        conforms("serviceEndpoint", "ServiceEndpoint", endpoint)
    conforms("build", "Timeline", timeline)
    cancelled["templateParameters"] = {}
    conforms("build", "Build", cancelled)
    assert cancelled["result"] == "canceled"


async def test_permissions_and_environments_are_told_as_in_the_vendor_s_samples(rig: Rig) -> None:
    """https://learn.microsoft.com/rest/api/azure/devops/approvalsandchecks/pipeline-permissions"""
    _, pipeline_id = await service(rig)
    (environment, *_) = (await call(rig, "GET", f"{SHOP}/distributedtask/environments"))["value"]

    change = {
        "resource": {"type": "environment", "id": str(environment["id"])},
        "pipelines": [{"id": pipeline_id, "authorized": True}],
    }
    answer = await call(rig, "PATCH", f"{SHOP}/pipelines/pipelinepermissions", json=[change])

    assert {"id", "name", "createdBy", "createdOn", "lastModifiedBy", "lastModifiedOn", "project"} <= set(
        environment
    )
    assert answer["count"] == 1
    (told,) = answer["value"]
    assert told["resource"] == {**change["resource"], "name": "development"}  # type: ignore[dict-item]
    (pipeline,) = told["pipelines"]
    assert set(pipeline) == {"id", "authorized", "authorizedBy", "authorizedOn"}


@pytest.mark.parametrize("area", AREAS)
def test_the_version_the_simulator_speaks_is_the_published_one(area: str) -> None:
    assert spec(area)["info"]["version"].startswith("7.1")


async def test_work_items_conform(rig: Rig) -> None:
    await pipeline(rig)
    patch = [
        {"op": "add", "path": "/fields/System.Title", "value": "Write a test"},
        {"op": "add", "path": "/fields/System.Tags", "value": "valueflow:k"},
    ]
    headers = {"Content-Type": "application/json-patch+json"}

    made = await call(rig, "POST", f"{SHOP}/wit/workitems/$Task", json=patch, headers=headers)
    read = await call(rig, "GET", f"{SHOP}/wit/workitems/{made['id']}")
    query = "SELECT [System.Id] FROM WorkItems WHERE [System.Tags] CONTAINS 'valueflow:k'"
    found = await call(rig, "POST", f"{SHOP}/wit/wiql", json={"query": query})

    for shown in (made, read):
        described = {**shown, "fields": {name: {} for name in shown["fields"]}}
        conforms("wit", "WorkItem", described)
    conforms("wit", "WorkItemQueryResult", found)
    assert [one["id"] for one in found["workItems"]] == [made["id"]]
