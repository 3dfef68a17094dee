"""NCRONTAB schedules and TimeSpan intervals, as the timer trigger reads them.

Six fields {second} {minute} {hour} {day} {month} {day-of-week}, or five without seconds. Day and day-of-week
must both fit. Times are UTC.
https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.host.timespan import is_timespan, parse_timespan

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("second", 0, 59, {}),
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day-of-week", 0, 6, _DAYS),
)
_HORIZON = timedelta(days=366 * 9)  # the rarest date, 29 February on a weekday, can be that far


@dataclass(frozen=True)
class Interval:
    """Runs every so often, counted from the last run."""

    period: timedelta

    def next(self, after: datetime) -> datetime:
        """The first run after this moment."""
        return after + self.period


@dataclass(frozen=True)
class Cron:
    """Runs when every field fits."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def next(self, after: datetime) -> datetime:
        """The first run after this moment.

        Raises: ValueError when no date ever fits (30 February).
        """
        moment = after.replace(microsecond=0) + timedelta(seconds=1)
        while moment < after + _HORIZON:
            if moment.month not in self.months:
                moment = (_midnight(moment).replace(day=1) + timedelta(days=32)).replace(day=1)
            elif moment.day not in self.days or (moment.weekday() + 1) % 7 not in self.weekdays:
                moment = _midnight(moment) + timedelta(days=1)
            elif moment.hour not in self.hours:
                moment = moment.replace(minute=0, second=0) + timedelta(hours=1)
            elif moment.minute not in self.minutes:
                moment = moment.replace(second=0) + timedelta(minutes=1)
            elif moment.second not in self.seconds:
                moment += timedelta(seconds=1)
            else:
                return moment
        raise ValueError("the schedule never fires")


Schedule = Interval | Cron


def parse_schedule(text: str) -> Schedule:
    """Raises: ValueError that names the wrong field."""
    if is_timespan(text):
        period = parse_timespan(text)
        if period <= timedelta(0):
            raise ValueError(f"{text!r}: an interval must be longer than zero")
        return Interval(period)
    fields = text.split()
    if len(fields) == 5:
        fields.insert(0, "0")
    if len(fields) != 6:
        raise ValueError(f"{text!r} needs six fields (or five without seconds), or a time span")
    parsed = [_field(value, *field) for value, field in zip(fields, _FIELDS, strict=True)]
    return Cron(*parsed)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0)


def _field(text: str, label: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    values: set[int] = set()
    try:
        for part in text.split(","):
            values |= _part(part, low, high, names)
    except ValueError:
        raise ValueError(f"{text!r} is not a {label} ({low} to {high})") from None
    return frozenset(values)


def _part(text: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    span, slash, step_text = text.partition("/")
    step = int(step_text) if slash else 1
    if span == "*":
        first, last = low, high
    elif "-" in span:
        start, _, end = span.partition("-")
        first, last = _number(start, names), _number(end, names)
    else:
        first = _number(span, names)
        last = high if slash else first
    if not (low <= first <= high and low <= last <= high and step > 0):
        raise ValueError
    if first <= last:
        return set(range(first, last + 1, step))
    return {low + (value - low) % (high - low + 1) for value in range(first, last + high - low + 2, step)}


def _number(text: str, names: dict[str, int]) -> int:
    return names[text.lower()[:3]] if text.lower()[:3] in names else int(text)
