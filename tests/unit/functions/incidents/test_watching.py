"""The timer and the endpoint: what is found is started once, woken when it changes, replaced when it failed; shown."""

import json
from typing import Any

import pytest

from functions.incidents.watching import get_signals, watch
from functions.services.registry import put_service
from shared.domain.watch.seasons import DAY_MS, MINUTE_MS
from shared.domain.watch.trends import HOUR_MS
from tests.fakes.durable import FakeDurableClient
from tests.fakes.requests import function_of, request
from tests.fakes.watching import NOW_MS, FakeDynatrace, FakeServiceNow, a_service, daily, over

show: Any = function_of(get_signals)
put: Any = function_of(put_service)

TICK_MS = 5 * MINUTE_MS
DISK = 'builtin:host.disk.usedPct:splitBy("dt.entity.host"):max'
SLOW = over(daily(100_000), NOW_MS - 20 * MINUTE_MS, lambda value: value * 3)


@pytest.fixture
async def dynatrace(world: Any) -> FakeDynatrace:
    made = FakeDynatrace()
    made.draw()
    world.__dict__.update(dynatrace=made, servicenow=FakeServiceNow())
    await world.registry.put(a_service())
    return made


def filling(dynatrace: FakeDynatrace, per_day: float = 2) -> None:
    dynatrace.entities.runs_on["SERVICE-1"] = ["HOST-7"]
    dynatrace.metrics.draws[DISK, "HOST-7"] = lambda at: (
        85 + per_day * (at - NOW_MS) / DAY_MS + at // MINUTE_MS % 3 / 9
    )


async def test_where_all_is_usual_nothing_is_started(
    world: Any, dynatrace: FakeDynatrace, client: FakeDurableClient
) -> None:
    await watch(client, NOW_MS)  # type: ignore[arg-type]

    assert client.starts == 0


async def test_an_anomaly_is_told_once_however_often_it_is_seen(
    world: Any, dynatrace: FakeDynatrace, client: FakeDurableClient
) -> None:
    dynatrace.draw(latency=SLOW)
    for tick in range(3):
        await watch(client, NOW_MS + tick * TICK_MS)  # type: ignore[arg-type]

    (instance,) = client.instances.values()
    assert client.starts == 1
    assert instance.name == "tell_anomaly"
    assert instance.request["entry"]["id"] == instance.instance_id
    assert (instance.request["service"], instance.request["indicator"]) == ("checkout", "latency")
    assert (instance.request["owner"], instance.request["tell"]) == ("team", True)


async def test_one_that_was_kept_and_not_started_is_started_by_the_next_round(
    world: Any, dynatrace: FakeDynatrace, client: FakeDurableClient
) -> None:
    dynatrace.draw(latency=SLOW)
    await watch(client, NOW_MS)  # type: ignore[arg-type]
    (name,) = client.instances
    client.instances.clear()

    await watch(client, NOW_MS + TICK_MS)  # type: ignore[arg-type]

    assert list(client.instances) == [name]


async def test_an_excused_one_is_not_told(
    world: Any, dynatrace: FakeDynatrace, client: FakeDurableClient
) -> None:
    dynatrace.draw(latency=SLOW)
    dynatrace.problems.add("SERVICE-1")

    await watch(client, NOW_MS)  # type: ignore[arg-type]

    assert client.starts == 0


async def test_a_forecast_is_tended_by_one_operation(
    world: Any, dynatrace: FakeDynatrace, client: FakeDurableClient
) -> None:
    filling(dynatrace)
    for tick in range(14):
        await watch(client, NOW_MS + tick * TICK_MS)  # type: ignore[arg-type]

    (instance,) = client.instances.values()
    assert client.starts == 1
    assert instance.name == "tend_forecast"
    assert instance.request["id"] == instance.instance_id
    assert (instance.request["resource"], instance.request["kind"]) == ("disk HOST-7", "disk")
    assert instance.events == []


async def test_its_operation_is_woken_when_the_disk_was_cleared(
    world: Any, dynatrace: FakeDynatrace, client: FakeDurableClient
) -> None:
    filling(dynatrace)
    await watch(client, NOW_MS)  # type: ignore[arg-type]
    full = dynatrace.metrics.draws[DISK, "HOST-7"]
    dynatrace.metrics.draws[DISK, "HOST-7"] = over(full, NOW_MS + HOUR_MS, lambda _: 20.0)
    for tick in range(1, 36):
        await watch(client, NOW_MS + tick * TICK_MS)  # type: ignore[arg-type]

    (instance,) = client.instances.values()
    assert instance.events == [("forecast_changed", {})]


