"""Proof that a golden path leaves nothing behind: each step and each compensation, killed or failed at every moment.

So is each step of a quality gate that fails in production: its version goes back once, and everybody is told once.

A sample runs with all tests; `make crash-matrix` plays all of it. The table is printed and kept in build/.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from sandbox.platform.story import world
from tests.e2e.matrix import gate_play, gate_rows
from tests.e2e.matrix.cases import Case
from tests.e2e.matrix.gate_rows import GateCase
from tests.e2e.matrix.judging import Row
from tests.e2e.matrix.platform import Place, running_place
from tests.e2e.matrix.play import play
from tests.e2e.matrix.rig import Rig
from tests.e2e.matrix.rows import CASES, SAMPLE
from tests.e2e.matrix.table import PROPERTY, plays_all
from tests.e2e.matrix.told import not_told_once

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("crash_matrix")]

PLAYED = CASES if plays_all() else SAMPLE
GATES = gate_rows.CASES if plays_all() else gate_rows.SAMPLE


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with running_place(tmp_path_factory.mktemp("matrix") / "state") as running:
        yield running
        if plays_all():
            assert asyncio.run(not_told_once(running)) == {}


@pytest.fixture(scope="module")
def references() -> dict[str, list[str]]:
    """What a whole service is, by world."""
    return {}


@pytest.mark.parametrize("case", PLAYED, ids=lambda case: case.id)
async def test_nothing_is_left_behind_and_nothing_is_made_twice(
    case: Case,
    place: Place,
    references: dict[str, list[str]],
    record_property: Any,
) -> None:
    async with world(place.document) as stands_on:
        rig = await Rig.on(place, stands_on)
        row = await play(rig, case, f"cm-{CASES.index(case):03d}", references)
    _tell(row, record_property)


@pytest.mark.parametrize("case", GATES, ids=lambda case: case.id)
async def test_a_failed_version_goes_back_once_and_everybody_is_told_once(
    case: GateCase, place: Place, record_property: Any
) -> None:
    async with world(place.document) as stands_on:
        rig = await Rig.on(place, stands_on)
        row = await gate_play.play(rig, case, f"gm-{case.number:03d}")
    _tell(row, record_property)


def _tell(row: Row, record_property: Any) -> None:
    record_property(PROPERTY, asdict(row))
    if row.wrong:
        pytest.fail("\n".join(row.wrong), pytrace=False)
