"""Does this grow for good, and how fast? A trend that a daily rhythm, a step or a sawtooth does not feign.

Pure. A sawtooth (log rotation, garbage collection) is judged by its peaks; after a single fall (a clean-up, an
extension) only what came since counts; a daily rhythm is taken out; and a rise must be there in each quarter of what is
looked at, so that one step is none; and no shorter look back may deny it, so that growth may end.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from shared.domain.robust import Slope, deviation, theil_sen

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

_SLOT_MS = HOUR_MS // 2
_WINDOWS_MS = (8 * HOUR_MS, 36 * HOUR_MS, 5 * DAY_MS, 14 * DAY_MS)
_MOST_POINTS = 60
_LEAST_POINTS = 12
_RHYTHM_DAYS = 3
_UNKNOWN_RHYTHM_MS = 26 * HOUR_MS
_STEADY = 0.3
_STILL = 0.5
_OUTGROWN = 1.6
_PARTS = 4

type Series = Sequence[tuple[int, float]]


class Trend(NamedTuple):
    """slope: per ms. level: where the trend stands now, without its rhythm; peak: what the daily rhythm adds at most.

    spread: of the samples about the trend. span_ms: what it was seen over.
    """

    slope: Slope
    level: float
    peak: float
    spread: float
    span_ms: int


def since_last_fall(series: Series) -> tuple[Series, list[Series]]:
    """(what came since the last fall, all pieces between falls). A fall is a drop far beyond the usual changes."""
    if len(series) < 3:
        return series, [series]
    values = [value for _, value in series]
    steps = [after - before for before, after in pairwise(values)]
    least = max(6 * deviation(steps), 0.15 * (max(values) - min(values)))
    cuts = [index + 1 for index, step in enumerate(steps) if -step > least > 0]
    edges = [0, *cuts, len(series)]
    pieces = [series[begin:end] for begin, end in pairwise(edges)]
    return pieces[-1], pieces


def peaks(pieces: Sequence[Series]) -> Series:
    """The highest sample of each finished tooth."""
    return [max(piece, key=lambda sample: sample[1]) for piece in pieces[:-1] if len(piece) > 1]


def is_outgrown(pieces: Sequence[Series]) -> bool:
    """Whether what used to clear it does not any more: the tooth that grows now is far longer than those before."""
    teeth = [_lasts(piece) for piece in pieces[:-1] if len(piece) > 1]
    return bool(teeth) and _lasts(pieces[-1]) > _OUTGROWN * max(teeth[1:] or teeth)


def rising(series: Series, now_ms: int, told: bool = False) -> Trend | None:
    """The trend of the shortest look back that shows a steady rise and that no shorter one denies; None: there is none.

    told: it was believed before; then only the next shorter look back can deny it, so that a weekend does not.
    """
    rhythm = _rhythm(series, now_ms)
    known = bool(rhythm)
    calm = [(at, value - rhythm.get(at % DAY_MS // _SLOT_MS, 0.0)) for at, value in series]
    peak = max(rhythm.values(), default=0.0)
    shorter: list[Slope] = []
    for window_ms in _WINDOWS_MS:
        seen = [(at, value) for at, value in calm if at > now_ms - window_ms]
        if len(seen) < _LEAST_POINTS:
            continue
        span = seen[-1][0] - seen[0][0]
        if span < 0.6 * window_ms or (not known and span < _UNKNOWN_RHYTHM_MS):
            continue
        points = _thinned(seen)
        slope = theil_sen(points)
        if slope is None:
            continue
        goes_on = all(each.high >= _STILL * slope.value for each in (shorter[-1:] if told else shorter))
        if slope.low > 0 and goes_on and _is_steady(points, slope):
            level = median(value + slope.value * (now_ms - at) for at, value in points)
            rest = [value - level + slope.value * (now_ms - at) for at, value in points]
            return Trend(slope, level, peak, deviation(rest, 0.0), span)
        shorter.append(slope)
    return None


def _is_steady(points: Sequence[tuple[float, float]], slope: Slope) -> bool:
    """Whether it rises in each part of what is seen: a step does not."""
    size = len(points) / _PARTS
    parts = [points[round(part * size) : round((part + 1) * size)] for part in range(_PARTS)]
    middles = [(median(at for at, _ in part), median(value for _, value in part)) for part in parts]
    for (at, value), (later, higher) in pairwise(middles):
        if higher - value < _STEADY * slope.value * (later - at):
            return False
    return True


def _lasts(piece: Series) -> int:
    return piece[-1][0] - piece[0][0]


def _rhythm(series: Series, now_ms: int) -> dict[int, float]:
    """What each time of the day adds; empty where fewer than three days are there to tell."""
    if not series or series[-1][0] - series[0][0] < _RHYTHM_DAYS * DAY_MS:
        return {}
    slope = theil_sen(_thinned(series, DAY_MS // 8), every=float(DAY_MS))
    if slope is None:
        return {}
    of_slot: dict[int, list[float]] = defaultdict(list)
    for at, value in series:
        of_slot[at % DAY_MS // _SLOT_MS].append(value - slope.value * (at - now_ms))
    every = median(value for values in of_slot.values() for value in values)
    rhythm = {slot: median(values) - every for slot, values in of_slot.items() if len(values) > 1}
    noise = median(deviation(values) for values in of_slot.values())
    return rhythm if max(rhythm.values(), default=0.0) > noise else dict.fromkeys(rhythm, 0.0)


def _thinned(series: Series, every_ms: int = 0) -> list[tuple[float, float]]:
    """Medians of equal stretches: few enough to compare all pairs."""
    span = series[-1][0] - series[0][0]
    every = every_ms or max(1, span // _MOST_POINTS)
    buckets: dict[int, list[float]] = defaultdict(list)
    for at, value in series:
        buckets[at // every].append(value)
    return [((bucket + 0.5) * every, median(values)) for bucket, values in sorted(buckets.items())]
