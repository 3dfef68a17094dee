"""What is usual and what is not: median, MAD, robust z, onset and trend, unmoved by outliers and gaps."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import robust
from shared.domain.diagnosis.baseline import Point, compare

MINUTE_MS = 60_000
START_MS = 120 * MINUTE_MS
values = st.floats(-1e6, 1e6)


def noisy(level: float, minutes: int = 150, seed: int = 1) -> list[tuple[int, float]]:
    random = Random(seed)
    return [(minute * MINUTE_MS, level + random.gauss(0, 2)) for minute in range(minutes)]


def stepping(at_ms: int, by: float) -> list[Point]:
    return [(at, value + (by if at >= at_ms else 0)) for at, value in noisy(50)]


def test_a_usual_series_is_near_its_own_baseline() -> None:
    compared = compare(noisy(50), START_MS)

    assert compared["robust_z"] is not None
    assert abs(compared["robust_z"]) < 1
    assert (compared["onset_ms"], compared["samples"], compared["baseline_samples"]) == (None, 30, 120)


def test_a_step_is_far_from_usual_since_the_minute_it_began() -> None:
    compared = compare(stepping(START_MS - 3 * MINUTE_MS, 30), START_MS)

    assert compared["robust_z"] is not None
    assert compared["robust_z"] > 10
    assert compared["onset_ms"] == START_MS - 3 * MINUTE_MS


def test_a_fall_is_as_unusual_as_a_rise() -> None:
    compared = compare(stepping(START_MS, -30), START_MS)

    assert compared["robust_z"] is not None
    assert compared["robust_z"] < -10
    assert compared["onset_ms"] == START_MS


def test_a_deviation_long_over_is_not_the_problem_s() -> None:
    points = [(at, value + (30 if 20 <= at // MINUTE_MS < 60 else 0)) for at, value in noisy(50)]

    assert compare(points, START_MS)["onset_ms"] is None


def test_one_wild_point_is_no_onset() -> None:
    points: list[Point] = [
        (at, 900.0 if at == START_MS - 2 * MINUTE_MS else value) for at, value in noisy(50)
    ]

    assert compare(points, START_MS)["onset_ms"] is None


def test_a_problem_that_has_just_begun_shows_at_its_first_point() -> None:
    points = stepping(START_MS, 30)[:121]

    assert compare(points, START_MS)["onset_ms"] == START_MS


def test_a_gap_does_not_hide_an_onset() -> None:
    gap_ms = START_MS + MINUTE_MS
    points: list[Point] = [(at, None if at == gap_ms else value) for at, value in stepping(START_MS, 30)]

    compared = compare(points, START_MS)

    assert (compared["onset_ms"], compared["samples"]) == (START_MS, 29)


def test_a_slot_that_reaches_into_the_problem_counts_as_during() -> None:
    assert compare([(0, 1.0), (MINUTE_MS, 5.0)], MINUTE_MS + 30_000)["during_median"] == 5.0


def test_no_samples_are_no_verdict() -> None:
    nothing = compare([(0, None)], 0)

    assert (nothing["baseline_median"], nothing["robust_z"], nothing["samples"]) == (None, None, 0)


def test_without_a_past_nothing_is_unusual() -> None:
    new = compare([(START_MS, 99.0)], START_MS)

    assert (new["during_median"], new["robust_z"], new["onset_ms"]) == (99.0, None, None)


def test_the_same_hours_of_yesterday_say_what_is_usual_when_the_past_hours_do_not() -> None:
    """A night job raised the last two hours; it does every night."""
    tonight = [(at, value + 30) for at, value in noisy(50)]
    sick_alone = compare(tonight, START_MS, earlier=noisy(50, seed=2))
    as_always = compare(tonight, START_MS, earlier=[(at, value + 30) for at, value in noisy(50, seed=2)])

    assert sick_alone["baseline_median"] is not None
    assert as_always["baseline_median"] is not None
    assert sick_alone["baseline_median"] < as_always["baseline_median"] - 5


def test_a_stretch_that_is_sampled_more_finely_weighs_no_more_than_its_time() -> None:
    fine_ms = START_MS - 2 * MINUTE_MS
    points = [(at, value) for at, value in noisy(50) if at < fine_ms]
    points += [(fine_ms + second * 1000, 95.0) for second in range(240)]

    compared = compare(points, START_MS)

    assert compared["baseline_median"] == pytest.approx(50, abs=2)
    assert compared["baseline_samples"] == 120


def test_a_leak_has_a_slope_and_a_restart_does_not_hide_it() -> None:
    climbing = [(at, value / 5 + 0.5 * (at // MINUTE_MS % 50)) for at, value in noisy(50)]

    assert compare(climbing, START_MS)["trend_per_hour"] == pytest.approx(30, rel=0.15)
    assert compare(noisy(50), START_MS)["trend_per_hour"] == pytest.approx(0, abs=1)


def test_a_flat_line_that_moves_a_little_is_not_infinitely_unusual() -> None:
    points = [(minute * MINUTE_MS, 0.0 if minute < 120 else 0.2) for minute in range(130)]

    assert compare(points, START_MS, least_spread=0.5)["robust_z"] == pytest.approx(0.4)
    assert compare(points, START_MS)["robust_z"] == robust.MOST_Z


@given(
    st.lists(st.tuples(st.integers(0, 300), st.one_of(st.none(), values)), max_size=80), st.integers(0, 300)
)
def test_any_points_in_any_order_are_compared_within_bounds(
    found: list[tuple[int, float | None]], start: int
) -> None:
    points = [(minute * MINUTE_MS, value) for minute, value in found]
    compared = compare(points, start * MINUTE_MS)

    assert compare(points[::-1], start * MINUTE_MS) == compared or len({at for at, _ in points}) < len(points)
    if compared["robust_z"] is not None:
        assert abs(compared["robust_z"]) <= robust.MOST_Z
    if compared["onset_ms"] is not None:
        assert compared["onset_ms"] in {at for at, _ in points}
