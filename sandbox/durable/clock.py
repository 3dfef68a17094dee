"""Sleeps until the next row of `timers` is due, then lets it happen."""

import asyncio
import sqlite3
import time

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import inbox
from sandbox.durable.commits import Commits, Kind, Step
from sandbox.durable.events import timestamp

_BATCH = 500
_LONGEST_SLEEP_S = 30.0  # so that a clock that was set is noticed


def fire_due(step: Step) -> None:
    """Let everything happen whose time has come, a batch at a time."""
    due = step.db.execute(
        "SELECT due_us, id, kind, execution, entity_id, event FROM timers WHERE due_us <= ?"
        " ORDER BY due_us, id LIMIT ?",
        (step.now_us, _BATCH),
    ).fetchall()
    for due_us, number, kind, execution, entity_id, blob in due:
        step.db.execute("DELETE FROM timers WHERE due_us = ? AND id = ?", (due_us, number))
        if kind == "signal":
            step.db.execute(
                "INSERT INTO operations (entity_id, id, event) VALUES (?, ?, ?)",
                (entity_id, step.number(), blob),
            )
            step.offer(Kind.ENTITY, entity_id)
        elif kind == "start":
            step.offer(Kind.ORCHESTRATION, execution)
        else:
            fired = pb.HistoryEvent.FromString(blob)
            fired.timestamp.CopyFrom(timestamp(step.now_us))
            inbox.send(step, execution, fired)


class Clock:
    """Fires timers. Reads only the earliest due time; the rows stay on disk."""

    def __init__(self, db: sqlite3.Connection, commits: Commits) -> None:
        self._db, self._commits = db, commits
        self._handle: asyncio.TimerHandle | None = None
        self._next_us: int | None = None
        self._firing = False

    def start(self) -> None:
        """Look for the next due time; called once, and after each firing."""
        (next_us,) = self._db.execute("SELECT min(due_us) FROM timers").fetchone()
        self._firing, self._next_us = False, None
        if next_us is not None:
            self.wake_at(next_us)

    def wake_at(self, due_us: int) -> None:
        """Something was written that is due then."""
        if self._firing or (self._next_us is not None and self._next_us <= due_us):
            return
        self.stop()
        self._next_us = due_us
        wait_s = min(max((due_us - time.time_ns() // 1000) / 1e6, 0.0), _LONGEST_SLEEP_S)
        self._handle = asyncio.get_running_loop().call_later(wait_s, self._fire)

    def stop(self) -> None:
        """Sleep no more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _fire(self) -> None:
        self._firing = True
        self._commits.run(fire_due).add_done_callback(self._fired)

    def _fired(self, future: asyncio.Future[None]) -> None:
        if future.cancelled() or future.exception() is not None:  # the disk: try again shortly
            self._firing, self._next_us = False, None
            self.wake_at(time.time_ns() // 1000 + 1_000_000)
        else:
            self.start()
