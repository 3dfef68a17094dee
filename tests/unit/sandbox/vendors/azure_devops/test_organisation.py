"""The organisation over HTTP: who may come in, projects and repositories, pipelines, runs and builds."""

import asyncio
import base64
from typing import Any

import httpx
import pytest

from tests.unit.sandbox.vendors.rig import Rig, eventually

GOOD, BAD = "a" * 40, "b" * 40
SHOP = "/contoso/shop/_apis"


async def ado(rig: Rig, method: str, path: str, **options: Any) -> httpx.Response:
    params = {"api-version": "7.1", **options.pop("params", {})}
    return await rig.call("azure_devops", method, path, params=params, **options)


async def pipeline(rig: Rig, **runs: str) -> int:
    """The pipeline of a shop, with a run of the past for each commit given."""
    body = {"project": "shop", "name": "deploy", "repository": "checkout"}
    pipeline_id = (await rig.control("azure_devops", "POST", "/pipelines", body))["id"]
    past = [
        {"pipeline_id": pipeline_id, "commit": commit, "finished_ago_seconds": 7200 - 600 * number}
        for number, commit in enumerate(runs.values())
    ]
    if past:
        await rig.control("azure_devops", "POST", "/runs", past)
    return int(pipeline_id)


async def start(rig: Rig, pipeline_id: int, **body: Any) -> httpx.Response:
    return await ado(rig, "POST", f"{SHOP}/pipelines/{pipeline_id}/runs", json=body)


def source(**fields: str) -> dict[str, Any]:
    return {"repositories": {"self": fields}}


async def test_without_credentials_the_sign_in_page_comes_as_203(rig: Rig) -> None:
    answer = await rig.http.get(f"{rig.urls['azure_devops']}/contoso/_apis/projects?api-version=7.1")

    assert answer.status_code == 203
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "authorization",
    ["Basic " + base64.b64encode(b":wrong").decode(), "Basic ???", "Bearer nonsense", "Digest x"],
)
async def test_wrong_credentials_are_401(rig: Rig, authorization: str) -> None:
    answer = await ado(rig, "GET", "/contoso/_apis/projects", headers={"Authorization": authorization})

    assert answer.status_code == 401


async def test_an_entra_token_for_azure_devops_opens_it_and_one_for_others_does_not(rig: Rig) -> None:
    async def status(audience: str) -> int:
        made = await rig.control("entra", "POST", "/tokens", {"client": "valueflow", "audience": audience})
        headers = {"Authorization": f"Bearer {made['access_token']}"}
        return (await ado(rig, "GET", "/contoso/_apis/projects", headers=headers)).status_code

    assert await status("499b84ac-1321-427f-aa17-267ca6975798") == 200
    assert await status("valueflow") == 401


@pytest.mark.parametrize(
    ("version", "type_key"),
    [
        ("", "VssVersionNotSpecifiedException"),
        ("9.0", "VssVersionOutOfRangeException"),
        ("x", "VssVersionOutOfRangeException"),
    ],
)
async def test_the_api_version_must_be_given_and_known(rig: Rig, version: str, type_key: str) -> None:
    answer = await ado(rig, "GET", "/contoso/_apis/projects", params={"api-version": version})

    assert (answer.status_code, answer.json()["typeKey"]) == (400, type_key)


async def test_the_api_version_may_be_a_preview_or_come_in_the_accept_header(rig: Rig) -> None:
    preview = await ado(rig, "GET", "/contoso/_apis/projects", params={"api-version": "7.1-preview.1"})
    header = {"Accept": "application/json; api-version=7.1"}
    accepted = await rig.call("azure_devops", "GET", "/contoso/_apis/projects", headers=header)

    assert (preview.status_code, accepted.status_code) == (200, 200)


async def test_a_project_is_found_by_id_and_by_name_whatever_its_case(rig: Rig) -> None:
    made = await rig.control("azure_devops", "POST", "/projects", {"name": "Shop"})

    listed = (await ado(rig, "GET", "/contoso/_apis/projects")).json()
    assert (listed["count"], listed["value"][0]["name"]) == (1, "Shop")
    for name in (made["id"], "shop"):
        assert (await ado(rig, "GET", f"/contoso/_apis/projects/{name}")).json()["id"] == made["id"]
    repositories = (await ado(rig, "GET", f"{SHOP}/git/repositories")).json()
    assert [one["name"] for one in repositories["value"]] == ["Shop"]
    missing = await ado(rig, "GET", "/contoso/other/_apis/pipelines")
    assert (missing.status_code, missing.json()["typeKey"]) == (404, "ProjectDoesNotExistWithNameException")


