"""Delivery on the whole platform: hooks, and what they missed, become facts in the archive; Dynatrace hears once."""

import base64
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from sandbox.demo.stage import Stage
from sandbox.platform.app_settings import warehouse_settings
from sandbox.platform.document import ORGANIZATION
from sandbox.platform.seed import ERROR_RATE
from shared.clients.blob import BlobStore, blob_store
from shared.clients.snowflake import warehouse
from shared.loading import LANDING, LOADED
from tests.fakes.hooks import basic, documented, signed
from warehouse.login import read_login

pytestmark = pytest.mark.asyncio(loop_scope="module")

GITHUB = "contoso/checkout"


@pytest_asyncio.fixture(loop_scope="module")
async def blob(stage: Stage) -> AsyncIterator[BlobStore]:
    store = blob_store("valueflow", connection_string=stage.world.document["blob"]["connection_string"])
    yield store
    await store.close()


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def registered(stage: Stage) -> None:
    """The service says where it is deployed; Azure DevOps tells the app what happens."""
    own, demo = stage.world.document["app"], stage.world.demo
    await put_service(stage, demo["service"], demo["pipeline_id"])
    headers = basic(own["webhook_secret"]) | {"x-functions-key": own["function_key"]}
    hooks = {
        "url": f"{own['url']}/api/webhooks/azure_devops",
        "headers": headers,
        "organization": ORGANIZATION,
    }
    await stage.world.control("azure_devops", "PUT", "service_hooks", hooks)


async def put_service(stage: Stage, name: str, pipeline_id: int, **delivery: Any) -> None:
    demo = stage.world.demo
    entity_id = demo["entity_id"] if name == demo["service"] else ""
    told = {
        "product": "Loja Online",
        "owner": "time-loja",
        "tier": 2,
        "azure_devops": {"project": demo["project"], "pipeline_id": pipeline_id},
        "dynatrace": {"entity_id": entity_id, "metric_selector": ERROR_RATE, "upper_bound": 2.0},
        "delivery": {"environment": "production", "repositories": [GITHUB], **delivery},
    }
    (await called(stage, "PUT", f"services/{name}", told)).raise_for_status()


