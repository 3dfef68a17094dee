"""Problems that belong together, that come back, that were announced, or that nobody told of: on the whole platform."""

import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bench.aftermath import Seen, records, watch
from bench.storms import Storm, Told, brew, deliver
from sandbox.demo.stage import Operation, Stage, operation_of
from sandbox.platform.seed import TEMPLATE
from sandbox.platform.story import read_document
from shared.clients.servicenow import servicenow_client

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE_MS = 60 * 1000
_numbers = itertools.count(1)


@pytest_asyncio.fixture(loop_scope="module")
async def entity(stage: Stage) -> str:
    """A monitored service that is in no registry and calls nobody: no story's problem belongs to another's."""
    name = f"alone-{next(_numbers)}"
    made = await stage.world.control("dynatrace", "POST", "entities", {"name": name, "type": "SERVICE"})
    return str(made["entityId"])


async def open_problem(stage: Stage, entity: str, *, ago_ms: int = 0, notify: bool = True) -> str:
    told = {
        "title": f"Failure rate increase of {entity}",
        "service_entity_id": entity,
        "start_ms": int(time.time() * 1000) - ago_ms,
        "notify": notify,
    }
    return str((await stage.world.control("dynatrace", "POST", "problems", told))["problemId"])


async def resolve(stage: Stage, problem_id: str) -> None:
    await stage.world.control("dynatrace", "POST", f"problems/{problem_id}/resolve", {})


async def has_incident(stage: Stage, problem_id: str) -> Operation:
    """The operation of this problem, once it has its incident."""
    operation = await stage.until(
        "the operation has an incident",
        lambda: stage.operation(operation_of(problem_id)),
        lambda found: found and "incident" in found["links"],
    )
    assert operation is not None
    return operation


async def tick(stage: Stage) -> None:
    """Run the timer that reconciles, now."""
    await stage.world.run_timer("reconcile_incidents")


@contextlib.asynccontextmanager
async def lost_webhooks(stage: Stage) -> AsyncIterator[None]:
    """Notifications go to somebody who takes them and tells nobody."""

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    app, listener = stage.world.document["app"], await asyncio.start_server(swallow, "127.0.0.1", 0)
    headers = {"X-ValueFlow-Secret": app["webhook_secret"], "x-functions-key": app["function_key"]}
    right = {"url": app["webhook_url"], "headers": headers, "template": TEMPLATE.read_text("utf-8")}
    address = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
    await stage.world.control("dynatrace", "PUT", "notification", {**right, "url": address})
    async with listener:
        yield
        sent = (await stage.world.state("dynatrace")).get("notification", [])
        while any(one["state"] == "pending" for one in sent):
            await asyncio.sleep(0.05)
            sent = (await stage.world.state("dynatrace")).get("notification", [])
        await stage.world.control("dynatrace", "PUT", "notification", right)


async def after(stage: Stage, storm: Storm) -> Seen:
    """Where every problem of the storm is in the end."""
    async with watch(stage.world, storm) as look:
        seen = await stage.until("the storm is handled", look, lambda found: found.handled)
    assert seen.wrong == []
    return seen


async def test_a_storm_across_neighbours_is_one_incident_a_root_cause(stage: Stage) -> None:
    storm = await brew(stage.world, 2, 40, within_s=1.5, name="storm", seed=random.randrange(10**6))

    answers = await deliver(stage.world, storm.told)
    seen = await after(stage, storm)

    assert {status for status, _ in answers} == {202}
    recorded, wrong = await records(stage.world, storm, seen.entries)
    assert wrong == []
    assert len(recorded) == 2


@pytest.mark.long
async def test_a_worker_killed_in_a_storm_loses_nothing_and_does_nothing_twice(stage: Stage) -> None:
    """The broker dies with the worker once, too: what the dead worker held comes again without waiting for its lock."""
    storm = await brew(stage.world, 2, 30, within_s=2.0, name="killed", seed=random.randrange(10**6))
    sending = asyncio.create_task(deliver(stage.world, storm.told, patient=True))

    for victims in (["host"], ["host", "servicebus"]):
        await asyncio.sleep(random.uniform(0.2, 1.5))  # anywhere in the storm: that is what is tested
        for victim in victims:
            kill(stage, victim)
        await stage.until("the app answers again", lambda: stage.ask("GET", "/api/openapi.json"), bool)
    await sending
    seen = await after(stage, storm)

    recorded, wrong = await records(stage.world, storm, seen.entries)
    assert wrong == []
    assert len(recorded) == 2


def kill(stage: Stage, name: str) -> None:
    processes = read_document(Path(stage.world.document["state"]))["processes"]
    os.kill(int(processes[name]["pid"]), signal.SIGKILL)


async def test_a_problem_that_flaps_opens_its_incident_again(stage: Stage, entity: str) -> None:
    first = await open_problem(stage, entity)
    await has_incident(stage, first)
    await resolve(stage, first)
    assert (await stage.ended(operation_of(first)))["outcome"] == "self_resolved"

    second = await open_problem(stage, entity)
    again = await has_incident(stage, second)

    (incident,) = await stage.incidents(operation_of(first))
    assert await stage.incidents(again["id"]) == []
    assert incident["sys_id"] in again["links"]["incident"]
    assert incident["state"] not in ("6", "7")
    await resolve(stage, second)
    assert (await stage.ended(again["id"]))["outcome"] == "self_resolved"
    (incident,) = await stage.incidents(operation_of(first))
    assert incident["state"] == "6"


