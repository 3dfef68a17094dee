"""The action log: one document per service in Blob, which says what was done to it for which problem and when.

It holds the cap on repeats and lets one action at a time change a service, among all workers: a document is replaced
only if nobody changed it meanwhile. A fingerprint names its service, so that one document decides both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.domain.action import action_history
from shared.domain.action.action_history import Begun, Entry
from shared.shared_lists import SharedLists

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore


class ActionLog:
    """All methods raise VendorUnavailable (try later); doing any of them again changes nothing more."""

    def __init__(self, blob: BlobStore) -> None:
        self._lists = SharedLists(blob, "action_log")

    async def entries(self, service: str) -> list[Entry]:
        """What was done to the service, oldest first."""
        return await self._lists.read(_path(service))

    async def begin(self, service: str, entry: Entry, cap: Mapping[str, int], now_ms: int) -> Begun:
        """Begin an action where the cap and the service's other actions let it.

        "again": it was begun with this key before, be it by a write of this call whose answer was lost.
        """
        decided: list[Begun] = []

        def change(entries: list[Entry]) -> list[Entry]:
            changed, verdict = action_history.begin(entries, entry, cap, now_ms)
            decided.append(verdict)
            return changed if verdict == "begun" else entries

        await self._lists.update(_path(service), change)
        return decided[-1]

    async def end(self, service: str, key: str, state: str, reason: str, now_ms: int) -> None:
        """Say how the action of this key ended. state: "done", "failed" or "withdrawn"."""
        await self._lists.update(
            _path(service), lambda entries: action_history.end(entries, key, state, reason, now_ms)
        )


def _path(service: str) -> str:
    return f"actions/{service}.json"
