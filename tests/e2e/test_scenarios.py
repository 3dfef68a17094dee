"""The demo's scenarios, in any order, on one platform; what one left, another goes on from."""

import asyncio
from typing import Any

import pytest

from sandbox.demo.played import Played
from sandbox.demo.scenarios import SCENARIOS, Scenario, vendor_away
from sandbox.demo.stage import Stage
from sandbox.platform.story import world

pytestmark = pytest.mark.timeout(400)

# The killed worker's messages stay locked for a minute, so what needs an empty queue comes before it.
_ORDER = sorted(SCENARIOS, key=lambda scenario: scenario.name == "killed_worker")


@pytest.fixture(scope="module")
def played() -> Played:
    return Played()


@pytest.mark.parametrize("scenario", _ORDER, ids=lambda scenario: scenario.name)
def test_the_scenario_holds(
    scenario: Scenario, platform: dict[str, Any], played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vendor_away, "AWAY_S", 6.0)

    async def play() -> Stage:
        async with world(platform) as stands_on:
            stage = Stage(stands_on, print, played)
            await scenario.play(stage)
            return stage

    stage = asyncio.run(play())
    assert stage.checks
    assert [check for check in stage.checks if not check.holds] == []