def notification(problem_id: str, state: str, entity: str) -> str:
    entities = [{"type": "SERVICE", "name": "sick", "entity": entity}]
    told = {"PID": problem_id, "State": state, "ProblemTitle": "Told by a test", "ImpactedEntities": entities}
    return json.dumps(told)


async def test_no_open_problem_stays_behind_in_an_incident_that_ends(stage: Stage, entity: str) -> None:
    now_ms, number = int(time.time() * 1000), random.randrange(10**15)
    over, there = f"-{number}1_{now_ms}V2", f"-{number}2_{now_ms}V2"
    told = [Told(0.0, notification(over, "RESOLVED", entity))]
    told += [Told(random.uniform(0.0, 0.4), notification(there, "OPEN", entity))]
    storm = Storm("alone", {operation_of(one): entity for one in (over, there)}, told)

    await deliver(stage.world, storm.told)
    seen = await after(stage, storm)

    holder = next(entry for entry in seen.entries if operation_of(there) in entry["problems"])
    operation = await stage.operation(holder["operation_id"])
    assert operation is not None
    assert operation["state"] == "running"
    await stage.notify(notification(there, "RESOLVED", entity))
    assert (await stage.ended(holder["operation_id"]))["outcome"] == "self_resolved"


async def test_a_problem_of_an_announced_change_is_no_incident(stage: Stage, entity: str) -> None:
    now_ms = int(time.time() * 1000)
    change = {
        "title": "Move the database",
        "cmdb_ci": await _registered(stage, entity),
        "start_ms": now_ms - 5 * MINUTE_MS,
        "end_ms": now_ms + 60 * MINUTE_MS,
    }
    await stage.world.control("servicenow", "POST", "changes", change)

    problem_id = await open_problem(stage, entity)
    await _planned(stage, problem_id)


async def test_a_problem_within_a_maintenance_window_is_no_incident(stage: Stage, entity: str) -> None:
    now = datetime.now(UTC)
    start, end = ((now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S") for hours in (-1, 1))
    once = {"startTime": start, "endTime": end, "timeZone": "UTC"}
    general = {"name": "Patching", "maintenanceType": "PLANNED", "suppression": "DETECT_PROBLEMS_DONT_ALERT"}
    value = {
        "enabled": True,
        "generalProperties": {**general, "description": "", "disableSyntheticMonitorExecution": False},
        "schedule": {"scheduleType": "ONCE", "onceRecurrence": once},
        "filters": [{"entityType": "SERVICE", "entityId": entity, "entityTags": [], "managementZones": []}],
    }
    draft = {"schemaId": "builtin:alerting.maintenance-window", "scope": "environment", "value": value}
    vendor = stage.world.document["vendors"]["dynatrace"]
    answer = await stage.world.http.post(
        f"{vendor['url']}/api/v2/settings/objects",
        json=[draft],
        headers={"Authorization": f"Api-Token {vendor['token']}"},
    )
    assert answer.status_code == 200, answer.text

    problem_id = await open_problem(stage, entity)
    await _planned(stage, problem_id)


async def _planned(stage: Stage, problem_id: str) -> None:
    """It ends when the problem does, as planned, and nobody was bothered."""
    operation_id = operation_of(problem_id)
    await stage.until(
        "the problem is known", lambda: stage.operation(operation_id), lambda found: found is not None
    )
    await resolve(stage, problem_id)
    assert (await stage.ended(operation_id))["outcome"] == "planned"
    assert await stage.incidents(operation_id) == []
    assert [card for card in await stage.cards() if operation_id in str(card)] == []


async def _registered(stage: Stage, entity: str) -> str:
    """The CI of a service that is this entity."""
    vendor, name = stage.world.document["vendors"]["servicenow"], f"announced-{entity[-6:].lower()}"
    client = servicenow_client(vendor["url"], vendor["client_id"], vendor["client_secret"])
    ci = (await client.cmdb.ensure(name, name, {}))["sys_id"]
    await client.aclose()
    demo = stage.world.demo
    service = {
        "product": "Loja Online",
        "owner": "time-loja",
        "tier": 2,
        "azure_devops": {"project": demo["project"], "pipeline_id": demo["pipeline_id"] + 1000},
        "dynatrace": {
            "entity_id": entity,
            "metric_selector": "builtin:service.errors.total.rate",
            "upper_bound": 2,
        },
        "servicenow_ci": ci,
    }
    url = f"{stage.world.document['app']['url']}/api/services/{name}"
    headers = {"Authorization": f"Bearer {await stage.world.token()}"}
    (await stage.world.http.put(url, json=service, headers=headers)).raise_for_status()
    return ci


async def test_missed_webhooks_heal_both_ways(stage: Stage, entity: str) -> None:
    async with lost_webhooks(stage):
        problem_id = await open_problem(stage, entity, ago_ms=5 * MINUTE_MS)
    assert await stage.operation(operation_of(problem_id)) is None

    await tick(stage)
    operation = await has_incident(stage, problem_id)
    async with lost_webhooks(stage):
        await resolve(stage, problem_id)
    assert operation["state"] == "running"

    await tick(stage)
    ended = await stage.ended(operation["id"])
    assert ended["outcome"] == "self_resolved"
    (incident,) = await stage.incidents(operation["id"])
    assert incident["state"] == "6"
