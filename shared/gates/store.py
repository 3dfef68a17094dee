"""What gates came to: each verdict with all its evidence, and per service and environment what is usual.

Documents in Blob: gates/results/<gate id>.json, gates/history/<service>/<environment>.json, the latter replaced only
if nobody changed it meanwhile.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shared.domain.gate import gate_history
from shared.domain.gate.gate_history import Entry
from shared.shared_lists import SharedLists

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

_RESULTS, _HISTORY = "gates/results/", "gates/history/"
_JSON = "application/json"


class GateStore:
    """All methods raise VendorUnavailable (try later); doing any of them again changes nothing more."""

    def __init__(self, blob: BlobStore) -> None:
        self._blob, self._lists = blob, SharedLists(blob, "gate_history")

    async def put(self, result: dict[str, Any]) -> None:
        """Keep a verdict by result["id"], in place of an earlier one."""
        await self._blob.put(f"{_RESULTS}{result['id']}.json", json.dumps(result, ensure_ascii=False), _JSON)

    async def get(self, gate_id: str) -> dict[str, Any] | None:
        """The verdict of this gate, None where it has none yet."""
        document = await self._blob.get(f"{_RESULTS}{gate_id}.json")
        return None if document is None else json.loads(document)

    async def history(self, service: str, environment: str) -> list[Entry]:
        """What was measured of earlier deployments, oldest first."""
        return await self._lists.read(_place(service, environment))

    async def remember(self, service: str, environment: str, entry: Entry) -> None:
        """Keep what a gate measured, once per gate."""
        await self._lists.update(
            _place(service, environment), lambda entries: gate_history.with_entry(entries, entry)
        )


def _place(service: str, environment: str) -> str:
    return f"{_HISTORY}{service}/{environment}.json"
