"""Bounds come from what was usual before the problem, and are never wider than what the registry calls healthy."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.diagnosis.bounds import LEAST_BASELINE, Side, bounds

MINUTE_MS = 60_000
START_MS = 120 * MINUTE_MS
values = st.floats(-1e6, 1e6)


def noisy(level: float, minutes: int = 120, spread: float = 2.0) -> list[tuple[int, float | None]]:
    random = Random(1)
    return [(minute * MINUTE_MS, level + random.gauss(0, spread)) for minute in range(minutes)]


def test_a_latency_may_be_somewhat_slower_than_usual_and_no_more() -> None:
    found = bounds(noisy(100), START_MS, "up", 10)

    assert found is not None
    assert found.hold(120)
    assert not found.hold(140)
    assert found.hold(3)


def test_a_throughput_may_be_higher_than_usual_and_not_half_as_high() -> None:
    found = bounds(noisy(600), START_MS, "down", 10)

    assert found is not None
    assert found.hold(5000)
    assert found.hold(400)
    assert not found.hold(250)


def test_what_was_out_of_the_usual_before_the_problem_was_told_is_no_baseline() -> None:
    sick = [(at, 900.0 if at >= START_MS - 50 * MINUTE_MS else value) for at, value in noisy(100)]

    assert bounds(sick, START_MS, "up", 10) == bounds(noisy(100)[:70], START_MS, "up", 10)


def test_what_came_since_the_problem_began_is_no_baseline() -> None:
    since = [(START_MS + minute * MINUTE_MS, 900.0) for minute in range(10)]

    assert bounds([*noisy(100), *since], START_MS, "up", 10) == bounds(noisy(100), START_MS, "up", 10)


def test_what_the_registry_calls_healthy_is_the_last_word() -> None:
    found = bounds(noisy(1.9, spread=0.1), START_MS, "up", 0.5, cap=2.0)

    assert found is not None
    assert found.high == 2.0


def test_a_past_that_is_too_thin_leaves_what_the_registry_says() -> None:
    thin = noisy(0.5)[: LEAST_BASELINE - 1]

    assert bounds(thin, START_MS, "up", 0.5, cap=2.0) == (None, 2.0, None)
    assert bounds(thin, START_MS, "up", 0.5) is None
    assert bounds([], START_MS, "down", 0.5) is None


@given(
    st.lists(values, min_size=LEAST_BASELINE, max_size=60), st.sampled_from(["up", "down"]), st.floats(0, 100)
)
def test_bounds_contain_the_baseline_s_median(found: list[float], side: Side, least: float) -> None:
    points = [(minute * MINUTE_MS, value) for minute, value in enumerate(found)]

    made = bounds(points, START_MS, side, least)

    if made is not None:
        assert made.usual is not None
        assert made.hold(made.usual)


@given(st.lists(values, max_size=60), st.floats(0, 1e6))
def test_nothing_above_the_cap_is_healthy(found: list[float], cap: float) -> None:
    points = [(minute * MINUTE_MS, value) for minute, value in enumerate(found)]

    made = bounds(points, START_MS, "up", 1.0, cap)

    assert made is not None
    assert not made.hold(cap * 1.001 + 1)
