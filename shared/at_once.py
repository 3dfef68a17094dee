"""Many calls, a few of them at once: what would be slow one by one and too much together."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

AT_ONCE = 16


async def for_each[T, R](
    call: Callable[[T], Awaitable[R]], items: Iterable[T], at_once: int = AT_ONCE
) -> list[R]:
    """`call` for each item, in their order. All have ended when the first error, in that order, is raised."""
    places = asyncio.Semaphore(at_once)

    async def one(item: T) -> R:
        async with places:
            return await call(item)

    results = await asyncio.gather(*map(one, items), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results  # type: ignore[return-value]
