"""Saturation before it happens: when does a disk, a memory or a quota reach its limit, when does a certificate end?

Pure. A forecast is told ("expected") when the limit is likely reached within the tier's days and the rise is real
(shared.domain.watch.trends). Once told it holds until it is clearly over: no data resolves nothing.
"""

from collections.abc import Iterable
from statistics import median
from typing import Literal, TypedDict

from shared.domain.robust import deviation, theil_sen
from shared.domain.watch import trends
from shared.domain.watch.sensitivity import Sensitivity
from shared.domain.watch.trends import DAY_MS, HOUR_MS, Series

State = Literal["expected", "saturated", "steady", "not_enough_data"]
EXPECTED: State = "expected"
SATURATED: State = "saturated"
STEADY: State = "steady"
NOT_ENOUGH_DATA: State = "not_enough_data"
TOLD = (EXPECTED, SATURATED)

LOOK_BACK_MS = 14 * DAY_MS
RESOLUTION = "30m"

_STALE_MS = 3 * HOUR_MS
_LEAST_SAMPLES = 16
_SAWTOOTH_FALLS = 3
_LATE = 3.0
_HOLDS = 1.5
_NINE_IN_TEN = 1.645


class Forecast(TypedDict):
    """value: how full it is now, limit: when it is full, in the same unit; per_day: how much is added a day.

    at_ms: when the limit is likely reached; early_ms, late_ms: the bounds of nine cases in ten, late_ms None when it
    may never be. reason: a word on why nothing is expected: "rising" later than matters, "flat", "sawtooth", "freed",
    or why nothing can be said: "few_samples", "stale".
    """

    state: State
    reason: str
    value: float | None
    limit: float
    per_day: float | None
    at_ms: int | None
    early_ms: int | None
    late_ms: int | None


def saturation(
    points: Iterable[tuple[int, float | None]],
    limit: float,
    sensitivity: Sensitivity,
    now_ms: int,
    told: bool = False,
) -> Forecast:
    """When `points` reach `limit`. points: of the last LOOK_BACK_MS. told: whether it was expected before."""
    series: Series = sorted(
        (at, value) for at, value in points if value is not None and now_ms - LOOK_BACK_MS <= at <= now_ms
    )
    if len(series) < _LEAST_SAMPLES:
        return _nothing(NOT_ENOUGH_DATA, "few_samples", limit, None)
    if now_ms - series[-1][0] > _STALE_MS:
        return _nothing(NOT_ENOUGH_DATA, "stale", limit, None)
    value = median(value for _, value in series[-3:])
    if value >= limit:
        return {**_nothing(SATURATED, "", limit, value), "at_ms": now_ms}
    last, pieces = trends.since_last_fall(series)
    falls = len(pieces) - 1
    if falls >= _SAWTOOTH_FALLS and not trends.is_outgrown(pieces):
        trend = _of_teeth(pieces, now_ms)
        quiet = "sawtooth"
    else:
        trend = trends.rising(last, now_ms, told)
        quiet = "freed" if falls and now_ms - last[0][0] < DAY_MS else "flat"
    if trend is None:
        return _nothing(STEADY, quiet, limit, value)
    return _told(trend, value, limit, sensitivity.forecast_days * DAY_MS, now_ms, told)


def expiry(expires_at_ms: int, sensitivity: Sensitivity, now_ms: int) -> Forecast:
    """When a certificate ends: value and limit are the days that are left and the days at which it is told."""
    left = (expires_at_ms - now_ms) / DAY_MS
    state = SATURATED if left <= 0 else EXPECTED if left <= sensitivity.certificate_days else STEADY
    return {
        "state": state,
        "reason": "" if state in TOLD else "rising",
        "value": round(left, 2),
        "limit": 0.0,
        "per_day": -1.0,
        "at_ms": expires_at_ms,
        "early_ms": expires_at_ms,
        "late_ms": expires_at_ms,
    }


def expiry_of_days_left(
    points: Iterable[tuple[int, float | None]], sensitivity: Sensitivity, now_ms: int
) -> Forecast:
    """The same, from a metric that counts the days it has left."""
    newest = max(((at, value) for at, value in points if value is not None), default=None)
    if newest is None:
        return _nothing(NOT_ENOUGH_DATA, "few_samples", 0.0, None)
    at, days = newest
    return expiry(at + round(days * DAY_MS), sensitivity, now_ms)


def _of_teeth(pieces: list[Series], now_ms: int) -> trends.Trend | None:
    """Of a sawtooth only the peaks tell: they must rise themselves."""
    tops = trends.peaks(pieces)
    slope = theil_sen([(float(at), value) for at, value in tops]) if tops else None
    if slope is None or slope.low <= 0:
        return None
    half = len(tops) // 2
    first, second = (median(value for _, value in part) for part in (tops[:half], tops[-half:]))
    if second <= first:
        return None
    level = median(value + slope.value * (now_ms - at) for at, value in tops)
    rest = [value - level + slope.value * (now_ms - at) for at, value in tops]
    return trends.Trend(slope, level, 0.0, deviation(rest, 0.0), tops[-1][0] - tops[0][0])


def _told(
    trend: trends.Trend, value: float, limit: float, within_ms: float, now_ms: int, told: bool
) -> Forecast:
    slope, room = trend.slope, limit - trend.level - trend.peak
    to_limit = max(0.0, room) / slope.value
    spread = _NINE_IN_TEN * trend.spread
    early = max(0.0, room - spread) / slope.high
    late = (max(0.0, room) + spread) / slope.low
    likely = to_limit <= within_ms and late <= _LATE * within_ms
    holds = told and to_limit <= _HOLDS * within_ms
    return {
        "state": EXPECTED if likely or holds else STEADY,
        "reason": "" if likely or holds else "rising",
        "value": _short(value),
        "limit": limit,
        "per_day": _short(slope.value * DAY_MS),
        "at_ms": now_ms + round(to_limit),
        "early_ms": now_ms + round(early),
        "late_ms": now_ms + round(late),
    }


def _nothing(state: State, reason: str, limit: float, value: float | None) -> Forecast:
    return {
        "state": state,
        "reason": reason,
        "value": None if value is None else _short(value),
        "limit": limit,
        "per_day": None,
        "at_ms": None,
        "early_ms": None,
        "late_ms": None,
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}")
