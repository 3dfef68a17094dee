"""Every request our Azure DevOps client sends is one the vendor describes, and the fake answers as described."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from shared.clients.azure_devops import (
    ResourceName,
    WorkItemDraft,
    azure_devops_client,
    build_validation,
    comments_resolved,
    linked_work_items,
    reviewers,
)
from tests.contract.clients.spec import faults, schema_faults
from tests.fakes.azure_devops import TOKEN, URL, FakeAzureDevOps
from tests.fakes.vendor import Exchange, body_of

type Spec = Callable[[str], dict[str, Any]]

PROJECT, MAIN = "My Project", "refs/heads/main"
NAMES: list[ResourceName] = [
    {"type": "endpoint", "name": "azure-preview"},
    {"type": "environment", "name": "preview"},
]
AREAS = {
    "policy/": "policy",
    "git/": "git",
    "build/": "build",
    "serviceendpoint/": "serviceEndpoint",
    "wit/": "wit",
}
ELSEWHERE = ("pipelines/pipelinepermissions", "distributedtask/")
"""Areas whose descriptions are not at hand; their requests are held against the vendor's samples below."""
FREE = {"_links", "settings", "templateParameters", "fields", "attributes"}
ANY_TEAM = "/any-team"
NO_TIMELINE_ID = "/00000000-0000-0000-0000-000000000000"
ANSWERS = {
    r"GET .*/git/repositories": ("git", "GitRepository"),
    r"(POST|PATCH) .*/git/repositories(/[^/]+)?": ("git", "GitRepository"),
    r"GET .*/refs": ("git", "GitRef"),
    r"POST .*/refs": ("git", "GitRefUpdateResult"),
    r"POST .*/pushes": ("git", "GitPush"),
    r"GET .*(?<!/diffs)/commits": ("git", "GitCommitRef"),
    r"GET .*/commits/[^/]+": ("git", "GitCommit"),
    r"GET .*/items": ("git", "GitItem"),
    r"GET .*/diffs/commits": ("git", "GitCommitDiffs"),
    r"GET .*/build/changes": ("build", "Change"),
    r"GET .*/recycleBin/repositories": ("git", "GitDeletedRepository"),
    r"POST .*/policy/configurations": ("policy", "PolicyConfiguration"),
    r"GET .*/policy/configurations": ("policy", "PolicyConfiguration"),
    r"GET .*/build/definitions": ("build", "BuildDefinition"),
    r"GET .*/build/builds/\d+": ("build", "Build"),
    r"GET .*/timeline": ("build", "Timeline"),
    r"GET .*/serviceendpoint/endpoints": ("serviceEndpoint", "ServiceEndpoint"),
    r"POST .*/pipelines": ("pipelines", "Pipeline"),
    r"(GET|POST) .*/runs(/\d+)?": ("pipelines", "Run"),
    r"POST .*/wit/workitems/[$]Bug": ("wit", "WorkItem"),
    r"POST .*/wit/wiql": ("wit", "WorkItemQueryResult"),
    r"GET .*/_apis/projects": ("core", "TeamProjectReference"),
    r"GET .*/_apis/projects/[^/]+": ("core", "TeamProject"),
}


@pytest.fixture
async def exchanges() -> list[Exchange]:
    """What was asked and answered while the client did all it can do."""
    fake = FakeAzureDevOps(PROJECT)

    client = azure_devops_client(URL, TOKEN, transport=fake.transport)
    await client.ping()
    assert await client.projects.exists(PROJECT)
    draft: WorkItemDraft = {
        "type": "Bug",
        "title": "Fix it",
        "description": ["Why"],
        "links": [("Postmortem", "https://app.example/1")],
    }
    assert (await client.boards.ensure(PROJECT, "k-1", draft))["outcome"] == "created"
    await _fill(client.repositories, client.policies, client.pipelines, client.runs, client.comparing, fake)
    return fake.exchanges


