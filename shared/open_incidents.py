"""The open incidents, and those that ended not long ago: one document in Blob that says which problem belongs where.

One document, since who decides must see all of them. It is replaced only if nobody changed it meanwhile; in one
process the decisions queue up instead of colliding, so that a storm costs one write a problem.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shared.domain import correlation
from shared.domain.correlation import Assignment, Entry, Facts
from shared.errors import OutcomeUnknown, VendorUnavailable

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

_BLOB = "incidents/open.json"
_JSON = "application/json"
_TRIES = 40
_LONGEST_PAUSE_S = 0.4

type Change = Callable[[list[Entry]], list[Entry]]


class OpenIncidents:
    """All methods raise VendorUnavailable (try later); doing any of them again changes nothing more."""

    def __init__(self, blob: BlobStore) -> None:
        self._blob = blob
        self._turn = asyncio.Lock()

    async def all(self) -> list[Entry]:
        """Every entry, oldest first."""
        return (await self._read())[0]

    async def assign(self, problem: Mapping[str, Any], facts: Facts, now_ms: int) -> Assignment:
        """Decide where the problem belongs, and keep that."""
        decided: list[Assignment] = []

        def decide(entries: list[Entry]) -> list[Entry]:
            entries = correlation.kept(entries, now_ms)
            assignment = correlation.assign(problem, facts, entries, now_ms)
            decided.append(assignment)
            mine = [entry for entry in entries if entry["operation_id"] == assignment.operation_id]
            if not mine:
                return [*entries, correlation.new_entry(problem, facts, assignment)]
            return [
                correlation.joined(entry, problem, assignment.reason) if entry in mine else entry
                for entry in entries
            ]

        await self._update(decide)
        return decided[-1]

    async def detach(self, problem: Mapping[str, Any], operation_id: str) -> None:
        """Take a problem out of an incident that ended before the problem could join it."""

        def change(entries: list[Entry]) -> list[Entry]:
            return [
                correlation.without(entry, problem) if entry["operation_id"] == operation_id else entry
                for entry in entries
            ]

        await self._update(change)

    async def update(self, operation_id: str, changes: Mapping[str, Any]) -> Entry | None:
        """Change fields of one incident's entry: the entry as it is now, None when there is none."""
        found: list[Entry | None] = []

        def change(entries: list[Entry]) -> list[Entry]:
            changed = [{**e, **changes} if e["operation_id"] == operation_id else e for e in entries]
            found.append(next((e for e in changed if e["operation_id"] == operation_id), None))
            return changed

        await self._update(change)
        return found[-1]

    async def _update(self, change: Change) -> None:
        async with self._turn:
            for attempt in range(_TRIES):
                entries, etag = await self._read()
                changed = change(entries)
                if changed == entries or await self._write(changed, etag):
                    return
                await asyncio.sleep(random.uniform(0, min(0.01 * 2**attempt, _LONGEST_PAUSE_S)))  # noqa: S311
        raise VendorUnavailable("blob", "open_incidents", "others keep changing the open incidents")

    async def _read(self) -> tuple[list[Entry], str]:
        found = await self._blob.get_with_etag(_BLOB)
        return (json.loads(found[0]), found[1]) if found else ([], "")

    async def _write(self, entries: list[Entry], etag: str) -> bool:
        document = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
        try:
            if etag:
                return await self._blob.replace(_BLOB, document, _JSON, etag)
            return await self._blob.put_once(_BLOB, document, _JSON)
        except OutcomeUnknown:
            return False  # Read again: if it was written, nothing changes any more.
