"""Times as events tell them, and what lies between two. Pure; response.py and the rules of DORA stand on this."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""Before and after all times."""


def at(told: object) -> datetime | None:
    """A time in ISO 8601; one without a zone is UTC. None where it cannot be read."""
    if not isinstance(told, str):
        return None
    try:
        read = datetime.fromisoformat(told)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def at_ms(told: object) -> datetime | None:
    """A time in milliseconds since 1970."""
    return EPOCH + timedelta(milliseconds=told) if type(told) is int else None


def earliest(times: Iterable[datetime | None]) -> datetime | None:
    """The first of those that are known."""
    return min((one for one in times if one is not None), default=None)


def seconds(since: datetime | None, until: datetime | None) -> float | None:
    """Between the two. None where one is not known, or where clocks disagree about which came first."""
    if since is None or until is None or until < since:
        return None
    return (until - since) / timedelta(seconds=1)