async def _fill(
    repositories: Any, policies: Any, pipelines: Any, runs: Any, comparing: Any, fake: FakeAzureDevOps
) -> None:
    repository_id = (await repositories.create(PROJECT, "orders"))["repository_id"]
    files = {"a.txt": b"a", "b.png": b"\x89P\xff"}
    author = ("ValueFlow", "valueflow@contoso.test")
    pushed = await repositories.push_first_commit(PROJECT, repository_id, files, "Begin", "k", *author)
    assert pushed == await repositories.push_first_commit(PROJECT, repository_id, {}, "", "k", *author)
    assert await repositories.is_only_ours(PROJECT, repository_id, "k")
    assert await repositories.has_file(PROJECT, repository_id, "/a.txt")
    pipeline_id = (await pipelines.create(PROJECT, "orders", "\\", repository_id))["pipeline_id"]
    drafts = [reviewers(2), build_validation(pipeline_id), comments_resolved(), linked_work_items()]
    for policy_id in (await policies.ensure(PROJECT, repository_id, drafts))["policy_ids"]:
        await policies.delete(PROJECT, policy_id)
    resources = await pipelines.resources(PROJECT, NAMES)
    await pipelines.authorize(PROJECT, pipeline_id, resources)
    assert await pipelines.authorized(PROJECT, pipeline_id, resources) == resources
    first = fake.add_run(90, pushed["commit"], pipeline_id=pipeline_id, repository_id=repository_id)
    fake.git.branches[repository_id, "refs/heads/next"] = pushed["commit"]
    edited = fake.git.add_commit(repository_id, "Change", {"/config/app.yaml": b"x: 2"}, "next")
    fake.add_run(91, edited, pipeline_id=pipeline_id, repository_id=repository_id)
    assert (await runs.get(PROJECT, pipeline_id, first["id"]))["repository_id"] == repository_id
    between = await comparing.difference(PROJECT, repository_id, pushed["commit"], edited)
    assert between == {"paths": ["/config/app.yaml"], "is_whole": True}
    assert [one["title"] for one in await comparing.commits(PROJECT, 90, 91)] == ["Change"]
    await comparing.difference(PROJECT, repository_id, pushed["commit"], edited, since_common=True)
    assert await comparing.ends_of_pull_request(PROJECT, repository_id, 41) is None
    assert await runs.accepts(PROJECT, pipeline_id, MAIN, pushed["commit"], {"action": "apply"})
    run = await runs.start(PROJECT, pipeline_id, "k", MAIN, pushed["commit"], {"action": "apply"})
    await runs.last_good(PROJECT, pipeline_id, run["run_id"])
    await runs.cancel(PROJECT, run["run_id"])
    fake.end_run(run["run_id"], "failed", "scan")
    assert await runs.failed_stage(PROJECT, run["run_id"]) == "scan"
    await pipelines.revoke(PROJECT, pipeline_id, resources)
    await pipelines.delete(PROJECT, pipeline_id)
    await repositories.delete_branch(PROJECT, repository_id, "main", pushed["commit"])
    await repositories.archive(PROJECT, repository_id, "orders-2026")
    await repositories.delete(PROJECT, repository_id)
    from datetime import UTC, datetime

    await repositories.deleted_since(PROJECT, "orders", datetime(2026, 1, 1, tzinfo=UTC))
    await repositories.purge(PROJECT, repository_id)


async def test_every_request_is_described(spec: Spec, exchanges: list[Exchange]) -> None:
    documents = {
        area: spec(f"azure-devops-{area}-7.1.json") for area in (*AREAS.values(), "pipelines", "core")
    }
    found = []
    for request, _ in exchanges:
        if not any(part in request.url.path for part in ELSEWHERE):
            found += [
                (request.method, request.url.path, fault)
                for fault in request_faults(documents[area_of(request)], request)
            ]
    assert found == []
    assert len(exchanges) > 40


async def test_every_answer_of_the_fake_is_described(spec: Spec, exchanges: list[Exchange]) -> None:
    found, checked = [], set()
    for request, response in exchanges:
        asked = f"{request.method} {request.url.path}"
        for pattern, (area, name) in ANSWERS.items():
            if re.fullmatch(pattern, asked) and response.status_code < 204:
                document = spec(f"azure-devops-{area}-7.1.json")
                body = response.json()
                for one in body.get("value", [body]):
                    reference = {"$ref": f"#/definitions/{name}"}
                    found += [(asked, fault) for fault in schema_faults(document, reference, told(one))]
                checked.add(pattern)
    assert found == []
    assert checked == set(ANSWERS)


