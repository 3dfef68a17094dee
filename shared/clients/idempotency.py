"""Doing a thing once, although vendors fail: retries of seconds, and looking before and after a write.

The clients of this folder use it. Clients retry for seconds; orchestrators retry for minutes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal
from urllib.parse import quote

from shared.errors import OutcomeUnknown, VendorRefused, VendorUnavailable

Result = Literal["created", "adopted"]
"""created: by this call. adopted: it was there when we looked, be it from an earlier try of our own."""

ATTEMPTS = 4
RETRY_FOR_S = 15.0
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 3.0
"""A vendor that asks for more than this is left to the orchestrator, which holds no worker while it waits."""


def marker(key: str) -> str:
    """What a note or comment of ours ends with, so that it can be found: `[valueflow:<key>]`."""
    return f"[valueflow:{quote(key, safe='/:.@+-_')}]"


def transient(error: Exception) -> bool | float:
    """Whether to try again, or the seconds after which the vendor wants it."""
    if not isinstance(error, VendorUnavailable):
        return False
    if error.retry_after_s is None:
        return True
    return error.retry_after_s if error.retry_after_s <= LONGEST_WAIT_S else False


def certainly_not_done(error: Exception) -> bool | float:
    """`transient`, for a write that cannot be looked up: an unknown outcome is not tried again."""
    return transient(error) if not isinstance(error, OutcomeUnknown) else False


async def retrying[T](
    work: Callable[[], Awaitable[T]], on: Callable[[Exception], bool | float] = transient
) -> T:
    """Do `work`, a read or a write that may be done twice, a few times within seconds.

    Raises: the last error. A block rather than a decorator, so that stamina logs no argument.
    """
    import stamina

    async for attempt in stamina.retry_context(
        on=on,
        attempts=ATTEMPTS,
        timeout=RETRY_FOR_S,
        wait_initial=FIRST_WAIT_S,
        wait_max=LONGEST_WAIT_S,
        wait_jitter=FIRST_WAIT_S,
    ):
        with attempt:
            return await work()
    raise AssertionError("a retry either returns or raises")


async def find_or_create[T](
    look: Callable[[], Awaitable[T | None]], write: Callable[[], Awaitable[T]]
) -> tuple[T, Result]:
    """What `look` finds, else what `write` makes; look and write are retried together, never write alone.

    After a write without an answer, or one refused (because it exists already?), it looks once more before
    it believes the error. A write that timed out may still be at work at the vendor: unless that look finds
    it, the error goes to the caller, with the seconds to let pass before the next look.

    Raises: VendorUnavailable, OutcomeUnknown, VendorRefused.
    """

    async def once() -> tuple[T, Result]:
        if (found := await look()) is not None:
            return found, "adopted"
        try:
            return await write(), "created"
        except (OutcomeUnknown, VendorRefused) as error:
            if (found := await _look_after(error, look)) is not None:
                return found, "adopted"
            raise

    return await retrying(once)


async def _look_after[T](error: Exception, look: Callable[[], Awaitable[T | None]]) -> T | None:
    """The look after a failed write; when it fails too, the write's own error says more."""
    try:
        return await look()
    except VendorUnavailable:
        raise error from None