async def test_a_repository_lives_is_binned_and_purged(rig: Rig) -> None:
    await rig.control("azure_devops", "POST", "/projects", {"name": "shop"})
    base = f"{SHOP}/git/repositories"

    made = await ado(rig, "POST", base, json={"name": "orders"})
    twice = await ado(rig, "POST", base, json={"name": "Orders"})

    assert made.status_code == 201
    assert (twice.status_code, twice.json()["typeKey"]) == (409, "GitRepositoryNameAlreadyExistsException")
    repository_id = made.json()["id"]
    assert (await ado(rig, "GET", f"{base}/orders")).json()["id"] == repository_id
    assert (await ado(rig, "DELETE", f"{base}/orders")).status_code == 404
    purge = f"{SHOP}/git/recycleBin/repositories/{repository_id}"
    assert (await ado(rig, "DELETE", purge)).status_code == 404
    assert (await ado(rig, "DELETE", f"{base}/{repository_id}")).status_code == 204
    assert (await ado(rig, "GET", f"{base}/orders")).status_code == 404
    assert (await ado(rig, "DELETE", purge)).status_code == 204
    assert (await ado(rig, "POST", base, json={"name": "a/b"})).status_code == 400


async def test_commits_come_newest_first(rig: Rig) -> None:
    await pipeline(rig, first=GOOD, second=BAD)
    base = f"{SHOP}/git/repositories/checkout/commits"

    listed = (await ado(rig, "GET", base)).json()["value"]

    assert [one["commitId"] for one in listed] == [BAD, GOOD]
    newest = (await ado(rig, "GET", base, params={"searchCriteria.$top": "1"})).json()
    assert [one["commitId"] for one in newest["value"]] == [BAD]
    assert (await ado(rig, "GET", f"{base}/{GOOD}")).json()["comment"] == "Change"
    assert (await ado(rig, "GET", f"{base}/{'c' * 40}")).status_code == 404


async def test_a_pipeline_is_made_from_a_repository_once(rig: Rig) -> None:
    await rig.control("azure_devops", "POST", "/projects", {"name": "shop"})
    (repository,) = (await ado(rig, "GET", f"{SHOP}/git/repositories")).json()["value"]
    configuration = {
        "type": "yaml",
        "path": "/azure-pipelines.yml",
        "repository": {"id": repository["id"], "type": "azureReposGit"},
    }
    body = {"name": "Orders", "folder": "\\Team A", "configuration": configuration}

    made = await ado(rig, "POST", f"{SHOP}/pipelines", json=body)
    twice = await ado(rig, "POST", f"{SHOP}/pipelines", json=body)

    assert (made.status_code, made.json()["folder"]) == (200, "\\Team A")
    assert (twice.status_code, twice.json()["typeKey"]) == (409, "DefinitionExistsException")
    read = (await ado(rig, "GET", f"{SHOP}/pipelines/{made.json()['id']}")).json()
    assert read["configuration"] == configuration
    listed = (await ado(rig, "GET", f"{SHOP}/pipelines")).json()["value"]
    assert [one["name"] for one in listed] == ["Orders"]
    assert (await ado(rig, "GET", f"{SHOP}/pipelines/99")).status_code == 404
    for wrong in ({}, {"name": "x"}, {**body, "configuration": {**configuration, "repository": {"id": "x"}}}):
        assert (await ado(rig, "POST", f"{SHOP}/pipelines", json=wrong)).status_code == 400


async def test_a_run_takes_its_time_and_ends(rig: Rig) -> None:
    pipeline_id = await pipeline(rig, first=GOOD, second=BAD)
    await rig.control("azure_devops", "PUT", "/config", {"run_seconds": 0.2})

    answer = await start(
        rig,
        pipeline_id,
        resources=source(refName="refs/heads/main", version=GOOD),
        variables={"KEY": {"value": "k1", "isSecret": False}, "TOKEN": {"value": "hush", "isSecret": True}},
        templateParameters={"environment": "prod"},
        stagesToSkip=["test"],
    )

    run = answer.json()
    assert (run["state"], "result" in run, "finishedDate" in run) == ("inProgress", False, False)
    assert run["variables"] == {"KEY": {"value": "k1", "isSecret": False}, "TOKEN": {"isSecret": True}}
    assert run["templateParameters"] == {"environment": "prod"}
    assert run["resources"]["repositories"]["self"]["version"] == GOOD
    path = f"{SHOP}/pipelines/{pipeline_id}/runs/{run['id']}"
    ended = await ended_run(rig, path)
    assert (ended["state"], ended["result"]) == ("completed", "succeeded")
    assert ended["finishedDate"] > ended["createdDate"]