def test_permissions_are_asked_as_in_the_vendor_s_samples(exchanges: list[Exchange]) -> None:
    """https://learn.microsoft.com/rest/api/azure/devops/approvalsandchecks/pipeline-permissions"""
    changes = [
        body_of(request)
        for request, _ in exchanges
        if request.method == "PATCH" and request.url.path.endswith("_apis/pipelines/pipelinepermissions")
    ]
    asked = [request.url.path for request, _ in exchanges if "pipelinepermissions/" in request.url.path]
    granted, revoked = (
        [
            {
                "resource": {"type": kind, "id": resource_id},
                "pipelines": [{"id": 11, "authorized": authorized}],
            }
            for kind, resource_id in (("endpoint", "e-preview"), ("environment", "2"))
        ]
        for authorized in (True, False)
    )
    assert changes == [granted, revoked]
    assert [path.partition("pipelinepermissions")[2] for path in asked] == [
        "/endpoint/e-preview",
        "/environment/2",
    ]


def area_of(request: httpx.Request) -> str:
    path = request.url.path.partition("/_apis/")[2]
    if path.startswith("projects"):
        return "core"
    return next((area for start, area in AREAS.items() if path.startswith(start)), "pipelines")


def request_faults(document: dict[str, Any], request: httpx.Request) -> list[str]:
    """`faults`, where the descriptions agree with the vendor's own pages; where they do not, what those say."""
    path = request.url.path
    if path.endswith("/timeline"):  # the id is optional, but the description knows no address without it
        url = request.url.copy_with(path=path + NO_TIMELINE_ID)
        return faults(document, httpx.Request(request.method, url))
    if path.endswith("/wit/wiql"):  # the team is optional, but the description knows no address without it
        url = request.url.copy_with(path=path.replace("/_apis/", f"{ANY_TEAM}/_apis/"))
        asked = httpx.Request(request.method, url, content=request.content)
        return faults(document, asked)
    if "/wit/workitems/" in path:  # the body is a list, checked item by item
        reference = {"$ref": "#/definitions/JsonPatchOperation"}
        assert request.headers["Content-Type"] == "application/json-patch+json"
        changes = [{name: part for name, part in one.items() if name != "value"} for one in body_of(request)]
        return [fault for one in changes for fault in schema_faults(document, reference, one)]
    if request.method == "GET" and re.search(
        "(?<!/diffs)/commits$", path
    ):  # described is another operation at this address
        criteria = document["definitions"]["GitQueryCommitsCriteria"]["properties"]
        named = {f"searchCriteria.{name}" for name in criteria} | {"api-version"}
        return [f"unknown parameter {name}" for name in request.url.params if name not in named]
    if request.method == "POST" and path.endswith("/refs"):  # the body is a list, checked item by item
        reference = {"$ref": "#/definitions/GitRefUpdate"}
        return [fault for one in body_of(request) for fault in schema_faults(document, reference, one)]
    if request.method == "POST" and path.endswith("/policy/configurations"):  # settings differ by type
        request = httpx.Request("POST", request.url, json=told(body_of(request)))
    found = faults(document, request)
    if path.endswith("/items"):  # described is the list alone, which has scopePath in its stead
        found.remove("unknown parameter path")
    if request.method == "POST" and path.endswith("/_apis/pipelines"):
        # `configuration` is described by its type alone.
        configuration = body_of(request)["configuration"]
        assert configuration.keys() == {"type", "path", "repository"}
        assert configuration["repository"].keys() == {"id", "type"}
        found = [fault for fault in found if fault not in {"unknown field path", "unknown field repository"}]
    return found


def told(value: Any) -> Any:
    """Without links, which the descriptions wrap in a field that the wire does not have, without fields that are
    empty, without the settings of a policy, which are free, without template parameters and the fields of a work item,
    whose values the description takes for objects; and without the id of a run's repository, which stands in the
    vendor's samples alone.
    """
    if isinstance(value, dict) and value.get("type") == "azureReposGit":
        return {"type": "azureReposGit"}
    if isinstance(value, dict):
        return {name: told(part) for name, part in value.items() if name not in FREE and part is not None}
    return [told(part) for part in value] if isinstance(value, list) else value
