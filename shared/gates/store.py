"""What gates came to: each verdict with all its evidence, and per service and environment what is usual.

Documents in Blob: gates/results/<gate id>.json, gates/history/<service>/<environment>.json, the latter replaced only
if nobody changed it meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.domain.gate import gate_history
from shared.domain.gate.gate_history import Entry
from shared.errors import OutcomeUnknown, VendorUnavailable

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

_RESULTS, _HISTORY = "gates/results/", "gates/history/"
_JSON = "application/json"
_TRIES = 20
_LONGEST_PAUSE_S = 0.4


class GateStore:
    """All methods raise VendorUnavailable (try later); doing any of them again changes nothing more."""

    def __init__(self, blob: BlobStore) -> None:
        self._blob = blob

    async def put(self, result: dict[str, Any]) -> None:
        """Keep a verdict by result["id"], in place of an earlier one."""
        await self._blob.put(f"{_RESULTS}{result['id']}.json", json.dumps(result, ensure_ascii=False), _JSON)

    async def get(self, gate_id: str) -> dict[str, Any] | None:
        """The verdict of this gate, None where it has none yet."""
        document = await self._blob.get(f"{_RESULTS}{gate_id}.json")
        return None if document is None else json.loads(document)

    async def history(self, service: str, environment: str) -> list[Entry]:
        """What was measured of earlier deployments, oldest first."""
        return (await self._read(_place(service, environment)))[0]

    async def remember(self, service: str, environment: str, entry: Entry) -> None:
        """Keep what a gate measured, once per gate."""
        await self._update(
            _place(service, environment), lambda entries: gate_history.with_entry(entries, entry)
        )

    async def _update(self, path: str, change: Callable[[list[Entry]], list[Entry]]) -> None:
        for attempt in range(_TRIES):
            entries, etag = await self._read(path)
            changed = change(entries)
            if changed == entries or await self._write(path, changed, etag):
                return
            await asyncio.sleep(random.uniform(0, min(0.01 * 2**attempt, _LONGEST_PAUSE_S)))  # noqa: S311
        raise VendorUnavailable("blob", "gate_history", f"others keep changing {path}")

    async def _read(self, path: str) -> tuple[list[Entry], str]:
        found = await self._blob.get_with_etag(path)
        return (json.loads(found[0]), found[1]) if found else ([], "")

    async def _write(self, path: str, entries: list[Entry], etag: str) -> bool:
        document = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
        try:
            if etag:
                return await self._blob.replace(path, document, _JSON, etag)
            return await self._blob.put_once(path, document, _JSON)
        except OutcomeUnknown:
            return False  # Read again: if it was written, nothing changes any more.


def _place(service: str, environment: str) -> str:
    return f"{_HISTORY}{service}/{environment}.json"
