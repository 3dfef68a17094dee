"""Transactions: every change of state is a transition, run here and only here.

A transition is a plain function of a Step. What it writes is one transaction; what it wants done in memory
(hand out work, wake who waits) happens after that is on disk, never before. So a transition can be run
again, and is when another with which it shares a commit fails: transitions that arrive together share one.
A transition refuses before it writes.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import grpc

from sandbox.durable.store import Sequence


class Kind(StrEnum):
    """What a worker can be given."""

    ORCHESTRATION = "orchestration"
    ACTIVITY = "activity"
    ENTITY = "entity"


Key = Any
"""An execution; (execution, step, task id); an entity id."""


class Refused(Exception):
    """A request that the state does not allow, as the caller is told."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Step:
    """One transition's hands: the database, the time, and the list of what to do once it is on disk."""

    def __init__(self, db: sqlite3.Connection, sequence: Sequence, now_us: int) -> None:
        self.db = db
        self.number = sequence
        self.now_us = now_us
        self.ready: list[tuple[Kind, Key]] = []
        self.changed: list[str] = []
        self.due_us: int | None = None
        self.after: list[Callable[[], None]] = []

    def offer(self, kind: Kind, key: Key) -> None:
        """There may be work for a worker."""
        self.ready.append((kind, key))

    def wake_at(self, due_us: int) -> None:
        """A timer was written."""
        self.due_us = due_us if self.due_us is None else min(self.due_us, due_us)


Transition = Callable[[Step], Any]
_Waiting = tuple[Transition, asyncio.Future[Any], Callable[[], None] | None]


class Commits:
    """Runs transitions in the order they come. on_commit: called with the steps that reached the disk."""

    def __init__(
        self, db: sqlite3.Connection, sequence: Sequence, on_commit: Callable[[list[Step]], None]
    ) -> None:
        self._db, self._sequence, self._on_commit = db, sequence, on_commit
        self._waiting: list[_Waiting] = []

    def run(self, transition: Transition, lost: Callable[[], None] | None = None) -> asyncio.Future[Any]:
        """Run a transition; the future has its answer once that is on disk, or what it raised.

        lost: called when nothing was written, also if nobody awaits the future any more.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self.flush)
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((transition, future, lost))
        return future

    def flush(self) -> None:
        """Commit what waits, now rather than in the next turn of the loop."""
        if not self._waiting:
            return
        batch, self._waiting = self._waiting, []
        try:
            done = self._commit(batch)
        except Exception:
            done = []
            for one in batch:  # each by itself, so that only what is wrong fails
                try:
                    done += self._commit([one])
                except Exception as error:
                    _fail(one, error)
        for _, future, answer in done:
            if not future.done():
                future.set_result(answer)
        self._on_commit([step for step, _, _ in done])

    def _commit(self, batch: list[_Waiting]) -> list[tuple[Step, asyncio.Future[Any], Any]]:
        now_us = time.time_ns() // 1000
        done = []
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for waiting in batch:
                step = Step(self._db, self._sequence, now_us)
                try:
                    done.append((step, waiting[1], waiting[0](step)))
                except Refused as refused:
                    _fail(waiting, refused)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return done


def _fail(waiting: _Waiting, error: Exception) -> None:
    _, future, lost = waiting
    if lost is not None:
        lost()
    if not future.done():
        future.set_exception(error)
