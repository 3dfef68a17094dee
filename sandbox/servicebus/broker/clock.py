"""Time as the broker sees it, so that tests can turn the hands themselves."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """now_ms: milliseconds since the Unix epoch; call_later: in so many seconds, from the event loop."""

    def now_ms(self) -> int: ...

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer: ...

    def call_soon(self, callback: Callable[[], None]) -> object: ...


class LoopClock:
    """The running event loop's time."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._later, self.call_soon = loop.call_later, loop.call_soon

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        return self._later(max(0.0, delay_s), callback)
