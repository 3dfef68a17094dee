"""The task hub: the parts of the backend, put together around one state file.

request -> transition (management, orchestrations, activities, entities, ...)
        -> commit (one transaction, shared by what arrives together)
        -> work handed out, waiting clients woken, timers set
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox.durable import activities, entities, orchestrations
from sandbox.durable.clock import Clock
from sandbox.durable.commits import Commits, Kind, Step
from sandbox.durable.dispatch import Dispatcher
from sandbox.durable.history import HistoryCache
from sandbox.durable.store import Sequence, open_store
from sandbox.durable.waiters import Waiters

_log = logging.getLogger("durable")
_PING_EVERY_S = 30.0
_LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class Leases:
    """How long a worker may hold work, in seconds, before it is handed out again."""

    turn_s: float = 60.0
    activity_s: float = 300.0


class TaskHub:
    """One task hub. Raises on opening: StateInUse, StateUnknown."""

    def __init__(self, path: Path, leases: Leases) -> None:
        self.db = open_store(path)
        self.cache = HistoryCache(self.db)
        self.waiters = Waiters()
        self.commits = Commits(self.db, Sequence(self.db), self._committed)
        self.clock = Clock(self.db, self.commits)
        self.dispatcher = Dispatcher(
            {
                Kind.ORCHESTRATION: lambda execution: orchestrations.load(
                    self.db, self.cache, execution, time.time_ns() // 1000
                ),
                Kind.ACTIVITY: lambda key: activities.load(self.db, key),
                Kind.ENTITY: lambda entity_id: entities.load(self.db, entity_id),
            },
            {
                Kind.ORCHESTRATION: leases.turn_s,
                Kind.ACTIVITY: leases.activity_s,
                Kind.ENTITY: leases.turn_s,
            },
        )
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Take up what the file says is unfinished."""
        found = (
            (Kind.ORCHESTRATION, [row[0] for row in self.db.execute("SELECT DISTINCT execution FROM inbox")]),
            (Kind.ACTIVITY, list(self.db.execute("SELECT execution, step, task_id FROM tasks"))),
            (Kind.ENTITY, [row[0] for row in self.db.execute("SELECT DISTINCT entity_id FROM operations")]),
        )
        for kind, keys in found:
            for key in keys:
                self.dispatcher.offer(kind, key)
        taken_up = {str(kind): len(keys) for kind, keys in found if keys}
        if taken_up:
            _log.info("taking up unfinished work: %s", taken_up)
        self.clock.start()
        self._watching = asyncio.create_task(self._watch(), name="leases")

    def stop(self) -> None:
        """Close the file. What is unfinished stays there."""
        self.clock.stop()
        if self._watching is not None:
            self._watching.cancel()
        self.db.close()

    def _committed(self, steps: list[Step]) -> None:
        for step in steps:
            for act in step.after:
                act()
            for kind, key in step.ready:
                self.dispatcher.offer(kind, key)
            for instance_id in step.changed:
                self.waiters.changed(instance_id)
            if step.due_us is not None:
                self.clock.wake_at(step.due_us)
        self.dispatcher.assign()

    async def _watch(self) -> None:
        last_ping_s = time.monotonic()
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            now_s = time.monotonic()
            self.dispatcher.expire(now_s)
            if now_s - last_ping_s >= _PING_EVERY_S:
                last_ping_s = now_s
                self.dispatcher.ping()
