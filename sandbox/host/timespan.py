"""The TimeSpan strings of host.json and of timer schedules: [d.]hh:mm:ss[.fraction]."""

import re
from datetime import timedelta

_TIMESPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?")


def parse_timespan(text: str) -> timedelta:
    """Raises: ValueError when text is no TimeSpan."""
    match = _TIMESPAN.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a time span such as 00:05:00")
    days, hours, minutes, seconds, fraction = match.groups(default="0")
    if int(hours) > 23 or int(minutes) > 59 or int(seconds) > 59:
        raise ValueError(f"{text!r} is not a time span: hours go to 23, minutes and seconds to 59")
    return timedelta(
        days=int(days), hours=int(hours), minutes=int(minutes), seconds=float(f"{seconds}.{fraction}")
    )


def is_timespan(text: str) -> bool:
    """Whether text reads as a TimeSpan rather than as NCRONTAB."""
    return _TIMESPAN.fullmatch(text.strip()) is not None
