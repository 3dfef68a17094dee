"""Looking until something has come about: no scenario, no test and no measurement sleeps for luck."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx

PATIENCE_S = 120.0
_SHOWN = 600
"""Characters of what was seen last."""


class Overdue(Exception):
    """Something did not come about in time; the message says what was expected and what there is."""


async def until[T](
    what: str,
    look: Callable[[], Awaitable[T]],
    good: Callable[[T], object],
    within_s: float = PATIENCE_S,
    every_s: float = 0.1,
) -> T:
    """Look until it is good. A system that does not answer is looked at again. Raises: Overdue."""
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
        await asyncio.sleep(every_s)
    raise Overdue(f"expected within {within_s:g} s: {what}; observed: {str(last)[:_SHOWN]}")