async def called(stage: Stage, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {await stage.world.token()}"}
    url = f"{stage.world.document['app']['url']}/api/{path}"
    return await stage.world.http.request(method, url, json=body, headers=headers)


async def run_pipeline(stage: Stage, pipeline_id: int) -> int:
    """Somebody runs the pipeline."""
    vendor, demo = stage.world.document["vendors"]["azure_devops"], stage.world.demo
    token = base64.b64encode(f":{vendor['token']}".encode()).decode()
    answer = await stage.world.http.post(
        f"{vendor['organization_url']}/{demo['project']}/_apis/pipelines/{pipeline_id}/runs",
        params={"api-version": "7.1"},
        json={"resources": {"repositories": {"self": {"refName": "refs/heads/main"}}}},
        headers={"Authorization": f"Basic {token}"},
    )
    return int(answer.raise_for_status().json()["id"])


async def archived(blob: BlobStore, kind: str, part: str) -> dict[str, dict[str, Any]]:
    """The archive's events of this type whose subject holds this, by id."""
    found = {}
    for folder in (LANDING, LOADED):
        async for name in blob.names(folder):
            for line in (await blob.get(name) or b"").splitlines():
                event = json.loads(line)
                if event.get("type") == kind and part in (event.get("subject") or ""):
                    found[event["id"]] = event
    return found


async def told_dynatrace(stage: Stage, deployment_id: str) -> int:
    events = (await stage.world.state("dynatrace")).get("event", [])
    return sum(
        {"key": "valueflow.deployment_id", "value": deployment_id} in one["properties"] for one in events
    )


async def tick(stage: Stage) -> None:
    await stage.world.run_timer("reconcile_deliveries")


async def test_a_run_told_by_hooks_twice_is_one_deployment_and_dynatrace_hears_once(
    stage: Stage, blob: BlobStore
) -> None:
    run_id = await run_pipeline(stage, stage.world.demo["pipeline_id"])
    deployment_id = f"azure_devops:{run_id}:production"
    started = await stage.until(
        "the beginning is archived",
        lambda: archived(blob, "deployment.started", deployment_id),
        lambda found: found,
    )
    finished = await stage.until(
        "the end is archived",
        lambda: archived(blob, "deployment.finished", deployment_id),
        lambda found: found,
    )
    await stage.until("Dynatrace was told", lambda: told_dynatrace(stage, deployment_id), lambda n: n)

    sent = (await stage.world.state("azure_devops"))["sent_hook"]
    ours = [one for one in sent if one["body"]["resource"].get("run", {}).get("id") == run_id]
    for one in ours:
        await stage.world.control("azure_devops", "POST", f"service_hooks/{one['id']}/resend", {})
    await tick(stage)
    await stage.drained("deliveries", "archive")

    assert len(started) == 1
    assert set(await archived(blob, "deployment.finished", deployment_id)) == set(finished)
    (event,) = finished.values()
    assert (event["data"]["service"], event["data"]["result"]) == (stage.world.demo["service"], "succeeded")
    assert event["data"]["how"] == "manual"
    assert await told_dynatrace(stage, deployment_id) == 1


async def test_what_hooks_missed_the_timer_finds(stage: Stage, blob: BlobStore) -> None:
    await stage.world.control("azure_devops", "PUT", "service_hooks", {})
    name = await stage.world.deploy("7" * 40, "Told by nobody", ago_s=5)
    run_id = next(
        one["id"] for one in (await stage.world.state("azure_devops"))["run"] if one["name"] == name
    )
    change = {
        "project": stage.world.demo["project"],
        "repository": stage.world.demo["service"],
        "told": False,
    }
    made = await stage.world.control("azure_devops", "POST", "pull_requests", change)

    await tick(stage)

    found = await stage.until(
        "the missed run is archived",
        lambda: archived(blob, "deployment.finished", f"azure_devops:{run_id}:production"),
        lambda events: events,
    )
    (event,) = found.values()
    assert event["data"]["commit"] == "7" * 40
    assert event["data"]["commits"]
    await stage.until(
        "the missed pull request is archived",
        lambda: archived(blob, "change.merged", f"{made['repository']['id']}:{made['pullRequestId']}"),
        lambda events: events,
    )


async def test_a_pull_request_and_its_push_are_one_change(stage: Stage, blob: BlobStore) -> None:
    change = {
        "project": stage.world.demo["project"],
        "repository": stage.world.demo["service"],
        "title": "Keep baskets",
        "commits": 3,
    }
    made = await stage.world.control("azure_devops", "POST", "pull_requests", change)
    subject = f"azure_devops:{made['repository']['id']}:{made['pullRequestId']}"

    await stage.until(
        "the change is archived", lambda: archived(blob, "change.merged", subject), lambda found: found
    )
    await stage.drained("deliveries", "archive")

    by_commit = await archived(blob, "change.merged", made["lastMergeCommit"]["commitId"])
    found = await archived(blob, "change.merged", subject)
    assert by_commit == {}
    assert {one["subject"] for one in found.values()} == {subject}
    assert {len(one["data"]["commits"]) for one in found.values()} == {3}


async def test_a_deployment_of_nobody_s_pipeline_is_listed_until_it_is_registered(
    stage: Stage, blob: BlobStore
) -> None:
    wanted = {"project": stage.world.demo["project"], "name": "basket", "repository": "basket"}
    pipeline_id = (await stage.world.control("azure_devops", "POST", "pipelines", wanted))["id"]
    past = {"pipeline_id": pipeline_id, "commit": "8" * 40, "finished_ago_seconds": 3600}
    await stage.world.control("azure_devops", "POST", "runs", past)
    run_id = await run_pipeline(stage, pipeline_id)

    async def listed() -> list[dict[str, Any]]:
        told = (await called(stage, "GET", "deliveries/unmatched")).json()["unmatched"]
        return [one for one in told if one["place"].get("pipeline_id") == str(pipeline_id)]

    entries = await stage.until("both hooks are listed", listed, lambda found: len(found) == 2)
    assert {one["reason"] for one in entries} == {"unregistered"}
    await put_service(stage, "basket", pipeline_id, repositories=[])

    async def retried() -> list[bool]:
        answers = [
            await called(stage, "POST", f"deliveries/unmatched/{one['id']}/retry") for one in await listed()
        ]
        return [one.json()["matched"] for one in answers if one.status_code == 200] or [not await listed()]

    # Another worker may know the registry of some seconds ago.
    await stage.until("it matches", retried, all)
    found = await stage.until(
        "its end is archived",
        lambda: archived(blob, "deployment.finished", f"azure_devops:{run_id}:production"),
        lambda events: events,
    )
    assert [one["data"]["service"] for one in found.values()] == ["basket"]
    assert await listed() == []


async def test_a_signed_deployment_of_github_is_a_fact_and_a_forged_one_is_not(
    stage: Stage, blob: BlobStore
) -> None:
    app = stage.world.document["app"]
    hook = documented("github.documented.deployment_status")
    hook["repository"]["full_name"] = GITHUB
    body = json.dumps(hook).encode()

    async def post(secret: str) -> int:
        headers = signed(body, secret) | {"x-functions-key": app["function_key"]}
        url = f"{app['url']}/api/webhooks/github"
        return (await stage.world.http.post(url, content=body, headers=headers)).status_code

    assert await post("a-forged-secret-of-length") == 401
    assert [await post(app["webhook_secret"]) for _ in range(2)] == [202, 202]
    found = await stage.until(
        "it is archived",
        lambda: archived(blob, "deployment.finished", "github:145988746"),
        lambda events: events,
    )
    assert [one["data"]["deployment_id"] for one in found.values()] == ["github:145988746:production"]


async def test_what_github_s_webhook_missed_the_timer_finds_and_a_redelivery_is_the_same(
    stage: Stage, blob: BlobStore
) -> None:
    app, repository = stage.world.document["app"], {"repository": GITHUB}
    hook = {
        "url": f"{app['url']}/api/webhooks/github",
        "secret": app["webhook_secret"],
        "headers": {"x-functions-key": "not-the-key"},
    }
    await stage.world.control("github", "PUT", "webhook", hook)
    await stage.world.control("github", "POST", "deployments", {**repository, "told": False})
    pushed = await stage.world.control("github", "POST", "pushes", {**repository, "commits": 2})
    deployment_id = (await stage.world.control("github", "POST", "deployments", repository))["id"]

    async def sent() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await stage.world.state("github"))["sent_hook"]
        return found

    missed = await stage.until(
        "nothing was taken", sent, lambda all_: {one["state"] for one in all_} == {"failed"}
    )
    await stage.world.run_timer("reconcile_deliveries")
    subject = f"github:{deployment_id}:production"
    found = await stage.until(
        "the missed deployment is archived",
        lambda: archived(blob, "deployment.finished", subject),
        lambda events: events,
    )
    await stage.world.control(
        "github", "PUT", "webhook", {**hook, "headers": {"x-functions-key": app["function_key"]}}
    )
    for one in missed:
        await stage.world.control("github", "POST", f"webhook/deliveries/{one['id']}/attempts", {})
    await stage.until(
        "the redelivery was taken",
        sent,
        lambda all_: sum(one["state"] == "delivered" for one in all_) == len(missed),
    )
    await stage.drained("deliveries", "archive")

    assert set(await archived(blob, "deployment.finished", subject)) == set(found)
    (event,) = found.values()
    assert event["data"]["service"] == stage.world.demo["service"]
    assert [one["sha"] for one in event["data"]["commits"]] == pushed["shas"]
    assert await told_dynatrace(stage, subject) == 1


