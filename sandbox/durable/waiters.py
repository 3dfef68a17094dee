"""Clients that wait for an instance to start or to finish: a future each, no thread, no polling."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Waiters:
    """Wakes those who wait whenever an instance's status changed."""

    def __init__(self) -> None:
        self._events: dict[str, list[asyncio.Event]] = {}

    def changed(self, instance_id: str) -> None:
        """The instance has another status, or is gone."""
        for waiting in self._events.get(instance_id, ()):
            waiting.set()

    async def until(self, instance_id: str, reached: Callable[[], bool]) -> None:
        """Return once reached() holds, asked now and after each change of the instance."""
        with self._registered(instance_id) as changed:
            while not reached():
                changed.clear()
                await changed.wait()

    @contextmanager
    def _registered(self, instance_id: str) -> Iterator[asyncio.Event]:
        changed = asyncio.Event()
        self._events.setdefault(instance_id, []).append(changed)
        try:
            yield changed
        finally:
            waiting = self._events[instance_id]
            waiting.remove(changed)
            if not waiting:
                del self._events[instance_id]
