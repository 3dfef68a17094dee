"""Looking until something has come about: no test sleeps for luck."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx

PATIENCE_S = 90.0
_LOOK_EVERY_S = 0.05


async def until[T](
    what: str,
    look: Callable[[], Awaitable[T]],
    good: Callable[[T], object],
    within_s: float = PATIENCE_S,
) -> T:
    """Look until it is good; a worker that is away is looked for again."""
    end = time.monotonic() + within_s
    last: object = "no answer"
    while time.monotonic() < end:
        try:
            found = await look()
        except httpx.HTTPError as error:
            last = type(error).__name__
        else:
            if good(found):
                return found
            last = found
        await asyncio.sleep(_LOOK_EVERY_S)
    raise AssertionError(f"not within {within_s:g} s: {what}; last seen: {str(last)[:1500]}")
