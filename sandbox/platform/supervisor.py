"""Starts the children side by side as far as they do not need each other, restarts those that die, stops them.

A child's address stays the same when it is started again, because its command does.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sandbox.platform.logs import bound, rotate
from sandbox.platform.process import Child, ChildFailed, Spec, describe_end

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 10.0
STEADY_AFTER_S = 2.0
"""A child that was ready for this long before it died is started again at once: something happened to it."""
_LOOK_AT_LOGS_EVERY_S = 5.0

type Tell = Callable[[str], None]


class Supervisor:
    """tell: takes a sentence for people. changed: called when a process id has become another."""

    def __init__(
        self, specs: Sequence[Spec], logs: Path, tell: Tell, changed: Callable[[], None] = lambda: None
    ) -> None:
        self.children = {spec.name: Child(spec, logs) for spec in specs}
        self.restarts = dict.fromkeys(self.children, 0)
        self._tell, self._changed = tell, changed
        self._ready = {name: asyncio.Event() for name in self.children}
        self._keepers: list[asyncio.Task[None]] = []
        self._starting: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start everything. Raises: ChildFailed of the first that does not become ready; all are stopped then."""
        for child in self.children.values():
            rotate(child.log)
        try:
            async with asyncio.TaskGroup() as group:
                for child in self.children.values():
                    self._starting.append(group.create_task(self._bring_up(child)))
        except BaseExceptionGroup as failures:
            await self.stop()
            raise failures.exceptions[0] from None
        except BaseException:
            await self.stop()
            raise
        staying = [child for child in self.children.values() if not child.spec.job]
        self._keepers = [asyncio.create_task(self._keep(child)) for child in staying]
        self._keepers.append(asyncio.create_task(self._bound_logs()))
        for keeper in self._keepers:
            keeper.add_done_callback(self._tell_why_it_ended)

    async def stop(self) -> None:
        """Stop all children, those that need others before those they need."""
        for task in (*self._starting, *self._keepers):
            task.cancel()
        await asyncio.gather(*self._starting, *self._keepers, return_exceptions=True)
        remaining = dict(self.children)
        while remaining:
            needed = {name for child in remaining.values() for name in child.spec.needs}
            wave = [name for name in remaining if name not in needed] or list(remaining)
            await asyncio.gather(*(remaining.pop(name).stop() for name in wave))

    def kill(self) -> None:
        """End all children at once."""
        for child in self.children.values():
            child.kill()

    async def _bring_up(self, child: Child) -> None:
        for need in child.spec.needs:
            await self._ready[need].wait()
        await child.start()
        self._ready[child.spec.name].set()
        self._tell(f"{child.spec.name} {'done' if child.spec.job else 'ready'} in {child.took_s:.1f} s")

    async def _keep(self, child: Child) -> None:
        pause_s, since = FIRST_PAUSE_S, time.monotonic()
        while True:
            status = await child.ended()
            if time.monotonic() - since > STEADY_AFTER_S:
                pause_s = FIRST_PAUSE_S
            self._changed()
            self._tell(
                f"{child.spec.name} has ended ({describe_end(status)}); starting it again in {pause_s:g} s"
            )
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            await child.stop()
            with contextlib.suppress(ChildFailed):
                await child.start()
                self.restarts[child.spec.name] += 1
                self._changed()
                self._tell(f"{child.spec.name} runs again after {child.took_s:.1f} s")
            since = time.monotonic()

    def _tell_why_it_ended(self, keeper: asyncio.Task[None]) -> None:
        if not keeper.cancelled() and (error := keeper.exception()):
            self._tell(f"the supervisor itself failed: {type(error).__name__}: {error}")

    async def _bound_logs(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_AT_LOGS_EVERY_S)
            for child in self.children.values():
                bound(child.log)
