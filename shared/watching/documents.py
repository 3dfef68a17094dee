"""What watching keeps in Blob: a small document a service, its baselines, and when the last round was.

`watch/services/<name>.json` (shared.domain.watch.watched) is written when something in it changed,
`watch/baselines/<name>.json` once a day, `watch/last-round.json` every round.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.errors import OutcomeUnknown, VendorUnavailable

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

type Document = dict[str, Any]

_SERVICES, _BASELINES = "watch/services/", "watch/baselines/"
_LAST_ROUND = "watch/last-round.json"
_JSON = "application/json"
_TRIES = 5


class Documents:
    """All methods raise VendorUnavailable (try later; OutcomeUnknown when it may be written)."""

    def __init__(self, blob: BlobStore) -> None:
        self._blob = blob

    async def get(self, service: str) -> Document | None:
        """What watching this service came to, None when it was never watched."""
        return (await self.get_with_etag(service))[0]

    async def get_with_etag(self, service: str) -> tuple[Document | None, str]:
        """The document and its version, "" when there is none."""
        found = await self._blob.get_with_etag(_path(service))
        return (json.loads(found[0]), found[1]) if found else (None, "")

    async def put(self, service: str, document: Document, etag: str) -> bool:
        """Write it in place of the version of this etag. False: another writer was there first."""
        data = _bytes(document)
        if not etag:
            return await self._blob.put_once(_path(service), data, _JSON)
        return await self._blob.replace(_path(service), data, _JSON, etag)

    async def update(self, service: str, change: Callable[[Document], Document | None]) -> Document | None:
        """Change the document beside other writers. Returns it as it is then; None when there is none.

        change: gives the new document, None to leave it; it is asked again for what others left behind.
        """
        for _ in range(_TRIES):
            document, etag = await self.get_with_etag(service)
            changed = change(document) if document is not None else None
            if document is None or changed is None or changed == document:
                return document
            try:
                if await self.put(service, changed, etag):
                    return changed
            except OutcomeUnknown:
                continue
        raise VendorUnavailable("blob", "update", f"watch document of {service}: others keep changing it")

    async def baselines(self, service: str) -> Document | None:
        """{"entity_id", "built_ms", "signals": {indicator: Baseline or None}, "runs_on", "tags", "zones"}."""
        found = await self._blob.get(f"{_BASELINES}{service}.json")
        return json.loads(found) if found is not None else None

    async def put_baselines(self, service: str, document: Document) -> None:
        await self._blob.put(f"{_BASELINES}{service}.json", _bytes(document), _JSON)

    async def last_round(self) -> Document | None:
        """{"at_ms", "watched", "failed": [service]}."""
        found = await self._blob.get(_LAST_ROUND)
        return json.loads(found) if found is not None else None

    async def put_last_round(self, document: Document) -> None:
        await self._blob.put(_LAST_ROUND, _bytes(document), _JSON)


def _path(service: str) -> str:
    return f"{_SERVICES}{service}.json"


def _bytes(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
