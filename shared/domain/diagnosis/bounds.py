"""Within which bounds an indicator is as it was before an incident.

Pure. The bounds come from the baseline (median and MAD of shared.domain.diagnosis.baseline); what the registry calls
healthy caps them, and stands in where the baseline is too thin. Only the side that hurts is bounded.
"""

from collections.abc import Sequence
from statistics import median
from typing import Literal, NamedTuple

from shared.domain.diagnosis import baseline
from shared.domain.diagnosis.baseline import DEVIATES, Point
from shared.domain.robust import mad, spread

type Side = Literal["up", "down"]

LEAST_BASELINE = 15
"""Minutes with a sample; with fewer nobody knows what was usual."""
_RELATIVE: dict[Side, float] = {"up": 0.25, "down": 0.5}
"""A difference below this part of the median is no harm: a warm-up is slower, an evening has fewer requests."""


class Bounds(NamedTuple):
    """In the indicator's unit, None where a side is open. usual: the baseline's median, None without a baseline."""

    low: float | None
    high: float | None
    usual: float | None

    def hold(self, value: float) -> bool:
        """Whether the value lies within."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def bounds(
    before: Sequence[Point], start_ms: int, side: Side, least: float, cap: float | None = None
) -> Bounds | None:
    """The bounds of a problem that began at start_ms; None where nothing says what is healthy.

    before: the hours before the problem and its first minutes. side: which departures hurt. least: differences below
    it mean nothing. cap: the highest healthy value, whatever was usual.
    """
    usual = baseline.before(before, start_ms, least)
    if len(usual) < LEAST_BASELINE:
        return None if cap is None else Bounds(None, cap, None)
    middle = median(usual)
    width = max(DEVIATES * spread(middle, mad(usual)), least, _RELATIVE[side] * abs(middle))
    if side == "down":
        return Bounds(middle - width, cap, middle)
    return Bounds(None, middle + width if cap is None else min(cap, middle + width), middle)
