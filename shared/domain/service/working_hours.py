"""Working hours: when an environment is wanted, in its people's own time zone.

{"time_zone": IANA name, "days": ["mon", ...], "start": "08:00", "end": "19:00", "holidays": ["2026-12-25", ...]}

A window belongs to the day on which it opens: with 22:00 to 06:00, Friday's ends on Saturday, and a holiday takes away
the window that opens on it. An end no later than the start is one of the next day, so equal times are a whole day.
Where clocks change, an hour that comes twice counts both times, and one that never comes makes no window shorter.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOOK_DAYS = 35
"""How far the next opening or the last closing is looked for: farther than any holidays."""

_DAY = timedelta(days=1)
_FAR = (LOOK_DAYS - 1) * _DAY


class Span(NamedTuple):
    """The stretch of time around a moment in which nothing opens or closes. UTC.

    since, until: None where LOOK_DAYS do not reach.
    """

    is_open: bool
    since: datetime | None
    until: datetime | None


def span(hours: Mapping[str, Any], at: datetime) -> Span:
    """Whether it is open at `at`, since when and until when."""
    last_close: datetime | None = None
    for opens, closes in _merged(_windows(hours, at)):
        if at < opens:
            return Span(False, last_close, opens)
        if at < closes:
            since = opens if opens > at - _FAR else None
            return Span(True, since, closes if closes < at + _FAR else None)
        last_close = closes
    return Span(False, last_close, None)


def _merged(windows: Iterator[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Windows that touch are one: whole days make a whole week."""
    current = next(windows, None)
    if current is None:
        return
    for opens, closes in windows:
        if opens <= current[1]:
            current = (current[0], max(current[1], closes))
        else:
            yield current
            current = (opens, closes)
    yield current


def _windows(hours: Mapping[str, Any], around: datetime) -> Iterator[tuple[datetime, datetime]]:
    zone = _zone(hours["time_zone"])
    start, end = (time.fromisoformat(hours[name]) for name in ("start", "end"))
    holidays = frozenset(hours.get("holidays") or ())
    today = around.astimezone(zone).date()
    for offset in range(-LOOK_DAYS, LOOK_DAYS + 1):
        day = today + offset * _DAY
        if DAYS[day.weekday()] in hours["days"] and day.isoformat() not in holidays:
            last = day if end > start else day + _DAY
            yield min(_instants(day, start, zone)), max(_instants(last, end, zone))


def _instants(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The two moments a wall clock's time can mean; the same one on all days but those of a clock change."""
    local = datetime.combine(day, at, tzinfo=zone)
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
