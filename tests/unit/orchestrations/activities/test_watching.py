"""Looking at a forecast, and forgetting it: by its id, whatever else happened to the document."""

from typing import Any

import pytest

from orchestrations.activities.watching import forget_forecast, look_at_forecast
from shared import services
from shared.domain.watch.forecasts import Forecast
from shared.domain.watch.watched_resources import resource_entry
from shared.watching import Documents
from tests.fakes.requests import function_of
from tests.fakes.services import fake_services
from tests.fakes.watching import NOW_MS, a_service

look: Any = function_of(look_at_forecast)
forget: Any = function_of(forget_forecast)

FORECAST: Forecast = {
    "state": "expected",
    "reason": "",
    "value": 80.0,
    "limit": 95.0,
    "per_day": 3.0,
    "at_ms": NOW_MS,
    "early_ms": NOW_MS,
    "late_ms": NOW_MS,
}
ENTRY = resource_entry("checkout", "disk", "disk", None, FORECAST, NOW_MS)
PAYLOAD = {"key": "op/look", "id": ENTRY["id"], "service": "checkout", "resource": "disk"}


@pytest.fixture
async def world() -> Any:
    made = fake_services()
    services.use(made)
    await made.registry.put(a_service())
    await Documents(made.blob).put(
        "checkout", {"signals": {}, "resources": {"disk": ENTRY, "other": ENTRY}}, ""
    )
    yield made
    services.use(None)


async def test_what_holds_is_told_as_people_know_it(world: Any) -> None:
    outcome = await look(PAYLOAD)

    assert outcome["value"]["over"] == ""
    assert outcome["value"]["forecast"] == FORECAST
    assert outcome["value"]["service"]["name"] == "checkout"


@pytest.mark.parametrize(
    "change",
    [{"id": "another"}, {"resource": "gone"}, {"service": "unknown"}],
    ids=lambda change: next(iter(change)),
)
async def test_what_nobody_watches_any_more_is_over(world: Any, change: dict[str, str]) -> None:
    outcome = await look({**PAYLOAD, **change})

    assert outcome["value"]["over"] == "unwatched"


async def test_a_service_that_ended_is_not_watched_any_more(world: Any) -> None:
    await world.registry.delete("checkout")

    assert (await look(PAYLOAD))["value"]["over"] == "unwatched"


async def test_when_the_store_is_away_nothing_is_called_over(world: Any) -> None:
    world.blob.away = True

    assert (await look(PAYLOAD))["status"] == "unavailable"


async def test_forgetting_twice_is_forgetting_once_and_touches_no_other(world: Any) -> None:
    for _ in range(2):
        assert (await forget(PAYLOAD))["status"] == "done"

    document = await Documents(world.blob).get("checkout")
    assert document is not None
    assert document["resources"]["disk"]["id"] == ""
    assert document["resources"]["other"] == ENTRY


async def test_a_younger_forecast_of_the_same_resource_is_left(world: Any) -> None:
    await forget({**PAYLOAD, "id": "an-older-one"})

    document = await Documents(world.blob).get("checkout")
    assert document is not None
    assert document["resources"]["disk"] == ENTRY
