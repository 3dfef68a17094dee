"""What Blob remembers of deliveries for who asks at once.

The last verdicts of a service's gates, and which of its files changed in deployments that were blamed for incidents:

`delivery/gates/<service>.json` and `delivery/blamed/<service>.json`; small, bounded, and written as often as an event
comes: the same event changes nothing more, in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict

from shared.domain.risk.change_risk import Past
from shared.domain.risk.change_risk_files import normal
from shared.shared_lists import SharedLists

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

MOST_GATES = 30
MOST_BLAMED, MOST_PATHS = 60, 200
REMEMBERED = timedelta(days=365)

type Row = Mapping[str, Any]


class Blamed(TypedDict):
    """One deployment that was blamed. key: of the incident's operation, or of the gate. paths: at most MOST_PATHS.

    proven: taking it back resolved the incident, or a gate failed it. at: ISO 8601.
    """

    key: str
    at: str
    proven: bool
    paths: list[str]


class DeliveryNotes:
    """All methods raise VendorUnavailable (try later); doing any of them again changes nothing more."""

    def __init__(self, blob: BlobStore) -> None:
        self._lists = SharedLists(blob, "delivery_notes")

    async def gates(self, service: str) -> list[dict[str, Any]]:
        """The last verdicts (domain.deliveries.GateDecided), newest first."""
        return await self._lists.read(_gates(service))

    async def keep_gate(self, gate: Row) -> None:
        """Remember a verdict. The latest said of one gate counts."""

        def change(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
            same = next((one for one in rows if one["gate_id"] == gate["gate_id"]), None)
            if same is not None and same["decided_at"] >= gate["decided_at"]:
                return rows
            rest = [one for one in rows if one["gate_id"] != gate["gate_id"]]
            newest = sorted([*rest, dict(gate)], key=lambda one: (one["decided_at"], one["gate_id"]))
            return newest[::-1][:MOST_GATES]

        await self._lists.update(_gates(gate["service"]), change)

    async def keep_blamed(self, service: str, blamed: Blamed) -> None:
        """Remember which files a blamed deployment changed; what was said of it before is replaced."""
        kept = {**blamed, "paths": sorted({normal(path) for path in blamed["paths"]})[:MOST_PATHS]}

        def change(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
            rest = [one for one in rows if one["key"] != blamed["key"]]
            return sorted([*rest, kept], key=lambda one: (one["at"], one["key"]))[::-1][:MOST_BLAMED]

        await self._lists.update(_blamed(service), change)

    async def history(self, service: str, paths: Sequence[str], now: datetime) -> dict[str, Past]:
        """Of these paths, those that were blamed within REMEMBERED, with how often. now: aware."""
        since = (now - REMEMBERED).isoformat()
        found: dict[str, Past] = {}
        wanted = {normal(path) for path in paths}
        for row in await self._lists.read(_blamed(service)):
            if row["at"] < since:
                continue
            for path in wanted.intersection(row["paths"]):
                past = found.get(path, Past(0, 0))
                found[path] = past._replace(
                    proven=past.proven + row["proven"], probable=past.probable + (not row["proven"])
                )
        return found


def _gates(service: str) -> str:
    return f"delivery/gates/{service}.json"


def _blamed(service: str) -> str:
    return f"delivery/blamed/{service}.json"