async def loaded(stage: Stage, row: dict[str, Any], query: str, *values: Any) -> None:
    """Wait until what is archived is loaded and the warehouse answers with just this row."""
    client = warehouse(read_login(warehouse_settings(stage.world.document)))

    async def look() -> list[dict[str, Any]]:
        await stage.world.run_timer("load_warehouse")
        return await client.query(query, values)

    try:
        await stage.until(f"the warehouse has {row}", look, lambda rows: rows == [row], for_s=40.0)
    finally:
        await client.close()


async def on_board(stage: Stage, method: str, place: str, **fields: str) -> int:
    """Somebody writes or moves a work item."""
    vendor, project = stage.world.document["vendors"]["azure_devops"], stage.world.demo["project"]
    answer = await stage.world.http.request(
        method,
        f"{vendor['organization_url']}/{project}/_apis/wit/workitems/{place}?api-version=7.1",
        content=json.dumps(
            [
                {"op": "add", "path": f"/fields/System.{name}", "value": value}
                for name, value in fields.items()
            ]
        ),
        headers={"Content-Type": "application/json-patch+json"},
        auth=("", vendor["token"]),
    )
    return int(answer.raise_for_status().json()["id"])


async def test_what_moves_on_the_board_flows_into_the_warehouse(stage: Stage, blob: BlobStore) -> None:
    service = f"flow-{secrets.token_hex(3)}"
    await put_service(stage, service, 4711, repositories=[])
    tags = f"service:{service}"
    story = await on_board(stage, "POST", "$User%20Story", Title="Freight", Tags=tags, State="Active")
    bug = await on_board(stage, "POST", "$Bug", Title="No freight", Tags=tags, State="Active")
    await on_board(stage, "PATCH", str(bug), State="Closed")
    # Another worker may know the registry of some seconds ago.
    for item in (story, bug):
        await stage.until(
            "the timer tells of the item",
            lambda item=item: pulled(stage, blob, f"azure_devops:{item}", service),
            bool,
        )
    await stage.drained("archive")

    day = {"STARTED": 2, "COMPLETED": 1, "COMPLETED_UNPLANNED": 1, "WORK_IN_PROGRESS": 1}
    await loaded(
        stage,
        day,
        f"SELECT {', '.join(f'{name}::INTEGER AS {name}' for name in day)} FROM MART.DELIVERY_FLOW_DAILY"
        " WHERE SERVICE = ? ORDER BY DAY DESC LIMIT 1",
        service,
    )


