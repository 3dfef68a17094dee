"""The action log: one document per service in Blob, which says what was done to it for which problem and when.

It holds the cap on repeats and lets one action at a time change a service, among all workers: a document is replaced
only if nobody changed it meanwhile. A fingerprint names its service, so that one document decides both.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from shared.domain.action import action_history
from shared.domain.action.action_history import Begun, Entry
from shared.errors import OutcomeUnknown, VendorUnavailable

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

_PREFIX = "actions/"
_JSON = "application/json"
_TRIES = 20
_LONGEST_PAUSE_S = 0.4

type Change = Callable[[list[Entry]], list[Entry]]


class ActionLog:
    """All methods raise VendorUnavailable (try later); doing any of them again changes nothing more."""

    def __init__(self, blob: BlobStore) -> None:
        self._blob = blob

    async def entries(self, service: str) -> list[Entry]:
        """What was done to the service, oldest first."""
        return (await self._read(service))[0]

    async def begin(self, service: str, entry: Entry, cap: Mapping[str, int], now_ms: int) -> Begun:
        """Begin an action where the cap and the service's other actions let it.

        "again": it was begun with this key before, be it by a write of this call whose answer was lost.
        """
        decided: list[Begun] = []

        def change(entries: list[Entry]) -> list[Entry]:
            changed, verdict = action_history.begin(entries, entry, cap, now_ms)
            decided.append(verdict)
            return changed if verdict == "begun" else entries

        await self._update(service, change)
        return decided[-1]

    async def end(self, service: str, key: str, state: str, reason: str, now_ms: int) -> None:
        """Say how the action of this key ended. state: "done", "failed" or "withdrawn"."""
        await self._update(service, lambda entries: action_history.end(entries, key, state, reason, now_ms))

    async def _update(self, service: str, change: Change) -> None:
        for attempt in range(_TRIES):
            entries, etag = await self._read(service)
            changed = change(entries)
            if changed == entries or await self._write(service, changed, etag):
                return
            await asyncio.sleep(random.uniform(0, min(0.01 * 2**attempt, _LONGEST_PAUSE_S)))  # noqa: S311
        raise VendorUnavailable("blob", "action_log", f"others keep changing the actions of {service}")

    async def _read(self, service: str) -> tuple[list[Entry], str]:
        found = await self._blob.get_with_etag(f"{_PREFIX}{service}.json")
        return (json.loads(found[0]), found[1]) if found else ([], "")

    async def _write(self, service: str, entries: list[Entry], etag: str) -> bool:
        document = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
        try:
            if etag:
                return await self._blob.replace(f"{_PREFIX}{service}.json", document, _JSON, etag)
            return await self._blob.put_once(f"{_PREFIX}{service}.json", document, _JSON)
        except OutcomeUnknown:
            return False  # Read again: if it was written, nothing changes any more.
