"""Is this signal as usual now? The detector's judgement (shared.domain.watch.detector) of its newest samples.

Pure. What cannot be judged is "not_enough_data", never "usual".
"""

from collections.abc import Iterable
from statistics import median
from typing import Literal, TypedDict

from shared.domain.watch.detector import SILENCE, Detector
from shared.domain.watch.seasons import MINUTE_MS, Baseline
from shared.domain.watch.sensitivity import Sensitivity
from shared.domain.watch.signals import Signal

State = Literal["usual", "anomalous", "not_enough_data"]
USUAL: State = "usual"
ANOMALOUS: State = "anomalous"
NOT_ENOUGH_DATA: State = "not_enough_data"

LOOK_BACK_MS = 4 * 60 * MINUTE_MS
"""What a judgement reads: enough for the slowest average to have forgotten what was before."""

STALE_MS = 15 * MINUTE_MS
"""Samples may come late; a signal whose newest is older than this cannot be judged."""

_LEAST_SAMPLES = 20
_SHOWN_SAMPLES = 5


class Judgement(TypedDict):
    """How a signal is, as of its newest sample. reason: a word on why it cannot be judged, else "".

    value, expected: over the last minutes, in the signal's unit; score: how many spreads lie between them.
    """

    state: State
    reason: str
    kind: str
    side: str
    since_ms: int | None
    at_ms: int | None
    value: float | None
    expected: float | None
    score: float | None


def judge(
    points: Iterable[tuple[int, float | None]],
    signal: Signal,
    baseline: Baseline | None,
    sensitivity: Sensitivity,
    now_ms: int,
) -> Judgement:
    """How the signal is now. points: its samples of the last LOOK_BACK_MS, a minute apart, in the signal's unit."""
    samples = sorted(point for point in points if point[0] <= now_ms)
    newest = max((at for at, value in samples if value is not None), default=None)
    if baseline is None:
        return _not_enough("no_baseline", newest)
    detector = Detector(signal, baseline, sensitivity)
    for at, value in samples:
        detector.see(at, value)
    for at in range(samples[-1][0] + MINUTE_MS if samples else now_ms, now_ms - MINUTE_MS, MINUTE_MS):
        detector.see(at, None)
    silent_ms = now_ms - (newest if newest is not None else now_ms - LOOK_BACK_MS)
    if detector.current is None or detector.current.kind != SILENCE:
        if sum(value is not None for _, value in samples) < _LEAST_SAMPLES:
            return _not_enough("few_samples", newest)
        if silent_ms > STALE_MS:
            return _not_enough("stale", newest)
    assert newest is not None
    value = median([value for _, value in samples if value is not None][-_SHOWN_SAMPLES:])
    expected, score = detector.compare(newest, value)
    found = detector.current
    return {
        "state": ANOMALOUS if found else USUAL,
        "reason": "",
        "kind": found.kind if found else "",
        "side": found.side if found else "",
        "since_ms": found.since_ms if found else None,
        "at_ms": newest,
        "value": _short(value),
        "expected": _short(expected),
        "score": _short(score),
    }


def _not_enough(reason: str, newest: int | None) -> Judgement:
    return {
        "state": NOT_ENOUGH_DATA,
        "reason": reason,
        "kind": "",
        "side": "",
        "since_ms": None,
        "at_ms": newest,
        "value": None,
        "expected": None,
        "score": None,
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}")