async def test_an_operation_that_failed_is_replaced_a_day_later(
    world: Any, dynatrace: FakeDynatrace, client: FakeDurableClient
) -> None:
    filling(dynatrace)
    await watch(client, NOW_MS)  # type: ignore[arg-type]
    (first,) = client.instances.values()
    first.status = "FAILED"

    await watch(client, NOW_MS + TICK_MS)  # type: ignore[arg-type]
    assert client.starts == 1
    for tick in range(2):
        await watch(client, NOW_MS + 25 * HOUR_MS + tick * TICK_MS)  # type: ignore[arg-type]

    assert list(client.instances) == [first.instance_id, f"{first.instance_id}-2"]
    assert client.instances[f"{first.instance_id}-2"].request["id"] == first.instance_id


async def test_a_tier_s_setting_changes_how_it_is_watched(
    world: Any, dynatrace: FakeDynatrace, client: FakeDurableClient
) -> None:
    dynatrace.draw(latency=SLOW)
    await world.registry.put(a_service(watch={"sensitivity": "least_change=5"}))

    await watch(client, NOW_MS)  # type: ignore[arg-type]

    assert client.starts == 0


async def test_the_endpoint_shows_the_last_judgement(
    world: Any, dynatrace: FakeDynatrace, client: FakeDurableClient
) -> None:
    from functions.models.watching import Signals

    dynatrace.draw(latency=SLOW)
    filling(dynatrace)
    await watch(client, NOW_MS)  # type: ignore[arg-type]

    told = await show(request("GET", token="reader", route={"name": "checkout"}))

    body = json.loads(told.get_body())
    assert told.status_code == 200
    Signals.model_validate(body)
    assert body["signals"]["latency"]["state"] == "anomalous"
    assert body["resources"]["disk HOST-7"]["forecast"]["state"] == "expected"
    assert body["watched_at_ms"] == NOW_MS


async def test_what_the_last_round_did_not_reach_is_not_called_watched(
    world: Any, dynatrace: FakeDynatrace, client: FakeDurableClient
) -> None:
    await watch(client, NOW_MS)  # type: ignore[arg-type]
    dynatrace.metrics.away.add("SERVICE-1")
    await watch(client, NOW_MS + TICK_MS)  # type: ignore[arg-type]

    told = await show(request("GET", token="reader", route={"name": "checkout"}))

    assert json.loads(told.get_body())["watched_at_ms"] is None


@pytest.mark.parametrize(
    ("token", "name", "status"),
    [("", "checkout", 401), ("reader", "unknown", 404), ("reader", "NOT A NAME", 400)],
)
async def test_the_endpoint_answers_whom_and_what_it_can(
    world: Any, dynatrace: FakeDynatrace, token: str, name: str, status: int
) -> None:
    assert (await show(request("GET", token=token, route={"name": name}))).status_code == status


WATCH = {
    "sensitivity": "threshold=4,tell=no",
    "resources": [
        {"name": "tls", "kind": "certificate", "expires_at": "2026-11-30T00:00:00Z"},
        {
            "name": "vcpu",
            "kind": "quota",
            "metric_selector": "ext:quota",
            "entity_id": "CUSTOM-1",
            "limit": 40,
        },
    ],
}


async def test_what_an_owner_registers_is_watched(
    world: Any, dynatrace: FakeDynatrace, client: FakeDurableClient
) -> None:
    registered = a_service()
    draft = {name: registered[name] for name in ("product", "owner", "tier", "azure_devops", "dynatrace")}
    sent = request("PUT", token="carla", route={"name": "checkout"}, body={**draft, "watch": WATCH})

    assert (await put(sent)).status_code == 200
    await watch(client, NOW_MS)  # type: ignore[arg-type]

    (instance,) = client.instances.values()
    assert (instance.request["resource"], instance.request["kind"]) == ("tls", "certificate")


@pytest.mark.parametrize(
    "wrong",
    [
        {"sensitivity": "sharp=1"},
        {"resources": [{"name": "tls", "kind": "certificate", "expires_at": "2026-11-30T00:00:00"}]},
        {"resources": [{"name": "tls", "kind": "certificate", "expires_at": "tomorrow"}]},
        {"resources": [{"name": "disk", "kind": "disk"}]},
    ],
)
async def test_what_could_not_be_watched_is_refused(world: Any, wrong: dict[str, Any]) -> None:
    registered = a_service()
    draft = {name: registered[name] for name in ("product", "owner", "tier", "azure_devops", "dynatrace")}
    sent = request("PUT", token="carla", route={"name": "checkout"}, body={**draft, "watch": wrong})

    assert (await put(sent)).status_code == 400
