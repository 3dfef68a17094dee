"""The evaluations of watching: labelled series are the same each time, figures count what they say."""

import itertools
from collections import Counter
from typing import Any

from shared.domain.watch.seasons import HISTORY_MS, MINUTE_MS, SLOT_MS
from tests.eval import anomalies, forecasts, resource_series, signal_series

START_MS = 1_794_182_400_000
SLOTS = HISTORY_MS // SLOT_MS


def flat(number: int, begins: int | None = None, tier: int = 1, label: bool = True) -> dict[str, Any]:
    """Six hours of a latency of 100 ms, three times as high for half an hour from this minute on."""
    samples = [100_000.0 + minute % 7 * 500 for minute in range(360)]
    labels = []
    if begins is not None:
        samples[begins : begins + 30] = [300_000.0] * 30
        span = {"from_ms": START_MS + begins * MINUTE_MS, "to_ms": START_MS + (begins + 30) * MINUTE_MS}
        labels = [{"kind": "spike", **span}] if label else []
    return {
        "id": f"flat-{number}",
        "kind": "plain",
        "signal": "latency",
        "tier": tier,
        "start_ms": START_MS,
        "history": [100_000.0 + slot % 5 * 500 for slot in range(SLOTS)],
        "samples": samples,
        "anomalies": labels,
    }


def test_what_is_found_counts_with_the_run_that_tells_it() -> None:
    figures = anomalies.evaluate([flat(1, 120), flat(2)])

    assert (figures["precision"], figures["recall"]) == (1.0, 1.0)
    assert figures["by_kind"]["spike"]["median_delay_minutes"] == 5
    assert figures["false_alarms_per_service_week"] == 0


def test_what_nobody_labelled_counts_as_a_false_alarm() -> None:
    figures = anomalies.evaluate([flat(1, 120, label=False)])

    assert figures["precision"] == 0
    assert figures["false_alarms_per_service_week"] == 3 * 7 * 4


def test_what_was_missed_lowers_recall() -> None:
    missed = flat(1)
    missed["anomalies"] = flat(2, 120)["anomalies"]
    figures = anomalies.evaluate([missed, flat(3, 200)])

    assert figures["recall"] == 0.5


def test_a_service_without_history_is_judged_by_nothing() -> None:
    assert anomalies.evaluate([{**flat(1, 120), "history": []}])["recall"] == 0


def test_series_are_the_same_each_time() -> None:
    first, again = (next(iter(signal_series.records())) for _ in range(2))

    assert first == again
    assert first != next(iter(signal_series.records(seed=1)))


def test_a_third_of_each_kind_is_held_out_in_every_tier() -> None:
    records = list(resource_series.labels())
    held_out = Counter((record["kind"], record["tier"]) for record in records if record["held_out"])
    every = Counter((record["kind"], record["tier"]) for record in records)

    assert {kind for kind, _ in every} == {*resource_series.FILLING, *resource_series.NOT_FILLING}
    assert all(2 <= every[group] / held_out[group] <= 5 for group in every)


def test_what_fills_up_reaches_its_limit_when_the_label_says() -> None:
    for record in itertools.islice(resource_series.records(), 30):
        assert record["reached_ms"] is not None
        assert record["now_ms"] < record["reached_ms"] < record["now_ms"] + 7.5 * 24 * 60 * MINUTE_MS


def test_forecasts_told_in_vain_lower_precision() -> None:
    filling = next(iter(resource_series.records()))
    right = forecasts.evaluate([filling])
    vain = forecasts.evaluate([filling, {**filling, "reached_ms": None}])

    assert (right["hit_rate"], right["precision"]) == (1, 1)
    assert (vain["hit_rate"], vain["precision"]) == (1, 0.5)


def test_tables_show_every_part() -> None:
    shown = anomalies.table({"all": anomalies.evaluate([flat(1, 120), flat(2)])})
    told = forecasts.table({"all": forecasts.evaluate([next(iter(resource_series.records()))])})

    assert "| spike | 1.000 | 5.000 |" in shown
    assert "| steady_fill | 1.000 |" in told
