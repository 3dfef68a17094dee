"""How well the detector flags what departs from the usual, how soon, and how rarely it cries without cause."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from shared.domain.watch.detector import Anomaly, Detector
from shared.domain.watch.seasons import DAY_MS, HISTORY_MS, MINUTE_MS, SLOT_MS, WEEK_MS, build
from shared.domain.watch.sensitivity import DEFAULTS
from shared.domain.watch.signals import GOLDEN, Signal, scaled
from tests.eval import signal_series
from tests.eval.page import table as markdown

NAME = "anomalies"
ABOUT = """
The causal detector of golden signals (docs/anomalies.md), with the sensitivity of each series' tier, over generated
series: nine kinds of weeks in which nothing is wrong (growth, a change days ago, gaps, single wild samples, a nightly
batch, little traffic, a holiday, bursts) and six kinds of days with one departure each, small ones among them. A
departure counts as found when it is told while it lasts; the delay is from its first minute to the timer's run that
tells it. Generated services are tidier than real ones: expect more false alarms from real ones.
"""
FORMAT = """
One series a line: {"id", "kind", "signal": "latency"|"errors"|"throughput"|"cpu", "tier": 1|2|3, "start_ms",
"history": [value or null, ...] of the slots of 30 minutes from 28 days before start_ms, as far as they go,
"samples": [value or null, ...] of the minutes from start_ms,
"anomalies": [{"kind", "from_ms", "to_ms"}, ...], "held_out": true|false}
"""

TICK_MS = 5 * MINUTE_MS
SETTLING_MS = MINUTE_MS
SIGNALS_PER_SERVICE = 3
_GRACE_MS = 5 * MINUTE_MS
_BY_NAME = {signal.indicator: signal for signals in reversed(GOLDEN.values()) for signal in signals}


class _Groups(defaultdict[str, list[Any]]):
    """Figures by a group's name."""

    def __init__(self) -> None:
        super().__init__(list)


def DATA() -> Iterable[dict[str, Any]]:
    return signal_series.records()


def evaluate(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Precision over all; recall and delay by kind and by tier; false alarms per service-week of clean series."""
    delays, of_tier = _Groups(), _Groups()
    false_of, weeks = _Groups(), _Groups()
    true = false = 0
    for record in records:
        told, labels = alarms(record), record["anomalies"]
        for label in labels:
            delay = _delay(label, told)
            delays[label["kind"]].append(delay)
            of_tier[f"tier {record['tier']}"].append(delay)
        wrong = sum(not any(_meets(alarm, label) for label in labels) for alarm in told)
        false += wrong
        true += len(told) - wrong
        if not labels:
            for group in (record["kind"], f"tier {record['tier']}"):
                false_of[group].append(wrong)
                weeks[group].append(len(record["samples"]) * MINUTE_MS / WEEK_MS)
    every = [delay for of_kind in delays.values() for delay in of_kind]
    clean = {group: _per_week(false_of[group], weeks[group]) for group in sorted(weeks)}
    whole = {group for group in weeks if group.startswith("tier ")}
    return {
        "precision": true / (true + false) if true + false else None,
        "recall": _found(every)["recall"],
        "median_delay_minutes": _found(every)["median_delay_minutes"],
        "false_alarms_per_service_week": _per_week(
            [wrong for group in whole for wrong in false_of[group]],
            [each for group in whole for each in weeks[group]],
        ),
        "by_kind": {kind: _found(of_kind) for kind, of_kind in sorted({**delays, **of_tier}.items())},
        "clean": clean,
    }


def alarms(record: Mapping[str, Any]) -> list[Anomaly]:
    """What the detector flags in a series; the baseline is built anew each day, as the timer does."""
    signal, start = _BY_NAME[record["signal"]], record["start_ms"]
    history = [(start - HISTORY_MS + slot * SLOT_MS, value) for slot, value in enumerate(record["history"])]
    samples = record["samples"]
    detector: Detector | None = None
    for first in range(0, len(samples), DAY_MS // MINUTE_MS):
        now = start + first * MINUTE_MS
        baseline = build(history, lambda value: _on_scale(signal, value), now)
        if baseline is None:
            continue
        if detector is None:
            detector = Detector(signal, baseline, DEFAULTS[record["tier"]])
        detector.renew(baseline)
        for minute, value in enumerate(samples[first : first + DAY_MS // MINUTE_MS], first):
            detector.see(start + minute * MINUTE_MS, value)
    return detector.anomalies if detector else []


def table(figures: Mapping[str, Any]) -> str:
    """Three tables: the whole, by kind of departure, by kind of clean week."""
    parts = list(figures)
    whole = ("precision", "recall", "median_delay_minutes", "false_alarms_per_service_week")
    lines = [
        markdown(("figure", *parts), [(name, *(figures[part][name] for part in parts)) for name in whole])
    ]
    head = ("departure", *(f"{part}: {name}" for part in parts for name in ("recall", "median delay, min")))
    kinds = sorted({kind for part in parts for kind in figures[part]["by_kind"]})
    lines.append(
        markdown(
            head,
            [
                (
                    kind,
                    *(
                        figures[part]["by_kind"].get(kind, {}).get(name)
                        for part in parts
                        for name in ("recall", "median_delay_minutes")
                    ),
                )
                for kind in kinds
            ],
        )
    )
    kinds = sorted({kind for part in parts for kind in figures[part]["clean"]})
    head = ("nothing wrong", *(f"{part}: false alarms per service-week" for part in parts))
    lines.append(
        markdown(head, [(kind, *(figures[part]["clean"].get(kind) for part in parts)) for kind in kinds])
    )
    return "\n\n".join(lines)


def _on_scale(signal: Signal, value: float) -> float:
    return scaled(signal, value)


def _meets(alarm: Anomaly, label: Mapping[str, Any]) -> bool:
    return bool(label["from_ms"] - _GRACE_MS <= alarm.told_ms <= label["to_ms"] + _GRACE_MS)


def _delay(label: Mapping[str, Any], told: Iterable[Anomaly]) -> float | None:
    """Minutes from the departure to the run of the timer that tells it; None when it was missed."""
    at = min((alarm.told_ms for alarm in told if _meets(alarm, label)), default=None)
    if at is None:
        return None
    run = math.ceil((at + MINUTE_MS + SETTLING_MS) / TICK_MS) * TICK_MS
    begun: int = label["from_ms"]
    return max(0.0, (run - begun) / MINUTE_MS)


def _found(delays: list[float | None]) -> dict[str, Any]:
    found = sorted(delay for delay in delays if delay is not None)
    return {
        "count": len(delays),
        "recall": len(found) / len(delays) if delays else None,
        "median_delay_minutes": median(found) if found else None,
        "p90_delay_minutes": found[int(0.9 * (len(found) - 1))] if found else None,
    }


def _per_week(alarms: list[float], weeks: list[float]) -> float | None:
    return sum(alarms) * SIGNALS_PER_SERVICE / sum(weeks) if sum(weeks) else None
