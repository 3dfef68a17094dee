"""The open incidents, and those that ended not long ago: one document in Blob that says which problem belongs where.

One document, since who decides must see all of them. It is replaced only if nobody changed it meanwhile; what one
process wants changed at the same time is written together, so that a storm costs few writes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from shared.domain.incident import correlation, incident_entries
from shared.domain.incident.correlation import Assignment, Entry, Facts
from shared.domain.incident.incidents import ALL_OVER
from shared.shared_lists import SharedLists

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

_BLOB = "incidents/open.json"
RECENT_S = 1.0

type Change = Callable[[list[Entry]], list[Entry]]


class _Wanted:
    """A change that waits to be written. It is made again whenever the document turns out to be another."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self.error: Exception | None = None
        self.written = False

    def made(self, entries: list[Entry]) -> list[Entry]:
        """The entries with this change; one that cannot be made is its own caller's trouble alone."""
        try:
            changed = self._change(entries)
        except Exception as error:
            self.error = error
            return entries
        self.error = None
        return changed


class OpenIncidents:
    """All methods raise VendorUnavailable (try later); doing any of them again changes nothing more."""

    def __init__(self, blob: BlobStore) -> None:
        self._lists = SharedLists(blob, "open_incidents", tries=40)
        self._turn = asyncio.Lock()
        self._waiting: list[_Wanted] = []
        self._seen: list[Entry] = []
        self._seen_at = float("-inf")

    async def all(self) -> list[Entry]:
        """Every entry, oldest first."""
        return await self._read()

    async def recent(self) -> list[Entry]:
        """The same as they were at most RECENT_S ago: for what may be decided by a look that is a little old."""
        if time.monotonic() - self._seen_at > RECENT_S:
            await self._read()
        return self._seen

    async def assign(self, problem: Mapping[str, Any], facts: Facts, now_ms: int) -> Assignment:
        """Decide where the problem belongs, and keep that."""
        decided: list[Assignment] = []

        def decide(entries: list[Entry]) -> list[Entry]:
            entries = incident_entries.kept(entries, now_ms)
            assignment = correlation.assign(problem, facts, entries, now_ms)
            decided.append(assignment)
            if not any(entry["operation_id"] == assignment.operation_id for entry in entries):
                return [*entries, incident_entries.new_entry(problem, facts, assignment, entries)]
            return [
                incident_entries.joined(entry, problem, assignment.reason)
                if entry["operation_id"] == assignment.operation_id
                else entry
                for entry in entries
            ]

        await self._update(decide)
        return decided[-1]

    async def detach(self, problem: Mapping[str, Any], operation_id: str) -> None:
        """Take a problem out of an incident that ended before the problem could join it."""
        await self._change(operation_id, lambda entry: incident_entries.without(entry, problem))

    async def mark_resolved(self, operation_id: str, names: Collection[str]) -> None:
        """Remember that the problems of these identities are over."""
        await self._change(operation_id, lambda entry: incident_entries.resolved(entry, names))

    async def end(self, operation_id: str, outcome: str, at_ms: int) -> list[str]:
        """End the incident, so that nothing joins it any more, unless it would end as if open problems were over.

        Returns the identities of those that joined and are open, for which it goes on; [] when it ended.
        """
        still_open: list[str] = []

        def change(entry: Entry) -> Entry:
            still_open[:] = incident_entries.open_besides_own(entry) if outcome in ALL_OVER else []
            return entry if still_open else {**entry, "ended_ms": at_ms, "outcome": outcome}

        await self._change(operation_id, change)
        return still_open

    async def mark_ended(self, operation_id: str, at_ms: int) -> None:
        """Remember that the incident's operation has ended, where that is not known yet."""

        def change(entry: Entry) -> Entry:
            return entry if entry["ended_ms"] is not None else {**entry, "ended_ms": at_ms}

        await self._change(operation_id, change)

    async def update(self, operation_id: str, changes: Mapping[str, Any]) -> Entry | None:
        """Change fields of one incident's entry: the entry as it is now, None when there is none."""
        return await self._change(operation_id, lambda entry: {**entry, **changes})

    async def _change(self, operation_id: str, change: Callable[[Entry], Entry]) -> Entry | None:
        found: list[Entry | None] = []

        def change_one(entries: list[Entry]) -> list[Entry]:
            changed = [change(one) if one["operation_id"] == operation_id else one for one in entries]
            found.append(next((one for one in changed if one["operation_id"] == operation_id), None))
            return changed

        await self._update(change_one)
        return found[-1]

    async def _update(self, change: Change) -> None:
        """Have this change written, with all that wait for it, too."""
        wanted = _Wanted(change)
        self._waiting.append(wanted)
        try:
            async with self._turn:
                if not wanted.written:
                    await self._write_waiting()
        finally:
            if not wanted.written:
                self._waiting.remove(wanted)
        if wanted.error is not None:
            raise wanted.error

    async def _write_waiting(self) -> None:
        together: list[_Wanted] = []

        def change(entries: list[Entry]) -> list[Entry]:
            together[:] = self._waiting
            for wanted in together:
                entries = wanted.made(entries)
            return entries

        self._saw(await self._lists.update(_BLOB, change))
        for wanted in together:
            wanted.written = True
        self._waiting = [wanted for wanted in self._waiting if not wanted.written]

    async def _read(self) -> list[Entry]:
        return self._saw(await self._lists.read(_BLOB))

    def _saw(self, entries: list[Entry]) -> list[Entry]:
        self._seen, self._seen_at = entries, time.monotonic()
        return entries
