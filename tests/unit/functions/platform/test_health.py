"""GET /api/health says honestly who answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.models.platform import Health
from functions.platform import health
from functions.platform.health import get_health, overall, probe_all
from tests.fakes.durable import FakeDurableClient
from tests.fakes.requests import body_of, function_of, request

get = function_of(get_health)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    yield
    health._Kept.at_s, health._Kept.lock = float("-inf"), None


async def states(client: FakeDurableClient) -> dict[str, str]:
    return {probe["name"]: probe["state"] for probe in await probe_all(client)}  # type: ignore[arg-type]


async def test_when_all_answer_it_is_up(world: Any, client: FakeDurableClient) -> None:
    response = await get(request(), client)

    told = Health.model_validate(body_of(response))
    assert (response.status_code, told.state) == (200, "up")
    assert {probe.name: probe.state for probe in told.probes if probe.state != "up"} == {
        "github": "not_configured",
        "snowflake": "not_configured",
        "openai": "not_configured",
        "teams": "not_probed",
    }


async def test_service_bus_away_is_down(world: Any, client: FakeDurableClient) -> None:
    world.publisher.away = True

    response = await get(request(), client)

    assert (response.status_code, body_of(response)["state"]) == (503, "down")


async def test_a_vendor_away_is_degraded(world: Any, client: FakeDurableClient) -> None:
    world.dynatrace.problems.away = True

    response = await get(request(), client)

    told = body_of(response)
    assert (response.status_code, told["state"]) == (200, "degraded")
    assert (
        next(probe["reason"] for probe in told["probes"] if probe["name"] == "dynatrace")
        == "VendorUnavailable"
    )


async def test_a_probe_that_crashes_or_hangs_is_down_and_takes_nobody_with_it(
    world: Any, client: FakeDurableClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    monkeypatch.setattr(health, "PROBE_TIMEOUT_S", 0.05)
    world.__dict__["servicenow"] = None
    world.blob.ping = asyncio.Event().wait

    told = await states(client)

    assert (told["servicenow"], told["blob"], told["dynatrace"]) == ("down", "down", "up")


async def test_asking_often_asks_the_vendors_once(world: Any, client: FakeDurableClient) -> None:
    await get(request(), client)
    world.publisher.away = True

    assert body_of(await get(request(), client))["state"] == "up"


def test_nothing_down_is_up() -> None:
    assert overall([{"state": "not_configured", "critical": False}]) == "up"
