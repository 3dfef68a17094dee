"""The detector: what departs is flagged, what is usual is not, and no judgement knows the future."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.watch.detector import Anomaly, Detector
from shared.domain.watch.seasons import DAY_MS, HISTORY_MS, MINUTE_MS, SLOT_MS, build
from shared.domain.watch.sensitivity import DEFAULTS
from shared.domain.watch.signals import Signal, scaled
from tests.fakes.watching import Draw, over
from tests.unit.shared.domain.watch.days import BEGINS, ERRORS, LATENCY, THROUGHPUT, USUAL, baseline_of


def watched(signal: Signal, draw: Draw, minutes: int = 1440, tier: int = 1) -> list[Anomaly]:
    """What is flagged in a day that begins at BEGINS, over a baseline of usual weeks."""
    baseline = baseline_of(signal, USUAL[signal.indicator])
    assert baseline is not None
    detector = Detector(signal, baseline, DEFAULTS[tier])
    for minute in range(minutes):
        at = BEGINS + minute * MINUTE_MS
        detector.see(at, draw(at))
    return detector.anomalies


def changed(signal: Signal, from_minute: int, to_minute: int, factor: float) -> Draw:
    usual = USUAL[signal.indicator]

    def draw(at_ms: int) -> float | None:
        value = usual(at_ms)
        inside = from_minute <= (at_ms - BEGINS) // MINUTE_MS < to_minute
        return None if value is None else value * factor if inside else value

    return draw


@pytest.mark.parametrize("signal", [LATENCY, ERRORS, THROUGHPUT], ids=lambda signal: str(signal.indicator))
def test_an_ordinary_day_has_no_anomaly(signal: Signal) -> None:
    assert watched(signal, USUAL[signal.indicator]) == []


@pytest.mark.parametrize(
    ("signal", "factor", "lasts", "side"),
    [
        (LATENCY, 3, 20, "up"),
        (ERRORS, 20, 20, "up"),
        (THROUGHPUT, 0.1, 30, "down"),
        (THROUGHPUT, 3, 30, "up"),
    ],
)
def test_a_departure_is_told_within_minutes_and_ends_with_it(
    signal: Signal, factor: float, lasts: int, side: str
) -> None:
    (found,) = watched(signal, changed(signal, 600, 600 + lasts, factor))

    begins = BEGINS + 600 * MINUTE_MS
    assert found.side == side
    assert begins <= found.told_ms <= begins + 8 * MINUTE_MS
    assert begins <= found.since_ms <= found.told_ms
    assert found.until_ms is not None
    assert found.until_ms <= begins + (lasts + 15) * MINUTE_MS


@pytest.mark.parametrize("signal", [LATENCY, ERRORS])
def test_an_improvement_is_no_anomaly(signal: Signal) -> None:
    assert watched(signal, changed(signal, 600, 900, 0.3)) == []


def test_a_single_wild_sample_is_no_anomaly() -> None:
    assert watched(LATENCY, changed(LATENCY, 600, 601, 50)) == []


def test_what_grows_over_hours_is_told_before_it_has_doubled() -> None:
    def draw(at_ms: int) -> float | None:
        value = USUAL["latency"](at_ms)
        hours = max(0.0, (at_ms - BEGINS) / (60 * MINUTE_MS) - 8)
        return None if value is None else value * (1 + hours / 5)

    (found,) = watched(LATENCY, draw)

    assert 8 * 60 < (found.told_ms - BEGINS) / MINUTE_MS < 13 * 60


def test_a_service_that_falls_silent_while_it_has_traffic_is_told() -> None:
    (found,) = watched(THROUGHPUT, over(USUAL["throughput"], BEGINS + 600 * MINUTE_MS, lambda _: None), 700)

    assert (found.kind, found.side) == ("silence", "down")
    assert (found.told_ms - BEGINS) // MINUTE_MS == 614


def test_a_short_gap_is_none() -> None:
    usual = USUAL["throughput"]

    def draw(at_ms: int) -> float | None:
        return None if (at_ms - BEGINS) // MINUTE_MS % 60 < 12 else usual(at_ms)

    assert watched(THROUGHPUT, draw) == []


def test_what_comes_back_soon_is_the_same_anomaly() -> None:
    twice = changed(LATENCY, 600, 620, 3)

    def draw(at_ms: int) -> float | None:
        again = 640 <= (at_ms - BEGINS) // MINUTE_MS < 660
        value = twice(at_ms)
        return None if value is None else value * 3 if again else value

    assert len(watched(LATENCY, draw)) == 1


def test_a_critical_tier_is_watched_more_sharply() -> None:
    slower = changed(LATENCY, 600, 900, 1.35)

    assert watched(LATENCY, slower, tier=1)
    assert not watched(LATENCY, slower, tier=3)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.one_of(st.none(), st.floats(0, 1e7, allow_nan=False, allow_infinity=False)),
        min_size=2,
        max_size=120,
    ),
    st.data(),
)
def test_no_judgement_knows_the_future(values: list[float | None], data: st.DataObject) -> None:
    """Anomalies that were known at a moment are the same, whatever comes after it."""
    cut = data.draw(st.integers(1, len(values)))
    baseline = baseline_of(LATENCY, USUAL["latency"])
    assert baseline is not None
    whole, part = (Detector(LATENCY, baseline, DEFAULTS[1]) for _ in range(2))
    for minute, value in enumerate(values[:cut]):
        part.see(BEGINS + minute * MINUTE_MS, value)
    for minute, value in enumerate(values):
        whole.see(BEGINS + minute * MINUTE_MS, value)
    until = BEGINS + cut * MINUTE_MS
    known = [
        (found.kind, found.since_ms, found.told_ms) for found in whole.anomalies if found.told_ms < until
    ]
    assert known == [(found.kind, found.since_ms, found.told_ms) for found in part.anomalies]


def test_a_change_that_lasts_is_usual_after_two_days() -> None:
    since = BEGINS - 3 * DAY_MS
    slower = over(USUAL["latency"], since, lambda value: value * 2)
    slots = range(BEGINS - HISTORY_MS, BEGINS, SLOT_MS)
    history = [(at, slower(at + SLOT_MS // 2)) for at in slots]
    baseline = build(history, lambda value: scaled(LATENCY, value), BEGINS)
    assert baseline is not None
    detector = Detector(LATENCY, baseline, DEFAULTS[1])
    for minute in range(600):
        at = BEGINS + minute * MINUTE_MS
        detector.see(at, slower(at))

    assert detector.anomalies == []
