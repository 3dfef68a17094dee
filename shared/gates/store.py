"""What gates came to: each verdict with all its evidence, and per service and environment what is usual.

Documents in Blob: gates/results/<gate id>.json; gates/history/<service>/<environment>.json and gates/marks/ likewise,
replaced only if nobody changed them meanwhile.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from shared.corrections import path_of
from shared.domain.gate import gate_history, gate_marks
from shared.domain.gate.gate_history import Entry
from shared.domain.gate.gate_marks import Mark
from shared.domain.metrics import dora_corrections
from shared.shared_lists import SharedLists

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

_RESULTS, _HISTORY, _MARKS = "gates/results/", "gates/history/", "gates/marks/"
_JSON = "application/json"
_CORRECTED = 20
"""Of how many of the newest gates it is looked up what people say of their deployments."""


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
        """What was measured of earlier deployments, oldest first, with what became of each since."""
        entries, marks = await asyncio.gather(
            self._lists.read(_place(_HISTORY, service, environment)),
            self._lists.read(_place(_MARKS, service, environment)),
        )
        known = gate_marks.judged(entries, marks)
        asked = [one for one in known[-_CORRECTED:] if one.get("deployment_id")]
        said = await asyncio.gather(*(self._said(one["deployment_id"]) for one in asked))
        by_gate = {one["gate_id"]: each for one, each in zip(asked, said, strict=True)}
        return [gate_marks.corrected(one, by_gate.get(one["gate_id"], gate_marks.Said())) for one in known]

    async def remember(self, service: str, environment: str, entry: Entry) -> None:
        """Keep what a gate measured, once per gate."""
        await self._lists.update(
            _place(_HISTORY, service, environment), lambda entries: gate_history.with_entry(entries, entry)
        )

    async def mark(self, service: str, environment: str, mark: Mark) -> None:
        """Keep what is told of a deployment after its gate, or before that was decided."""
        await self._lists.update(
            _place(_MARKS, service, environment), lambda marks: gate_marks.with_mark(marks, mark)
        )

    async def _said(self, deployment_id: str) -> gate_marks.Said:
        corrections = await self._lists.read(path_of(deployment_id))
        return gate_marks.said_of(dora_corrections.holding(corrections))


def _place(folder: str, service: str, environment: str) -> str:
    return f"{folder}{service}/{environment}.json"
