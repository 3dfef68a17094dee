"""How a signal is now: judged from its last hours, and not judged where they do not say."""

import random

from shared.domain.watch.anomalies import LOOK_BACK_MS, judge
from shared.domain.watch.seasons import MINUTE_MS, Baseline
from shared.domain.watch.sensitivity import DEFAULTS
from tests.fakes.watching import NOW_MS, Draw, over
from tests.unit.shared.domain.watch.days import LATENCY, THROUGHPUT, USUAL, baseline_of


def judged(draw: Draw, now_ms: int = NOW_MS, baseline: Baseline | None = None, late: int = 0) -> str:
    baseline = baseline or baseline_of(LATENCY, USUAL["latency"])
    minutes = range(now_ms - LOOK_BACK_MS, now_ms - late * MINUTE_MS, MINUTE_MS)
    judgement = judge([(at, draw(at)) for at in minutes], LATENCY, baseline, DEFAULTS[1], now_ms)
    return f"{judgement['state']} {judgement['reason'] or judgement['kind']}".strip()


def test_the_same_is_seen_in_the_last_hours_as_in_the_whole_day() -> None:
    slow = over(USUAL["latency"], NOW_MS - 60 * MINUTE_MS, lambda value: value * 2)

    assert judged(USUAL["latency"]) == "usual"
    assert judged(slow).startswith("anomalous")
    assert judged(over(USUAL["latency"], NOW_MS - LOOK_BACK_MS, lambda value: value * 2)).startswith(
        "anomalous"
    )


def test_samples_that_come_in_any_order_are_judged_alike() -> None:
    points = [(at, USUAL["latency"](at)) for at in range(NOW_MS - LOOK_BACK_MS, NOW_MS, MINUTE_MS)]
    shuffled = random.Random(1).sample(points, len(points))
    baseline = baseline_of(LATENCY, USUAL["latency"])

    assert judge(shuffled, LATENCY, baseline, DEFAULTS[1], NOW_MS) == judge(
        points, LATENCY, baseline, DEFAULTS[1], NOW_MS
    )


def test_without_enough_data_nothing_is_called_usual() -> None:
    none = judge([], LATENCY, baseline_of(LATENCY, USUAL["latency"]), DEFAULTS[1], NOW_MS)
    young = judge([(NOW_MS - MINUTE_MS, 1.0)], LATENCY, None, DEFAULTS[1], NOW_MS)

    assert (none["state"], none["reason"]) == ("not_enough_data", "few_samples")
    assert (young["state"], young["reason"]) == ("not_enough_data", "no_baseline")
    assert judged(USUAL["latency"], late=20) == "not_enough_data stale"
    assert judged(USUAL["latency"], late=10) == "usual"
    assert judged(over(USUAL["latency"], NOW_MS - LOOK_BACK_MS + 10 * MINUTE_MS, lambda _: None)) == (
        "not_enough_data few_samples"
    )


def test_silence_is_seen_in_the_last_hours_too() -> None:
    quiet = over(USUAL["throughput"], NOW_MS - 30 * MINUTE_MS, lambda _: None)
    points = [(at, quiet(at)) for at in range(NOW_MS - LOOK_BACK_MS, NOW_MS, MINUTE_MS)]
    baseline = baseline_of(THROUGHPUT, USUAL["throughput"])

    with_gaps = judge(points, THROUGHPUT, baseline, DEFAULTS[1], NOW_MS)
    left_out = [point for point in points if point[1] is not None]

    assert with_gaps["kind"] == "silence"
    assert judge(left_out, THROUGHPUT, baseline, DEFAULTS[1], NOW_MS)["kind"] == "silence"
