"""Service hooks of runs and pull requests, in the shapes the app reads; what environments and repositories remember."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.vendors import outbox
from sandbox.vendors.azure_devops import hooks
from shared.clients.azure_devops import AzureDevOpsClient, azure_devops_client
from shared.domain.delivery.azure_devops_changes import pull_request, push
from shared.domain.delivery.azure_devops_runs import run_state
from tests.fakes.hooks import basic
from tests.unit.sandbox.vendors.azure_devops.calls import MAIN, SHOP, allow, done, ended, service, start
from tests.unit.sandbox.vendors.rig import Receiver, Rig, eventually


@pytest.fixture
async def client(rig: Rig) -> AsyncIterator[AzureDevOpsClient]:
    url, token = f"{rig.urls['azure_devops']}/contoso", rig.credentials["azure_devops"]["token"]
    made = azure_devops_client(url, token)
    yield made
    await made.aclose()


async def subscribe(rig: Rig, receiver: Receiver) -> None:
    told = {"url": receiver.url, "headers": basic(), "organization": "contoso"}
    await rig.control("azure_devops", "PUT", "/service_hooks", told)


def bodies(receiver: Receiver, kind: str = "") -> list[dict[str, Any]]:
    found = [json.loads(body) for _, body in receiver.received]
    return [one for one in found if kind in ("", one["eventType"])]


async def test_a_run_is_told_when_it_begins_and_when_it_ended(rig: Rig, receiver: Receiver) -> None:
    _, pipeline_id = await service(rig, run_seconds=0.2)
    await subscribe(rig, receiver)

    run_id = await start(rig, pipeline_id)

    await eventually(lambda: len(receiver.received) >= 2)
    reports = [run_state(one, one["resource"])[0] for one in bodies(receiver)]
    assert {one["told"]["run_id"] for one in reports} == {str(run_id)}
    assert {one["told"]["result"] for one in reports} == {"", "succeeded"}
    assert reports[0]["place"]["organisation"] == "contoso"
    headers, _ = receiver.received[0]
    assert headers["authorization" if "authorization" in headers else "Authorization"].startswith("Basic ")


async def test_a_receiver_that_fails_is_tried_again(
    rig: Rig, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "WAITS_S", (0.01,))
    _, pipeline_id = await service(rig, run_seconds=3600)
    await subscribe(rig, receiver)
    receiver.answers = [503]

    await start(rig, pipeline_id)

    await eventually(lambda: len(receiver.received) == 2)
    assert bodies(receiver)[0] == bodies(receiver)[1]


async def test_nobody_is_told_who_did_not_ask(rig: Rig, receiver: Receiver) -> None:
    _, pipeline_id = await service(rig)
    await subscribe(rig, receiver)
    await rig.control("azure_devops", "PUT", "/service_hooks", {})

    await ended(rig, pipeline_id, await start(rig, pipeline_id))

    state = await rig.control("azure_devops", "GET", "/state")
    assert state.get("sent_hook", []) == []


async def test_a_pull_request_is_told_as_itself_and_as_a_push(
    rig: Rig, receiver: Receiver, client: AzureDevOpsClient
) -> None:
    repository_id, _ = await service(rig)
    await subscribe(rig, receiver)

    made = await rig.control(
        "azure_devops", "POST", "/pull_requests", {"project": "shop", "repository": "orders", "commits": 3}
    )

    await eventually(lambda: len(receiver.received) == 2)
    (merged,), (pushed,) = bodies(receiver, hooks.MERGED), bodies(receiver, hooks.PUSHED)
    change, by_push = pull_request(merged, merged["resource"])[0], push(pushed, pushed["resource"])[0]
    assert (change["kind"], change["reason"]) == ("change", "")
    assert change["told"]["commit"] == by_push["told"]["commit"] == made["lastMergeCommit"]["commitId"]
    assert change["told"]["branch"] == MAIN

    rooms = client.deployments
    found = await rooms.pull_request_of("shop", repository_id, change["told"]["commit"])
    assert found is not None
    assert found["pullRequestId"] == made["pullRequestId"]
    assert len(await rooms.commits_of("shop", repository_id, made["pullRequestId"], 500)) == 3
    assert await rooms.work_items_of("shop", repository_id, made["pullRequestId"]) == []
    assert await rooms.pull_request_of("shop", repository_id, "f" * 40) is None


async def test_a_pull_request_says_between_which_commits_it_lies(rig: Rig, client: AzureDevOpsClient) -> None:
    repository_id, _ = await service(rig)
    change = {"project": "shop", "repository": "orders", "files": {"/src/basket.py": "keep = 7"}}
    made = await rig.control("azure_devops", "POST", "/pull_requests", change)

    ends = await client.comparing.ends_of_pull_request("shop", repository_id, made["pullRequestId"])

    assert ends is not None
    told = await client.comparing.difference("shop", repository_id, *ends, since_common=True)
    assert told["paths"] == ["/src/basket.py"]
    assert await client.comparing.ends_of_pull_request("shop", repository_id, 999) is None


async def test_environments_remember_the_runs_that_named_them(rig: Rig) -> None:
    _, pipeline_id = await service(rig)
    await allow(rig, pipeline_id)
    run_id = await start(rig, pipeline_id, environment="development")
    await ended(rig, pipeline_id, run_id)

    environments = (await done(rig, "GET", f"{SHOP}/distributedtask/environments"))["value"]
    told = {}
    for one in environments:
        path = f"{SHOP}/distributedtask/environments/{one['id']}/environmentdeploymentrecords"
        told[one["name"]] = [record["owner"]["id"] for record in (await done(rig, "GET", path))["value"]]

    assert told == {"development": [run_id], "preview": [], "production": []}


async def test_a_pipeline_is_found_by_its_repository_and_the_other_way_round(
    rig: Rig, client: AzureDevOpsClient
) -> None:
    repository_id, pipeline_id = await service(rig)
    rooms = client.deployments

    assert await rooms.pipelines_of("shop", repository_id) == [pipeline_id]
    assert await rooms.repositories_of("shop", [pipeline_id]) == [repository_id.lower()]
    assert await rooms.pipelines_of("shop", "0" * 8) == []
