"""A series before a problem and since: what was usual, how far from it now, since when, and where it is going.

Built on shared.domain.robust: up to half of the points may be nonsense without moving what is said here. Pure Python:
a series here has a few hundred points.
"""

import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import TypedDict

from shared.domain.robust import mad, robust_z, spread, theil_sen

type Point = tuple[int, float | None]
"""(milliseconds since 1970, value or None for a gap)."""
type Sample = tuple[int, float]

DEVIATES = 3.5
"""A robust z from which a point is out of the usual (Iglewicz and Hoaglin)."""
SUSTAINED = 3
"""So many points out of the usual are no chance."""
ONSET_SLACK_MS = 15 * 60 * 1000
"""A deviation that ended this long before the problem is another story."""
_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000
_TREND_POINTS, _LEAST_TREND_POINTS = 60, 8
_RESTART, _STEPS = 0.4, 6
"""A fall from one point to the next is a restart by this part of the range, and so many times the usual step."""


class Comparison(TypedDict):
    """baseline_*: before the problem; during_*: since it began. None where there are no samples.

    robust_z: (during_median - baseline_median) / spread, capped at ±MOST_Z. onset_ms: when it left the usual, None
    when it did not. trend_per_hour: Theil-Sen slope before and during, between restarts, in the metric's unit.
    """

    baseline_median: float | None
    baseline_mad: float | None
    baseline_samples: int
    during_median: float | None
    samples: int
    robust_z: float | None
    onset_ms: int | None
    trend_per_hour: float | None


def compare(
    points: Sequence[Point], start_ms: int, least_spread: float = 0.0, earlier: Sequence[Point] = ()
) -> Comparison:
    """The points since start_ms against those before it and `earlier` ones (the same hours yesterday).

    A point that begins before start_ms and ends after it counts as during. least_spread: differences below it
    mean nothing, in the metric's own unit.
    """
    ordered = samples(points)
    first = _first_during(ordered, start_ms)
    during = [value for _, value in ordered[first:]]
    usual = [*_minutes(ordered[:first]), *_minutes(samples(earlier))]
    middle = statistics.median(usual) if usual else None
    deviation = mad(usual) if usual else None
    now = statistics.median(during) if during else None
    z = onset = None
    if middle is not None and deviation is not None:
        width = spread(middle, deviation, least_spread)
        z = robust_z(now, middle, width) if now is not None else None
        onset = onset_ms(ordered, start_ms, middle, width)
    return Comparison(
        baseline_median=middle,
        baseline_mad=deviation,
        baseline_samples=len(usual),
        during_median=now,
        samples=len(during),
        robust_z=z,
        onset_ms=onset,
        trend_per_hour=trend_per_hour(ordered),
    )


def samples(points: Sequence[Point]) -> list[Sample]:
    """The points that have a value, by time."""
    return sorted((at, value) for at, value in points if value is not None)


def before(points: Sequence[Point], start_ms: int, least_spread: float = 0.0) -> list[float]:
    """What was usual before a problem: a value a minute, of the points that ended before it began to show.

    start_ms: when it was told; where the series left the usual earlier, that counts.
    """
    ordered = samples(points)
    usual = _minutes(ordered[: _first_during(ordered, start_ms)])
    if not usual:
        return []
    middle = statistics.median(usual)
    onset = onset_ms(ordered, start_ms, middle, spread(middle, mad(usual), least_spread))
    until_ms = start_ms if onset is None else min(onset, start_ms)
    return _minutes(ordered[: _first_during(ordered, until_ms)])


def onset_ms(ordered: Sequence[Sample], start_ms: int, median: float, width: float) -> int | None:
    """When the deviation that goes with the problem began: the first point of the run that reaches it.

    A run is SUSTAINED points (fewer at the very end of the series) out of the usual on the same side, with gaps of
    one usual point at most; it must last to ONSET_SLACK_MS before the problem or longer.
    """
    signs = [_sign(robust_z(value, median, width)) for _, value in ordered]
    begin = 0
    while begin < len(signs):
        if signs[begin] == 0:
            begin += 1
            continue
        end = _run_end(signs, begin)
        lasting = signs[begin:end].count(signs[begin]) >= SUSTAINED
        beginning = end == len(signs) and ordered[begin][0] >= start_ms - _MINUTE_MS
        if (lasting or beginning) and ordered[end - 1][0] >= start_ms - ONSET_SLACK_MS:
            return ordered[begin][0]
        begin = end
    return None


def trend_per_hour(ordered: Sequence[Sample]) -> float | None:
    """The Theil-Sen slope of the longest stretch without a restart; None where it is too short."""
    stretch = max(_stretches(_thinned(ordered)), key=len, default=[])
    if len(stretch) < _LEAST_TREND_POINTS:
        return None
    slope = theil_sen(stretch)
    return slope.value * _HOUR_MS if slope else None


def _minutes(ordered: Sequence[Sample]) -> list[float]:
    """One value a minute, so that a stretch that is sampled more finely weighs no more than its time."""
    by_minute: dict[int, list[float]] = {}
    for at, value in ordered:
        by_minute.setdefault(at // _MINUTE_MS, []).append(value)
    return [statistics.median(values) for values in by_minute.values()]


def _first_during(ordered: Sequence[Sample], start_ms: int) -> int:
    """The index of the first sample whose slot ends after this moment."""
    return next((index for index, ends_ms in enumerate(_ends(ordered)) if ends_ms > start_ms), len(ordered))


def _ends(ordered: Sequence[Sample]) -> list[int]:
    """When each point's slot ends: where the next one begins, a minute at most after its own beginning."""
    ends = [min(at + _MINUTE_MS, after) for (at, _), (after, _) in pairwise(ordered)]
    return [*ends, ordered[-1][0] + _MINUTE_MS] if ordered else []


def _sign(z: float) -> int:
    return 0 if abs(z) < DEVIATES else 1 if z > 0 else -1


def _run_end(signs: Sequence[int], begin: int) -> int:
    """The index after the last point of the run that begins there."""
    end = begin + 1
    while end < len(signs):
        if signs[end] == signs[begin]:
            end += 1
        elif end + 1 < len(signs) and signs[end] == 0 and signs[end + 1] == signs[begin]:
            end += 2
        else:
            break
    return end


def _thinned(ordered: Sequence[Sample]) -> list[Sample]:
    """At most _TREND_POINTS samples: medians of neighbours, since slopes are of each with each."""
    size = -(-len(ordered) // _TREND_POINTS)
    if size <= 1:
        return list(ordered)
    groups = [ordered[index : index + size] for index in range(0, len(ordered), size)]
    return [(group[0][0], statistics.median(value for _, value in group)) for group in groups]


def _stretches(ordered: Sequence[Sample]) -> list[list[Sample]]:
    """The series, cut at restarts."""
    if not ordered:
        return []
    values = [value for _, value in ordered]
    steps = [abs(after - before) for before, after in pairwise(values)]
    least = max(_RESTART * (max(values) - min(values)), _STEPS * statistics.median(steps or [0.0]))
    stretches = [[ordered[0]]]
    for (_, before), sample in pairwise(ordered):
        if before - sample[1] >= least > 0:
            stretches.append([])
        stretches[-1].append(sample)
    return stretches
