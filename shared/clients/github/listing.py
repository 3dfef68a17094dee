"""What GitHub lists newest first, read as far back as a mark."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from shared.clients.github.connection import Listed

type Shown = dict[str, Any]
"""A thing as GitHub shows it."""


class Read[T](NamedTuple):
    """found: oldest first. upto: how far was read, None where nothing newer is left.

    is_whole: False where more was listed than one look reads: the oldest may be missing.
    """

    found: Sequence[T]
    upto: datetime | None
    is_whole: bool


async def read_until(
    pages: AsyncIterator[Listed], most_pages: int, is_over: Callable[[Shown], bool]
) -> tuple[Listed, bool]:
    """What is listed before the first of which it is over; whether that one, or the list's end, was reached."""
    found: Listed = []
    count = 0
    async for page in pages:
        count += 1
        for one in page:
            if is_over(one):
                return found, True
            found.append(one)
    return found, count < most_pages


def first_changed(listed: Sequence[Shown], since: datetime, most: int) -> tuple[Listed, datetime | None]:
    """Those that changed since then, the first to change first, `most` of them; up to when, where more are left.

    listed: newest first.
    """
    changed = [one for one in reversed(listed) if not is_before(one, "updated_at", since)]
    changed.sort(key=lambda one: moment(one, "updated_at") or since)
    upto = moment(changed[most - 1], "updated_at") if len(changed) > most else None
    return changed[:most], upto


def is_before(one: Mapping[str, Any], name: str, then: datetime) -> bool:
    """Whether this time of it is known, and before then."""
    at = moment(one, name)
    return at is not None and at < then


def moment(one: Mapping[str, Any], name: str) -> datetime | None:
    """A time with its zone; None for what is none."""
    try:
        at = datetime.fromisoformat(one[name])
    except (LookupError, TypeError, ValueError):
        return None
    return at if at.tzinfo else None


def number(one: Mapping[str, Any], name: str = "id") -> int:
    """A whole number; 0 for what is none."""
    value = one.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
