"""Reports that nobody could make facts of: kept in Blob with the reason, until they can be or are too old."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from shared.at_once import for_each
from shared.domain.delivery.delivery_reports import Report

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

KEPT_FOR = timedelta(days=90)
MOST_LISTED = 1000
_PREFIX, _JSON = "deliveries/unmatched/", "application/json"
_ID = re.compile(r"[0-9a-f]{32}")


class Kept(TypedDict):
    """id: of the event that reported it. reason: a word; docs/delivery-events.md says what each means."""

    id: str
    reason: str
    kept_at: str
    tried_at: str
    tries: int
    report: Report


class Shelf:
    """All methods raise VendorUnavailable (try later); doing any of them again changes nothing more."""

    def __init__(self, blob: BlobStore) -> None:
        self._blob = blob

    async def keep(self, report_id: str, report: Report, reason: str, now: datetime) -> Kept:
        """Keep it, or note that it was tried once more."""
        before, at = await self.get(report_id), now.isoformat()
        kept: Kept = {
            "id": report_id,
            "reason": reason,
            "kept_at": before["kept_at"] if before else at,
            "tried_at": at,
            "tries": before["tries"] + 1 if before else 1,
            "report": report,
        }
        await self._blob.put(_name(report_id), json.dumps(kept, ensure_ascii=False).encode(), _JSON)
        return kept

    async def get(self, report_id: str) -> Kept | None:
        """None for an id that is none, too."""
        if not _ID.fullmatch(report_id):
            return None
        found = await self._blob.get(_name(report_id))
        return json.loads(found) if found else None

    async def drop(self, report_id: str) -> None:
        await self._blob.delete(_name(report_id))

    async def all(self) -> list[Kept]:
        """Newest first, at most MOST_LISTED."""
        names = [name async for name in self._blob.names(_PREFIX)][:MOST_LISTED]
        found = await for_each(self._blob.get, names)
        kept: list[Kept] = [json.loads(one) for one in found if one]
        return sorted(kept, key=lambda one: one["kept_at"], reverse=True)


def _name(report_id: str) -> str:
    return f"{_PREFIX}{report_id}.json"
