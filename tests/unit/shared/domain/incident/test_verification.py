"""Recovery is proven or it is not; no data is never a pass."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.diagnosis.bounds import Side
from shared.domain.incident.verification import Indicator, Recovery, Window, judge, slot_ms

MINUTE_MS = 60_000
START_MS = 120 * MINUTE_MS
SINCE_MS = START_MS + 30 * MINUTE_MS
NOW_MS = SINCE_MS + 20 * MINUTE_MS
WINDOW = Window(SINCE_MS, NOW_MS, 10 * MINUTE_MS, 3)
USUAL = [(minute * MINUTE_MS, 1.0 + minute % 3 / 10) for minute in range(120)]
"""Two hours at about 1.1: bounds reach to 1.6."""

type Points = list[tuple[int, float | None]]


def since(value: float | None, first: int = 0, last: int = 20) -> Points:
    """A sample for each of these minutes after the action."""
    return [(SINCE_MS + minute * MINUTE_MS, value) for minute in range(first, last)]


def indicator(after: Points, name: str = "indicator", **more: Any) -> Indicator:
    side: Side = more.pop("side", "up")
    told: dict[str, Any] = {"cap": 2.0, "required": True, "before": USUAL, "least": 0.5, **more}
    return Indicator(name, "SERVICE", "Percent", side, slot_ms=MINUTE_MS, after=after, **told)


def golden(after: Points, name: str = "latency", **more: Any) -> Indicator:
    return indicator(after, name, **{"cap": None, "required": False, **more})


def judged(*indicators: Indicator, closed: bool | None = True, window: Window = WINDOW) -> Recovery:
    return judge(closed, indicators, START_MS, window)


def test_a_closed_problem_and_a_window_within_bounds_are_recovery() -> None:
    found = judged(indicator(since(1.2)), golden(since(1.0)))

    assert (found["verdict"], found["reason"], found["problem_closed"]) == ("recovered", "", True)
    assert (found["samples"], found["within_bounds"], found["window_s"]) == (10, 10, 600)


def test_the_verdict_explains_itself_for_each_indicator() -> None:
    own, other = judged(indicator(since(1.2)), golden(since(9.0)))["indicators"]

    assert (own["indicator"], own["reason"], own["baseline"]) == ("indicator", "", 1.1)
    assert own["high"] == pytest.approx(1.6, abs=0.05)
    assert (other["indicator"], other["reason"]) == ("latency", "out_of_bounds")
    assert (other["samples"], other["within"], other["low"]) == (10, 0, None)


def test_an_open_problem_is_not_recovery_however_good_the_metric() -> None:
    assert judged(indicator(since(1.0)), closed=False)["reason"] == "still_open"


def test_an_unknown_state_is_not_recovery() -> None:
    assert judged(indicator(since(1.0)), closed=None)["reason"] == "state_unknown"


def test_one_sample_out_of_bounds_in_the_window_is_not_recovery() -> None:
    points = [(at, 5.0 if at == NOW_MS - 7 * MINUTE_MS else value) for at, value in since(1.0)]

    found = judged(indicator(points))

    assert (found["reason"], found["samples"], found["within_bounds"]) == ("out_of_bounds", 10, 9)


def test_one_indicator_that_is_not_back_is_not_recovery() -> None:
    found = judged(indicator(since(1.0)), golden(since(1.0)), golden(since(7.0), "errors"))

    assert (found["reason"], found["within_bounds"]) == ("out_of_bounds", 0)


def test_bad_samples_before_the_window_are_forgiven() -> None:
    assert judged(indicator([*since(9.0, 0, 10), *since(1.0, 10)]))["verdict"] == "recovered"


def test_within_the_configured_bound_but_not_as_before_is_not_recovery() -> None:
    assert judged(indicator(since(1.9)))["reason"] == "out_of_bounds"


def test_a_throughput_that_stays_away_is_not_recovery_and_one_that_is_higher_is() -> None:
    assert judged(indicator(since(0.2), side="down", cap=None))["reason"] == "out_of_bounds"
    assert judged(indicator(since(9.0), side="down", cap=None))["verdict"] == "recovered"


def test_a_window_that_began_before_the_action_ended_is_too_young() -> None:
    young = Window(SINCE_MS, SINCE_MS + 9 * MINUTE_MS, 10 * MINUTE_MS, 3)

    assert judged(indicator(since(1.0)), window=young)["reason"] == "too_soon"


def test_samples_from_before_the_action_do_not_count() -> None:
    old: Points = [(SINCE_MS - minute * MINUTE_MS, 9.0) for minute in range(1, 30)]
    young = Window(SINCE_MS, SINCE_MS + 2 * MINUTE_MS, 10 * MINUTE_MS, 3)

    found = judged(indicator([*old, *since(1.0, 0, 2)]), window=young)

    assert (found["reason"], found["samples"]) == ("too_soon", 2)


def test_a_bad_value_counts_whatever_else_its_slot_holds() -> None:
    twice = (NOW_MS - 5 * MINUTE_MS + 30_000, 9.0)

    assert judged(indicator([*since(1.0), twice]))["reason"] == "out_of_bounds"


@pytest.mark.parametrize("points", [[], since(None), since(1.0, 18), since(1.0, 10, 14)])
def test_silence_and_gaps_are_too_few_samples(points: Points) -> None:
    assert judged(indicator(points))["reason"] == "few_samples"


def test_samples_that_stopped_coming_are_late_however_good() -> None:
    found = judged(indicator(since(1.0, 0, 15)))

    assert (found["reason"], found["samples"]) == ("late", 5)


def test_a_slot_that_has_not_ended_yet_does_not_count() -> None:
    half = Window(SINCE_MS, NOW_MS - MINUTE_MS // 2, 10 * MINUTE_MS, 3)
    throughput = indicator([*since(1.0, 0, 19), *since(0.1, 19)], side="down", cap=None)

    assert judged(throughput, window=half)["verdict"] == "recovered"


def test_a_coarse_indicator_is_judged_over_as_many_slots_as_it_needs() -> None:
    five = 5 * MINUTE_MS
    slots: Points = [(SINCE_MS + number * five, 1.0) for number in range(4)]
    coarse = indicator(slots)._replace(slot_ms=five)

    assert judged(coarse)["verdict"] == "recovered"
    early = Window(SINCE_MS, SINCE_MS + 15 * MINUTE_MS, 10 * MINUTE_MS, 3)
    assert judged(coarse, window=early)["reason"] == "too_soon"


def test_without_a_baseline_the_configured_bound_decides() -> None:
    assert judged(indicator(since(1.9), before=[]))["verdict"] == "recovered"
    assert judged(indicator(since(2.1), before=[]))["reason"] == "out_of_bounds"


def test_a_golden_signal_that_cannot_be_judged_does_not_stand_in_the_way() -> None:
    found = judged(indicator(since(1.0)), golden([], before=[]))

    assert found["verdict"] == "recovered"
    assert found["indicators"][1]["reason"] == "not_judged"


def test_a_golden_signal_that_was_always_rare_does_not_stand_in_the_way() -> None:
    rare = [(at, value if at % (20 * MINUTE_MS) < 3 * MINUTE_MS else None) for at, value in USUAL]

    found = judged(indicator(since(1.0)), golden([], before=rare))

    assert found["indicators"][1]["reason"] == "not_judged"
    assert found["verdict"] == "recovered"


def test_a_golden_signal_that_fell_silent_with_the_action_is_not_recovery() -> None:
    assert judged(indicator(since(1.0)), golden([]))["reason"] == "few_samples"


def test_what_the_runbook_names_must_be_judged() -> None:
    named = golden([], before=[], required=True)

    assert judged(indicator(since(1.0)), named)["reason"] == "not_judged"


def test_nothing_to_judge_is_not_recovery() -> None:
    assert judged()["reason"] == "not_judged"
    assert judged(golden(since(1.0), before=[]))["reason"] == "not_judged"


def test_the_distance_of_samples_is_that_of_the_nearest_two() -> None:
    assert slot_ms([(0, 1.0), (60_000, 1.0), (61_000, None), (60_000, 2.0)], 5) == 1000
    assert slot_ms([(7, 1.0)], 5) == 5


POINTS = st.lists(
    st.tuples(st.integers(-5, 25), st.none() | st.floats(0, 10)).map(
        lambda told: (SINCE_MS + told[0] * MINUTE_MS, told[1])
    ),
    max_size=40,
)
WINDOWS = st.tuples(st.integers(0, 30), st.integers(1, 15), st.integers(1, 10)).map(
    lambda told: Window(SINCE_MS, SINCE_MS + told[0] * MINUTE_MS, told[1] * MINUTE_MS, told[2])
)
STATES = st.none() | st.booleans()
SHORT = USUAL[-20:]
PASTS = st.sampled_from([[], SHORT, USUAL[-10:]])


@given(STATES, WINDOWS, PASTS, st.lists(st.integers(-5, 25)), st.booleans())
def test_no_data_never_passes(
    closed: bool | None, window: Window, before: Points, gaps: list[int], required: bool
) -> None:
    silent: Points = [(SINCE_MS + minute * MINUTE_MS, None) for minute in gaps]
    found = judged(indicator(silent, before=before, required=required), closed=closed, window=window)

    assert found["verdict"] == "not_yet"
    assert found["reason"]


@given(STATES, POINTS, WINDOWS, PASTS)
def test_recovery_always_has_a_closed_problem_and_enough_samples_all_within_bounds(
    closed: bool | None, points: Points, window: Window, before: Points
) -> None:
    found = judged(indicator(points, before=before), closed=closed, window=window)

    seen = [value for at, value in points if at >= SINCE_MS and value is not None and value <= 2.0]
    if found["verdict"] == "recovered":
        assert closed is True
        assert len(seen) >= found["samples"] >= window.min_samples
        assert found["within_bounds"] == found["samples"]
    else:
        assert found["reason"]


@given(POINTS, WINDOWS, PASTS, st.floats(2.001, 100), st.data())
def test_one_sample_out_of_bounds_in_the_window_never_passes(
    points: Points, window: Window, before: Points, bad: float, data: st.DataObject
) -> None:
    length = max(window.length_ms, (window.min_samples + 1) * MINUTE_MS)
    first, last = max(window.now_ms - length, SINCE_MS), window.now_ms - MINUTE_MS
    if last < first:
        return
    at = data.draw(st.integers(first // MINUTE_MS, last // MINUTE_MS)) * MINUTE_MS

    found = judged(indicator([*points, (at, bad)], before=before), window=window)

    assert found["verdict"] == "not_yet"


@given(POINTS, WINDOWS, PASTS, st.lists(st.tuples(st.integers(-5, 25), st.floats(0, 1.1))))
def test_more_samples_within_bounds_never_take_recovery_back(
    points: Points, window: Window, before: Points, more: list[tuple[int, float]]
) -> None:
    good: Points = [(SINCE_MS + minute * MINUTE_MS, value) for minute, value in more]

    if judged(indicator(points, before=before), window=window)["verdict"] == "recovered":
        assert judged(indicator([*points, *good], before=before), window=window)["verdict"] == "recovered"


@given(POINTS, POINTS, WINDOWS)
def test_one_more_indicator_never_makes_recovery(points: Points, others: Points, window: Window) -> None:
    own = indicator(points, before=SHORT)

    if judged(own, window=window)["verdict"] == "not_yet":
        other = golden(others, before=SHORT)
        assert judged(own, other, window=window)["verdict"] == "not_yet"


@given(POINTS, st.randoms())
def test_the_order_of_the_points_does_not_matter(points: Points, random: Any) -> None:
    shuffled = sorted(points, key=lambda _: random.random())

    assert judged(indicator(points, before=SHORT)) == judged(indicator(shuffled, before=SHORT))
