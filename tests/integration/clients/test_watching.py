"""A round of watching over real connections to Dynatrace and ServiceNow as the sandbox has them."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.vendors.dynatrace.vendor import Dynatrace
from sandbox.vendors.store import Store
from shared.clients.auth import client_credentials
from shared.clients.dynatrace import DynatraceClient, dynatrace_client
from shared.clients.http import http_client
from shared.clients.servicenow import ServiceNowClient
from shared.domain.watch.seasons import DAY_MS, MINUTE_MS
from shared.domain.watch.sensitivity import DEFAULTS
from shared.watching import Documents, Report, Watched, Watcher
from tests.fakes.services import FakeBlob
from tests.fakes.watching import a_service
from tests.integration.clients.stage import CREDENTIALS, Stage, staged

pytestmark = pytest.mark.usefixtures("no_pauses")

ENTITY, HOST = "SERVICE-00000000000000A1", "HOST-00000000000000B2"
LATENCY, DISK = "builtin:service.response.time", "builtin:host.disk.usedPct"


@pytest.fixture
async def dynatrace(store: Store) -> AsyncIterator[Stage]:
    async for stage in staged(Dynatrace(store, CREDENTIALS)):
        await stage.tell("/entities", {"name": "node-1", "type": "HOST", "entity_id": HOST})
        service = {"name": "checkout", "entity_id": ENTITY, "tags": ["env:prod"], "runs_on": [HOST]}
        await stage.tell("/entities", service)
        yield stage


@pytest.fixture
async def clients(
    dynatrace: Stage, servicenow: Stage
) -> AsyncIterator[tuple[DynatraceClient, ServiceNowClient]]:
    watched = dynatrace_client(dynatrace.url, CREDENTIALS["token"])
    http = http_client(servicenow.url)
    http.auth = client_credentials(
        http, "servicenow", "/oauth_token.do", CREDENTIALS["client_id"], CREDENTIALS["client_secret"]
    )
    records = ServiceNowClient(http)
    yield watched, records
    await watched.aclose()
    await records.aclose()


async def watch(clients: Any, now_ms: int) -> tuple[dict[str, Any], Report]:
    """(the document of the service after a round, the round's report)."""
    found: list[Watched] = []

    async def hand_over(result: Watched) -> None:
        found.append(result)

    watcher = Watcher(clients[0], clients[1], Documents(FakeBlob()), DEFAULTS)  # type: ignore[arg-type]
    service = a_service(entity_id=ENTITY, servicenow_ci="c" * 32)
    report = await watcher.round([service], now_ms, hand_over)
    return (found[0].after if found else {}), report


def now_ms() -> int:
    return int(time.time() * 1000)


async def slow_down(dynatrace: Stage, now: int) -> None:
    window = {"entity_id": ENTITY, "effect": "raised", "metrics": [LATENCY], "from_ms": now - 20 * MINUTE_MS}
    await dynatrace.tell("/windows", window)


async def test_a_service_that_is_well_is_usual(dynatrace: Stage, clients: Any) -> None:
    document, report = await watch(clients, now_ms())

    assert report.failed == []
    assert {name: signal["state"] for name, signal in document["signals"].items()} == {
        "latency": "usual",
        "errors": "usual",
        "throughput": "usual",
    }
    assert {name: entry["forecast"]["state"] for name, entry in document["resources"].items()} == {
        f"disk {HOST}": "steady",
        f"memory {HOST}": "steady",
    }


async def test_a_slow_one_is_anomalous_and_a_full_disk_is_foretold(dynatrace: Stage, clients: Any) -> None:
    now = now_ms()
    await slow_down(dynatrace, now)
    ramp = {"from_ms": now - 4 * DAY_MS, "full_ms": now + 2 * DAY_MS, "effect": "ramp"}
    await dynatrace.tell("/windows", {"entity_id": HOST, "metrics": [DISK], **ramp})

    document, _ = await watch(clients, now)

    latency = document["signals"]["latency"]
    assert (latency["state"], latency["side"]) == ("anomalous", "up")
    assert latency["id"]
    disk = document["resources"][f"disk {HOST}"]
    assert disk["forecast"]["state"] == "expected"
    assert 1 * DAY_MS < disk["forecast"]["at_ms"] - now < 3 * DAY_MS
    assert document["resources"][f"memory {HOST}"]["forecast"]["state"] == "steady"


async def test_a_change_of_its_ci_in_servicenow_excuses_it(dynatrace: Stage, clients: Any) -> None:
    now = now_ms()
    await slow_down(dynatrace, now)
    _, records = clients
    opened = await records.changes.open(
        {
            "correlation_id": "some-change",
            "short_description": "Bigger database",
            "description": "",
            "start_at": datetime.fromtimestamp(now / 1000 - 3600, UTC).isoformat(),
            "end_at": datetime.fromtimestamp(now / 1000 + 3600, UTC).isoformat(),
            "cmdb_ci": "c" * 32,
        }
    )
    told, _ = await watch(clients, now)
    await records._api.call(
        "test",
        "PATCH",
        f"/api/now/table/change_request/{opened['sys_id']}",
        json={"state": "-2"},
        parse=lambda body: body,
    )
    excused, _ = await watch(clients, now)

    assert told["signals"]["latency"]["id"], "nobody allowed the change yet"
    assert excused["signals"]["latency"]["id"] == ""
    assert excused["signals"]["latency"]["excuse"]["reference"] == opened["number"]


async def test_an_open_problem_excuses_it(dynatrace: Stage, clients: Any) -> None:
    now = now_ms()
    await dynatrace.tell(
        "/stories", {"kind": "recent_deployment", "entity_id": ENTITY, "start_ms": now - 30 * MINUTE_MS}
    )
    await slow_down(dynatrace, now)

    document, _ = await watch(clients, now)

    assert document["signals"]["latency"]["state"] == "anomalous"
    assert document["signals"]["latency"]["excuse"]["kind"] == "problem"


async def test_when_dynatrace_fails_nobody_is_called_fine(dynatrace: Stage, clients: Any) -> None:
    dynatrace.break_next("query_metrics", {"kind": "status", "status": 503}, times=100)

    document, report = await watch(clients, now_ms())

    assert (document, report.failed) == ({}, ["checkout"])
