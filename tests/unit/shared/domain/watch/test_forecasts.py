"""Forecasts of saturation: what fills up is told with its day; what only seems to is not."""

import math
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.watch.forecasts import expiry, expiry_of_days_left, saturation
from shared.domain.watch.sensitivity import DEFAULTS
from shared.domain.watch.trends import DAY_MS, HOUR_MS
from tests.fakes.watching import NOW_MS

SHARP = DEFAULTS[1]
SLOT_MS = HOUR_MS // 2


def points(level: Callable[[float], float], days: float = 14) -> list[tuple[int, float | None]]:
    """Samples of `level`, which takes days before now as negative numbers; with a little noise."""
    chance = random.Random(7)
    back = range(int(days * 48), 0, -1)
    return [(NOW_MS - slot * SLOT_MS, level(-slot / 48) + chance.gauss(0, 0.3)) for slot in back]


def rhythm(day: float) -> float:
    return 8 * math.sin(day * 2 * math.pi)


@pytest.mark.parametrize(
    "level",
    [
        lambda day: 85 + 2 * day,
        lambda day: 77 + 2 * day + rhythm(day),
        lambda day: 40 + max(0, day + 2) * 22,
        lambda day: 65 + 2 * day + 20 * (day / 0.5 % 1),
        lambda day: 40 + (20 * (day / 0.5 % 1) if day < -3 else 13 * (day + 3)),
    ],
    ids=[
        "steadily",
        "under a daily rhythm",
        "since two days",
        "a sawtooth with a rising floor",
        "rotation broke",
    ],
)
def test_what_fills_up_is_told_with_about_its_day(level: Callable[[float], float]) -> None:
    found = saturation(points(level), 95, SHARP, NOW_MS)
    truly = next(step / 48 for step in range(30 * 48) if _highest(level, step / 48) >= 95)

    assert found["state"] == "expected"
    assert found["at_ms"] is not None
    assert abs((found["at_ms"] - NOW_MS) / DAY_MS - truly) < 0.35 * truly + 0.3
    assert found["early_ms"] is not None
    assert found["late_ms"] is not None
    assert found["early_ms"] <= found["at_ms"] <= found["late_ms"]


def _highest(level: Callable[[float], float], day: float) -> float:
    """Gone on as before: where the rotation broke, it does not come back."""
    return level(day)


@pytest.mark.parametrize(
    ("level", "why"),
    [
        (lambda day: 60, "flat"),
        (lambda day: 80 + rhythm(day), "flat"),
        (lambda day: 50 + 30 * (day / 0.5 % 1), "sawtooth"),
        (lambda day: 70 if day > -4 else 45, "flat"),
        (lambda day: 80 + 3 * min(day, -3), "flat"),
        (lambda day: 50 + 0.2 * day, "rising"),
        (lambda day: 80 + 3 * day if day < -0.4 else 20, "freed"),
    ],
    ids=["flat", "a daily rhythm", "a sawtooth", "one step", "growth that ended", "slow growth", "cleared"],
)
def test_what_only_seems_to_fill_up_is_not_told(level: Callable[[float], float], why: str) -> None:
    found = saturation(points(level), 95, SHARP, NOW_MS)

    assert (found["state"], found["reason"]) == ("steady", why)


def test_what_is_full_is_told_as_full() -> None:
    found = saturation(points(lambda day: 97), 95, SHARP, NOW_MS)

    assert (found["state"], found["at_ms"]) == ("saturated", NOW_MS)


def test_without_samples_nothing_is_said() -> None:
    rising = points(lambda day: 85 + 2 * day)

    assert saturation([], 95, SHARP, NOW_MS)["reason"] == "few_samples"
    assert saturation(rising[:-10], 95, SHARP, NOW_MS)["reason"] == "stale"
    assert saturation([(at, None) for at, _ in rising], 95, SHARP, NOW_MS)["state"] == "not_enough_data"


def test_a_tier_is_told_as_many_days_before_as_it_asks_for() -> None:
    in_nine_days = points(lambda day: 77 + 2 * day)

    assert saturation(in_nine_days, 95, SHARP, NOW_MS)["state"] == "expected"
    assert saturation(in_nine_days, 95, replace(SHARP, forecast_days=5), NOW_MS)["reason"] == "rising"


def test_once_told_it_holds_a_little_longer() -> None:
    in_nine_days = points(lambda day: 77 + 2 * day)
    later = replace(SHARP, forecast_days=7)

    assert saturation(in_nine_days, 95, later, NOW_MS)["state"] == "steady"
    assert saturation(in_nine_days, 95, later, NOW_MS, told=True)["state"] == "expected"


@pytest.mark.parametrize(
    ("days", "state"), [(40, "steady"), (29, "expected"), (0.5, "expected"), (-1, "saturated")]
)
def test_a_certificate_is_told_by_the_days_it_has_left(days: float, state: str) -> None:
    at = NOW_MS + round(days * DAY_MS)

    assert expiry(at, SHARP, NOW_MS)["state"] == state
    told = expiry_of_days_left([(NOW_MS - DAY_MS, days + 1), (NOW_MS, days)], SHARP, NOW_MS)
    assert (told["state"], told["at_ms"]) == (state, at)


def test_a_certificate_nobody_reports_is_not_called_good() -> None:
    assert expiry_of_days_left([(NOW_MS, None)], SHARP, NOW_MS)["state"] == "not_enough_data"


@given(st.lists(st.tuples(st.integers(0, 14 * 48), st.floats(-1e9, 1e9)), max_size=150), st.floats(1, 1e6))
def test_any_series_has_a_forecast(samples: list[tuple[int, float]], limit: float) -> None:
    series = [(NOW_MS - slot * SLOT_MS, value) for slot, value in samples]

    assert saturation(series, limit, SHARP, NOW_MS)["limit"] == limit


def test_a_weekend_does_not_end_what_was_told() -> None:
    def on_working_days(day: float) -> float:
        """NOW is a Saturday's noon: it has not grown since midnight, nor on the weekends before."""
        grown, at = 0.0, -0.5
        while at > day:
            grown += 3 / 48 if (at + 0.5) % -7 > -5 else 0
            at -= 1 / 48
        return 80 - grown

    assert saturation(points(on_working_days), 95, SHARP, NOW_MS, told=True)["state"] == "expected"