async def ended_run(rig: Rig, path: str) -> dict[str, Any]:
    while True:
        run: dict[str, Any] = (await ado(rig, "GET", path)).json()
        if run["state"] == "completed":
            return run
        await asyncio.sleep(0.02)


async def test_the_next_run_fails_when_told_to_and_only_that_one(rig: Rig) -> None:
    pipeline_id = await pipeline(rig, first=GOOD)
    await rig.control("azure_devops", "PUT", "/config", {"run_seconds": 0, "next_result": "failed"})

    results = []
    for _ in range(2):
        run = (await start(rig, pipeline_id)).json()
        path = f"{SHOP}/pipelines/{pipeline_id}/runs/{run['id']}"
        results.append((await ended_run(rig, path))["result"])

    assert results == ["failed", "succeeded"]


async def test_runs_are_listed_newest_first_and_tell_less_than_one_alone(rig: Rig) -> None:
    pipeline_id = await pipeline(rig, first=GOOD, second=BAD)

    listed = (await ado(rig, "GET", f"{SHOP}/pipelines/{pipeline_id}/runs")).json()["value"]

    assert [run["id"] for run in listed] == [102, 101]
    assert "resources" not in listed[0]
    one = (await ado(rig, "GET", f"{SHOP}/pipelines/{pipeline_id}/runs/101")).json()
    assert one["resources"]["repositories"]["self"] == {
        "repository": {
            "id": one["resources"]["repositories"]["self"]["repository"]["id"],
            "type": "azureReposGit",
        },
        "refName": "refs/heads/main",
        "version": GOOD,
    }
    assert (await ado(rig, "GET", f"{SHOP}/pipelines/{pipeline_id}/runs/1")).status_code == 404


async def test_a_run_without_a_version_takes_the_newest_commit(rig: Rig) -> None:
    pipeline_id = await pipeline(rig, first=GOOD, second=BAD)

    run = (await start(rig, pipeline_id, resources=source(refName="main"))).json()

    assert run["resources"]["repositories"]["self"]["version"] == BAD
    assert run["resources"]["repositories"]["self"]["refName"] == "refs/heads/main"


@pytest.mark.parametrize(
    "body",
    [
        {"resources": source(version="c" * 40)},
        {"resources": source(version="main")},
        {"resources": []},
        {"variables": {"a": "b"}},
        {"stagesToSkip": "test"},
        {"colour": "red"},
    ],
)
async def test_a_wrong_run_is_refused_and_not_made(rig: Rig, body: dict[str, Any]) -> None:
    pipeline_id = await pipeline(rig, first=GOOD)

    answer = await start(rig, pipeline_id, **body)

    assert (answer.status_code, answer.json()["typeKey"]) == (400, "PipelineValidationException")
    listed = (await ado(rig, "GET", f"{SHOP}/pipelines/{pipeline_id}/runs")).json()
    assert listed["count"] == 1


async def test_an_empty_repository_cannot_be_run_and_a_preview_runs_nothing(rig: Rig) -> None:
    empty = await pipeline(rig)
    assert (await start(rig, empty)).status_code == 400

    filled = await pipeline(rig, first=GOOD)
    preview = await start(rig, filled, previewRun=True)
    assert "finalYaml" in preview.json()
    assert (await ado(rig, "GET", f"{SHOP}/pipelines/{filled}/runs")).json()["count"] == 1


async def test_builds_are_the_same_runs_filtered_ordered_and_tagged(rig: Rig) -> None:
    pipeline_id = await pipeline(rig, first=GOOD, second=BAD)
    failed = {"pipeline_id": pipeline_id, "commit": "c" * 40, "result": "failed", "branch": "refs/heads/fix"}
    await rig.control("azure_devops", "POST", "/runs", failed)
    await start(rig, pipeline_id)
    base = f"{SHOP}/build/builds"

    async def ids(**params: str) -> list[int]:
        answer = await ado(
            rig, "GET", base, params={name.replace("_", "$"): value for name, value in params.items()}
        )
        return [build["id"] for build in answer.json()["value"]]

    assert await ids() == [104, 103, 102, 101]
    assert await ids(statusFilter="inProgress") == [104]
    assert await ids(statusFilter="completed", resultFilter="succeeded") == [102, 101]
    assert await ids(branchName="refs/heads/fix") == [103]
    assert await ids(definitions=str(pipeline_id), _top="1", queryOrder="finishTimeAscending") == [101]
    assert await ids(definitions="99") == []
    assert await ids(buildIds="101,103") == [103, 101]
    assert (await ado(rig, "PUT", f"{base}/101/tags/good")).json()["value"] == ["good"]
    assert (await ado(rig, "POST", f"{base}/101/tags", json=["prod"])).json()["value"] == ["good", "prod"]
    assert await ids(tagFilters="good,prod") == [101]
    build = (await ado(rig, "GET", f"{base}/101")).json()
    assert (build["sourceVersion"], build["tags"], build["definition"]["name"]) == (
        GOOD,
        ["good", "prod"],
        "deploy",
    )
    assert (await ado(rig, "GET", f"{base}/999")).json()["typeKey"] == "BuildNotFoundException"
    assert (await ado(rig, "GET", base, params={"queryOrder": "random"})).status_code == 400
    assert (await ado(rig, "GET", base, params={"minTime": "soon"})).status_code == 400


