"""Did it work? Judged by evidence: the problem is closed, and every indicator is back and has stayed back for a while.

Pure. Each indicator is held against the bounds of its own baseline (shared.domain.diagnosis.bounds) over a
stabilisation window that begins after the action's end. No data is never a pass: not a gap, not what came late, not a
window that is too young.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import ceil
from typing import Literal, NamedTuple, TypedDict

from shared.domain.diagnosis.baseline import Point
from shared.domain.diagnosis.bounds import Bounds, Side, bounds

Verdict = Literal["recovered", "not_yet"]
RECOVERED: Verdict = "recovered"

STATE_UNKNOWN, STILL_OPEN = "state_unknown", "still_open"
OUT_OF_BOUNDS, FEW_SAMPLES, LATE, TOO_SOON, NOT_JUDGED = (
    "out_of_bounds",
    "few_samples",
    "late",
    "too_soon",
    "not_judged",
)
_WORST = (OUT_OF_BOUNDS, FEW_SAMPLES, LATE, TOO_SOON, NOT_JUDGED, "")

_LEAST_SHARE = 0.5
"""Of the samples that are usual in a window, so many must be there: fewer are a gap."""
_LATE_SHARE, _LATE_SLOTS = 1 / 3, 2
"""The newest sample may be older than the window's end by this part of it, or by so many slots."""


class Indicator(NamedTuple):
    """What is measured, in one unit. name: of shared.domain.watch.signals; entity_type: of what it is measured on.

    side, least, cap: as shared.domain.diagnosis.bounds reads them. required: without it there is no recovery; others
    count where they can be judged. slot_ms: from one sample to the next. before: the hours before the problem and its
    first minutes; after: since the action, or as far back as the window reaches.
    """

    name: str
    entity_type: str
    unit: str
    side: Side
    least: float
    cap: float | None
    required: bool
    slot_ms: int
    before: Sequence[Point]
    after: Sequence[Point]


class Judged(TypedDict):
    """One indicator in the window. reason: "" when it is back, else the key of a sentence in shared.texts
    ("proof.<reason>"). low, high, baseline: in its unit, None where there is none. needed: samples."""

    indicator: str
    entity_type: str
    unit: str
    required: bool
    samples: int
    within: int
    needed: int
    low: float | None
    high: float | None
    baseline: float | None
    reason: str


class Recovery(TypedDict):
    """reason: "" when recovered, else the key of a sentence in shared.texts ("proof.<reason>").

    samples, within_bounds, min_samples: of the worst indicator, the one that says why not.
    """

    verdict: Verdict
    problem_closed: bool
    samples: int
    within_bounds: int
    min_samples: int
    reason: str
    window_s: int
    indicators: list[Judged]


class Window(NamedTuple):
    """When is looked at. since_ms: the action's end. length_ms: of the stabilisation window, which ends now."""

    since_ms: int
    now_ms: int
    length_ms: int
    min_samples: int


def judge(
    problem_closed: bool | None, indicators: Sequence[Indicator], start_ms: int, window: Window
) -> Recovery:
    """Judge recovery. problem_closed: None when Dynatrace could not say. start_ms: when the problem began."""
    judged = [judge_indicator(one, start_ms, window) for one in indicators]
    counted = [one for one in judged if one["required"] or one["reason"] != NOT_JUDGED]
    worst = min(counted, key=lambda one: (_WORST.index(one["reason"]), one["samples"]), default=None)
    reason = _state(problem_closed) or (worst["reason"] if worst else NOT_JUDGED)
    return Recovery(
        verdict="not_yet" if reason else RECOVERED,
        problem_closed=bool(problem_closed),
        samples=worst["samples"] if worst else 0,
        within_bounds=worst["within"] if worst else 0,
        min_samples=worst["needed"] if worst else window.min_samples,
        reason=reason,
        window_s=round(window.length_ms / 1000),
        indicators=judged,
    )


def judge_indicator(one: Indicator, start_ms: int, window: Window) -> Judged:
    """Whether this indicator has been within its bounds for the whole window."""
    found = bounds(one.before, start_ms, one.side, one.least, one.cap)
    length_ms = max(window.length_ms, (window.min_samples + 1) * one.slot_ms)
    usual = _usual_share(one.before) * (length_ms // one.slot_ms)
    needed = max(window.min_samples, ceil(_LEAST_SHARE * usual))
    slots = _slots(one, max(window.since_ms, window.now_ms - length_ms), window.now_ms)
    within = [at for at, values in slots.items() if found and all(map(found.hold, values))]
    late_ms = max(_LATE_SHARE * length_ms, _LATE_SLOTS * one.slot_ms)
    if found is None or (not one.required and usual < window.min_samples):
        reason = NOT_JUDGED
    elif len(within) < len(slots):
        reason = OUT_OF_BOUNDS
    elif window.now_ms - length_ms < window.since_ms:
        reason = TOO_SOON
    elif len(slots) < needed:
        reason = FEW_SAMPLES
    elif max(slots) + one.slot_ms < window.now_ms - late_ms:
        reason = LATE
    else:
        reason = ""
    return _judged(one, found, len(slots), len(within), needed, reason)


def slot_ms(points: Sequence[Point], otherwise_ms: int) -> int:
    """How far apart the points are; otherwise_ms where there are too few to say."""
    times = sorted({at for at, _ in points})
    return min((after - at for at, after in pairwise(times)), default=otherwise_ms)


def _state(problem_closed: bool | None) -> str:
    if problem_closed is None:
        return STATE_UNKNOWN
    return "" if problem_closed else STILL_OPEN


def _usual_share(before: Sequence[Point]) -> float:
    """How many of the slots used to have a sample; all, where there is no past."""
    return sum(value is not None for _, value in before) / len(before) if before else 1.0


def _slots(one: Indicator, from_ms: int, to_ms: int) -> Mapping[int, list[float]]:
    """The values by slot, of the slots that lie wholly in between."""
    found: dict[int, list[float]] = {}
    for at, value in one.after:
        if value is not None and from_ms <= at and at + one.slot_ms <= to_ms:
            found.setdefault(at - at % one.slot_ms, []).append(value)
    return found


def _judged(
    one: Indicator, found: Bounds | None, samples: int, within: int, needed: int, reason: str
) -> Judged:
    return Judged(
        indicator=one.name,
        entity_type=one.entity_type,
        unit=one.unit,
        required=one.required,
        samples=samples,
        within=within,
        needed=needed,
        low=_short(found.low) if found else None,
        high=_short(found.high) if found else None,
        baseline=_short(found.usual) if found else None,
        reason=reason,
    )


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
