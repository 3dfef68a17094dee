"""Baselines: the same time of other days and weeks; what lasts two days is usual; too little history says so."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.watch.seasons import DAY_MS, HISTORY_MS, SLOT_MS, WEEK_MS, Baseline, build, usual
from tests.fakes.watching import NOW_MS


def identity(value: float) -> float:
    return value


def weekly(at_ms: int) -> float:
    """100 on working days with a swing, 40 on Saturdays and Sundays (UTC)."""
    weekday = (at_ms // DAY_MS + 3) % 7
    return (40 if weekday >= 5 else 100) + 20 * math.sin(at_ms % DAY_MS / DAY_MS * 2 * math.pi)


def built(draw: object = weekly, days: int = 28, until: int = NOW_MS) -> Baseline | None:
    assert callable(draw)
    slots = range(until - days * DAY_MS, until, SLOT_MS)
    return build([(at, draw(at + SLOT_MS // 2)) for at in slots], identity, until)


def test_weekends_are_expected_to_be_weekends() -> None:
    baseline = built()
    assert baseline is not None

    saturday, monday = NOW_MS, NOW_MS + 2 * DAY_MS
    assert usual(baseline, saturday)[0] == pytest.approx(weekly(saturday), abs=2)
    assert usual(baseline, monday)[0] == pytest.approx(weekly(monday), abs=2)


def test_a_young_service_is_expected_to_be_as_on_the_days_before() -> None:
    noon_of_friday = NOW_MS - DAY_MS
    baseline = built(days=4, until=noon_of_friday)
    assert baseline is not None

    assert len(baseline["levels"]) == 48
    assert usual(baseline, noon_of_friday)[0] == pytest.approx(weekly(noon_of_friday), abs=2)


@pytest.mark.parametrize("days", [0, 1, 2])
def test_too_little_history_makes_no_baseline(days: int) -> None:
    assert built(days=days) is None


def test_history_that_is_mostly_gaps_makes_no_baseline() -> None:
    slots = range(NOW_MS - 4 * DAY_MS, NOW_MS, SLOT_MS)
    assert (
        build([(at, 1.0 if index % 3 == 0 else None) for index, at in enumerate(slots)], identity, NOW_MS)
        is None
    )


def test_what_changed_two_days_ago_is_usual_now() -> None:
    def shifted(at_ms: int) -> float:
        return weekly(at_ms) + (50 if at_ms > NOW_MS - 2 * DAY_MS else 0)

    baseline = built(shifted)
    assert baseline is not None
    assert usual(baseline, NOW_MS)[0] == pytest.approx(weekly(NOW_MS) + 50, abs=8)


def test_a_day_of_trouble_moves_nothing() -> None:
    def troubled(at_ms: int) -> float:
        return weekly(at_ms) * (10 if NOW_MS - 15 * SLOT_MS > at_ms > NOW_MS - 40 * SLOT_MS else 1)

    baseline = built(troubled)
    assert baseline is not None
    assert usual(baseline, NOW_MS)[0] == pytest.approx(weekly(NOW_MS), abs=5)


def test_what_is_hard_to_foretell_has_a_wider_spread() -> None:
    chance = random.Random(3)
    calm, wild = (built(lambda at, by=by: weekly(at) + chance.gauss(0, by)) for by in (0.5, 10))
    assert calm is not None
    assert wild is not None

    assert usual(wild, NOW_MS)[1] > 5 * usual(calm, NOW_MS)[1]


def test_slots_after_now_are_not_learnt_from() -> None:
    points = [(at, weekly(at)) for at in range(NOW_MS - 2 * WEEK_MS, NOW_MS, SLOT_MS)]
    future = [(NOW_MS + slot * SLOT_MS, 1e9) for slot in range(48)]

    assert build(points, identity, NOW_MS) == build([*points, *future], identity, NOW_MS)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), max_size=400), st.integers(0, 6))
def test_any_history_makes_a_usable_baseline_or_none(values: list[float | None], shift: int) -> None:
    first = NOW_MS - HISTORY_MS + shift * 200 * SLOT_MS
    baseline = build([(first + i * SLOT_MS, value) for i, value in enumerate(values)], identity, NOW_MS)

    if baseline is not None:
        level, spread = usual(baseline, NOW_MS)
        assert math.isfinite(level)
        assert spread >= 0
