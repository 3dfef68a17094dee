"""Robust statistics in plain Python: what a third of wild values does not move.

Median and MAD (median absolute deviation) stand in for mean and standard deviation, Theil and Sen's slope for the
fitted line. Pure. Values are floats without gaps; callers leave gaps out. What is made of them is said elsewhere:
shared.domain.diagnosis.baseline compares with before, shared.domain.watch.seasons with the same hours,
shared.domain.watch.trends foretells.
"""

from collections.abc import Sequence
from math import sqrt
from statistics import median
from typing import NamedTuple

SIGMA = 1.4826
"""A normal distribution's standard deviation is this many times its median absolute deviation."""

MOST_Z = 1000.0
LEAST_RELATIVE_SPREAD = 0.02
"""A series that hardly moves is not read as if it could not: its spread counts as this part of its median."""

_Z_90 = 1.645


class Slope(NamedTuple):
    """Change per unit of time; low and high bound it in nine of ten cases."""

    value: float
    low: float
    high: float


def mad(values: Sequence[float], around: float | None = None) -> float:
    """Median absolute deviation, from the median or another centre. Raises: StatisticsError for no values."""
    centre = median(values) if around is None else around
    return median([abs(value - centre) for value in values])


def deviation(values: Sequence[float], around: float | None = None) -> float:
    """The standard deviation that the median absolute deviation stands for; 0.0 for fewer than two values."""
    return SIGMA * mad(values, around) if len(values) > 1 else 0.0


def spread(middle: float, absolute: float, least: float = 0.0) -> float:
    """The width of the usual, of a median and a MAD: never 0, so that a flat line makes no infinite deviation."""
    return max(SIGMA * absolute, LEAST_RELATIVE_SPREAD * abs(middle), least, 1e-9)


def robust_z(value: float, middle: float, width: float) -> float:
    """How many widths from the median, within ±MOST_Z."""
    return max(-MOST_Z, min(MOST_Z, (value - middle) / width))


def theil_sen(points: Sequence[tuple[float, float]], every: float = 0.0) -> Slope | None:
    """The median of the slopes between all pairs of (time, value), with Sen's interval; None for too few pairs.

    every: compare only times that lie whole multiples of this apart, such as the same time of other days, so that a
    season is no trend (Hirsch, Slack and Smith 1982).
    """
    slopes: list[float] = []
    for index, (at, value) in enumerate(points):
        for later, other in points[index + 1 :]:
            apart = later - at
            if apart > 0 and (not every or _is_multiple(apart, every)):
                slopes.append((other - value) / apart)
    if len(slopes) < 10:
        return None
    slopes.sort()
    reach = _Z_90 * sqrt(_kendall_variance(len(points), len(slopes)))
    low, high = (len(slopes) - reach) / 2, (len(slopes) + reach) / 2
    last = len(slopes) - 1
    return Slope(median(slopes), slopes[max(0, int(low))], slopes[min(last, round(high))])


def _kendall_variance(points: int, pairs: int) -> float:
    """Of Kendall's S over all pairs, in proportion where only some of them count."""
    every_pair = points * (points - 1) / 2
    return points * (points - 1) * (2 * points + 5) / 18 * (pairs / every_pair)


def _is_multiple(apart: float, every: float) -> bool:
    return abs(apart / every - round(apart / every)) < 1e-6 and apart >= every / 2
