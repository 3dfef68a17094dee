"""Dynatrace's ways to write a time: milliseconds, ISO 8601, or relative to now ("now-30m", "now-1d/d")."""

import re
from datetime import UTC, datetime, timedelta

from sandbox.vendors.clock import from_iso
from sandbox.vendors.dynatrace.answers import violated

_RELATIVE = re.compile(r"now(?:-(\d{1,6})([mhdwMy]))?(?:/([mhdwMy]))?")
_UNIT = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "M": timedelta(days=30),
    "y": timedelta(days=365),
}
_FLOOR = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


def moment(text: str, name: str, now_ms: int) -> int:
    """Milliseconds since 1970. name: of the parameter, for the refusal. Raises: Refusal."""
    if re.fullmatch(r"\d{1,15}", text):
        return int(text)
    if found := _RELATIVE.fullmatch(text):
        count, unit, aligned = found.groups()
        at_ms = now_ms - (int(count) * _UNIT[unit] // timedelta(milliseconds=1) if count else 0)
        return _aligned(at_ms, aligned) if aligned else at_ms
    try:
        return from_iso(text.replace("Z", "+00:00"))
    except ValueError:
        raise violated(name, "the timestamp's format is invalid") from None


def window(query: dict[str, str], now_ms: int, default_from: str) -> tuple[int, int]:
    """(from, to) of a request, in milliseconds. Raises: Refusal."""
    start = moment(query.get("from", default_from), "from", now_ms)
    end = moment(query.get("to", "now"), "to", now_ms)
    if start > end:
        raise violated("from", "the start of the timeframe must not be after its end")
    return start, end


def _aligned(at_ms: int, unit: str) -> int:
    if unit in _FLOOR:
        return at_ms - at_ms % _FLOOR[unit]
    day = datetime.fromtimestamp(at_ms / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "w":
        day -= timedelta(days=day.weekday())
    elif unit == "M":
        day = day.replace(day=1)
    else:
        day = day.replace(month=1, day=1)
    return round(day.timestamp() * 1000)
