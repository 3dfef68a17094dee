"""Load of a few connections that never pause, on ours and on the bare app in turns, and what such rounds come to."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from aiohttp import ClientResponse, ClientSession, TCPConnector

type Ask = Callable[[ClientSession], AbstractAsyncContextManager[ClientResponse]]
type Took = list[float]
"""Seconds each request took."""
type Rounds = list[tuple[Took, Took]]
"""Ours and the bare app's."""


async def load(
    ask: Ask, *, headers: Mapping[str, str], connections: int, seconds: float, status: int
) -> Took:
    """As many requests as go through in `seconds`. Raises: RuntimeError when one is answered otherwise."""
    took: Took = []
    end = time.perf_counter() + seconds
    connector = TCPConnector(limit=connections)
    async with ClientSession(connector=connector, headers=headers) as session:

        async def one_connection() -> None:
            while time.perf_counter() < end:
                began = time.perf_counter()
                async with ask(session) as response:
                    if response.status != status:
                        raise RuntimeError(f"refused with {response.status}")
                    await response.read()
                took.append(time.perf_counter() - began)

        await asyncio.gather(*(one_connection() for _ in range(connections)))
    return took


async def in_turns(
    ours: Callable[[], Awaitable[Took]], bare: Callable[[], Awaitable[Took]], rounds: int
) -> Rounds:
    return [(await ours(), await bare()) for _ in range(rounds)]


def ratio(rounds: Rounds) -> float:
    """How many of ours for one of the bare app's, in the median round."""
    return statistics.median(len(ours) / len(bare) for ours, bare in rounds)


def rates(rounds: Rounds, round_s: float) -> list[int]:
    """Requests a second in the median round: ours, the bare app's."""
    return [round(statistics.median(len(pair[side]) / round_s for pair in rounds)) for side in (0, 1)]


def percentiles_ms(rounds: Rounds, percent: int) -> list[float]:
    """Of all requests: ours, the bare app's."""
    both = [[seconds for pair in rounds for seconds in pair[side]] for side in (0, 1)]
    return [round(statistics.quantiles(took, n=100)[percent - 1] * 1000, 1) for took in both]