async def story(rig: Rig) -> tuple[int, str, str]:
    """A pipeline, a service and its problem; the good commit heals."""
    pipeline_id = await pipeline(rig, first=GOOD, second=BAD)
    entity = (await rig.control("dynatrace", "POST", "/entities", {"name": "checkout"}))["entityId"]
    body = {"title": "Failure rate increase", "service_entity_id": entity}
    problem_id = (await rig.control("dynatrace", "POST", "/problems", body))["problemId"]
    consequence = {
        "pipeline_id": pipeline_id,
        "when_version": GOOD,
        "resolves_problem": problem_id,
        "heals_service": entity,
    }
    await rig.control("azure_devops", "PUT", "/consequences", [consequence])
    await rig.control("azure_devops", "PUT", "/config", {"run_seconds": 0})
    return pipeline_id, problem_id, entity


def is_settled(rig: Rig) -> bool:
    return all(run["settled"] for run in rig.vendors["azure_devops"].collection("run").all())


def status(rig: Rig, problem_id: str) -> str:
    problem = rig.vendors["dynatrace"].collection("problem").get(problem_id)
    assert problem
    return str(problem["status"])


async def test_the_right_commit_ends_the_problem_without_anybody_asking(rig: Rig) -> None:
    pipeline_id, problem_id, _ = await story(rig)

    await start(rig, pipeline_id, resources=source(version=GOOD))

    await eventually(lambda: status(rig, problem_id) == "CLOSED")
    (window,) = rig.vendors["dynatrace"].collection("window").all()
    assert window["to_ms"] is not None


async def test_another_commit_or_a_failed_run_ends_nothing(rig: Rig) -> None:
    pipeline_id, problem_id, _ = await story(rig)

    await start(rig, pipeline_id, resources=source(version=BAD))
    await rig.control("azure_devops", "PUT", "/config", {"next_result": "failed"})
    await start(rig, pipeline_id, resources=source(version=GOOD))

    await eventually(lambda: is_settled(rig))
    assert status(rig, problem_id) == "OPEN"


async def test_a_problem_can_end_while_its_service_stays_unwell(rig: Rig) -> None:
    pipeline_id, problem_id, _ = await story(rig)
    only = {"pipeline_id": pipeline_id, "resolves_problem": problem_id}
    await rig.control("azure_devops", "PUT", "/consequences", [only])

    await start(rig, pipeline_id, resources=source(version=GOOD))

    await eventually(lambda: status(rig, problem_id) == "CLOSED")
    (window,) = rig.vendors["dynatrace"].collection("window").all()
    assert window["to_ms"] is None


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        ("/consequences", "PUT", {}),
        ("/consequences", "PUT", [{"pipeline_id": 99}]),
        ("/consequences", "PUT", [{"colour": 1}]),
        ("/config", "PUT", {"run_seconds": -1}),
        ("/config", "PUT", {"next_result": "meh"}),
        ("/config", "PUT", {"colour": 1}),
        ("/runs", "POST", {"pipeline_id": 99}),
        ("/projects", "POST", {}),
    ],
)
async def test_what_the_stage_cannot_do_is_refused(rig: Rig, path: str, method: str, body: Any) -> None:
    answer = await rig.http.request(method, f"{rig.urls['azure_devops']}/_sandbox{path}", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_the_journal_tells_a_run_by_its_key(rig: Rig) -> None:
    pipeline_id = await pipeline(rig, first=GOOD)
    variables = {"KEY": {"value": "k1"}, "TOKEN": {"value": "hush", "isSecret": True}}

    await start(rig, pipeline_id, variables=variables)

    (entry,) = await rig.control("azure_devops", "GET", "/journal?operation=create_run")
    assert entry["ids"] == {"run_id": "102", "version": GOOD, "variable KEY": "k1"}