async def pulled(stage: Stage, blob: BlobStore, subject: str, service: str) -> bool:
    await stage.world.run_timer("pull_work_items")
    found = await archived(blob, "work_item.changed", subject)
    return any(one["subject"] == subject and one["data"]["service"] == service for one in found.values())


async def test_an_incident_is_laid_to_the_deployment_that_people_took_back(
    stage: Stage, blob: BlobStore
) -> None:
    problem_id = await stage.open_problem("Laid to its deployment")
    run = (await stage.world.state("azure_devops"))["run"][-1]
    deployment_id = f"azure_devops:{run['id']}:production"
    await stage.world.run_timer("reconcile_deliveries")
    operation = await stage.decision_wanted(problem_id)
    url = f"approvals/{operation['id']}"
    body = {"decision": "approve", "action_hash": operation["approval"]["action_hash"]}
    assert (await called(stage, "POST", url, body)).status_code == 202
    ended = await stage.ended(operation["id"])
    await stage.until(
        "the deployment is archived",
        lambda: archived(blob, "deployment.finished", deployment_id),
        lambda events: events,
    )
    closed = await stage.until(
        "the end is archived",
        lambda: archived(blob, "incident.closed", operation["id"]),
        lambda events: events,
    )
    await stage.drained("archive")

    (event,) = closed.values()
    assert ended["outcome"] == "resolved"
    assert event["data"]["caused_by"] == {
        "deployment_id": deployment_id,
        "change_number": None,
        "commit": run["version"],
    }
    await loaded(
        stage,
        {"DEPLOYMENT_ID": deployment_id, "ATTRIBUTION_KIND": "deployment", "CONFIDENCE": 1},
        "SELECT LAID.DEPLOYMENT_ID, LAID.ATTRIBUTION_KIND, LAID.ATTRIBUTION_CONFIDENCE::INTEGER AS CONFIDENCE"
        " FROM CORE.DEPLOYMENT_INCIDENTS AS LAID INNER JOIN CORE.INCIDENTS AS INCIDENTS"
        " ON LAID.INCIDENT = INCIDENTS.INCIDENT WHERE INCIDENTS.PROBLEM_ID = ?",
        problem_id,
    )
