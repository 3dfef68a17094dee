"""Histories, in the form a worker receives them.

A row of the table `history` holds the events of one step as the bytes of a WorkItem whose only content is
orchestratorRequest.pastEvents. Protobuf merges messages that are concatenated, so a work item is all rows
of the execution, one after the other, and then the new events: nothing stored is parsed or encoded again.

The rows of executions that are running are also kept in memory, up to a number of bytes; beyond it the
least recently used are read from the disk when next needed.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator

from durabletask.internal import orchestrator_service_pb2 as pb


def encode(events: Iterable[pb.HistoryEvent]) -> bytes:
    """The row for the events of one step."""
    return pb.WorkItem(orchestratorRequest=pb.OrchestratorRequest(pastEvents=events)).SerializeToString()


def decode(row: bytes) -> Iterable[pb.HistoryEvent]:
    """The events of one row."""
    return pb.WorkItem.FromString(row).orchestratorRequest.pastEvents


def append(db: sqlite3.Connection, execution: int, step: int, row: bytes) -> None:
    """Store the row of one step."""
    db.execute("INSERT INTO history (execution, step, events) VALUES (?, ?, ?)", (execution, step, row))


def forget(db: sqlite3.Connection, execution: int) -> None:
    """Remove all rows of an execution."""
    db.execute("DELETE FROM history WHERE execution = ?", (execution,))


def rows(db: sqlite3.Connection, execution: int) -> Iterator[bytes]:
    """All rows of an execution, oldest first."""
    found = db.execute("SELECT events FROM history WHERE execution = ? ORDER BY step", (execution,))
    return (row for (row,) in found)


class HistoryCache:
    """Rows of running executions. The limits bound what is kept, not what can run."""

    def __init__(
        self, db: sqlite3.Connection, limit_bytes: int = 64_000_000, limit_executions: int = 10_000
    ) -> None:
        self._db, self._limit, self._limit_executions = db, limit_bytes, limit_executions
        self._kept: OrderedDict[int, list[bytes]] = OrderedDict()
        self._sizes: dict[int, int] = {}
        self._bytes = 0

    def get(self, execution: int, steps: int) -> list[bytes]:
        """The execution's rows. steps: how many there are on disk; another count is not believed."""
        kept = self._kept.get(execution)
        if kept is None or len(kept) != steps:
            self.drop(execution)
            kept = list(rows(self._db, execution)) if steps else []
            self._keep(execution, kept, sum(map(len, kept)))
        self._kept.move_to_end(execution)
        return kept

    def add(self, execution: int, row: bytes) -> None:
        """A step was committed."""
        kept = self._kept.get(execution)
        if kept is not None:
            kept.append(row)
            self._sizes[execution] += len(row)
            self._bytes += len(row)
            self._shrink()

    def drop(self, execution: int) -> None:
        """The execution ended, or was rewritten."""
        if self._kept.pop(execution, None) is not None:
            self._bytes -= self._sizes.pop(execution)

    def _keep(self, execution: int, kept: list[bytes], size: int) -> None:
        self._kept[execution], self._sizes[execution] = kept, size
        self._bytes += size
        self._shrink()

    def _shrink(self) -> None:
        while len(self._kept) > 1 and (self._bytes > self._limit or len(self._kept) > self._limit_executions):
            execution, _ = self._kept.popitem(last=False)
            self._bytes -= self._sizes.pop(execution)
