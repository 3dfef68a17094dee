"""The service registry: one JSON document per service in Blob, the join between all systems.

Written by PUT /api/services/{name} and by the operations on a service; read to find the service behind a Dynatrace
entity.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from shared.at_once import for_each
from shared.errors import OutcomeUnknown, VendorUnavailable

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

_PREFIX = "registry/services/"
_RETIRED = "registry/retired/"
_JSON = "application/json"
KEPT_S = 15.0
_WRITES = 8

Service = dict[str, Any]
"""As functions.models.services.Service validates it, plus "name"."""


class ServiceRegistry:
    """All methods raise VendorUnavailable (try later)."""

    def __init__(self, blob: BlobStore) -> None:
        self._blob = blob
        self._seen: list[Service] = []
        self._turn = asyncio.Lock()
        self._read_at = float("-inf")

    async def put(self, service: Service) -> None:
        """Write the document of service["name"], replacing an earlier one."""
        self._forget()
        await self._blob.put(f"{_PREFIX}{service['name']}.json", _document(service), _JSON)

    async def add(self, service: Service) -> bool:
        """Write the document of service["name"] where there is none: False where there is one.

        Raises: OutcomeUnknown when it may have been written: `get` tells.
        """
        self._forget()
        return await self._blob.put_once(f"{_PREFIX}{service['name']}.json", _document(service), _JSON)

    async def update(self, name: str, change: Callable[[Service], Service | None]) -> Service | None:
        """Change a document so that no writer beside us is lost. Returns it as it is now, None when there is none.

        change: gives the new document, None to leave it. It is asked again for what another writer left behind,
        and after a write whose answer was lost: asked twice it must want no more than once.

        Raises: what `change` raises; VendorUnavailable also when others kept writing.
        """
        self._forget()
        path, looked_again = f"{_PREFIX}{name}.json", False
        for _ in range(_WRITES):
            found = await self._blob.get_with_etag(path)
            if found is None:
                return None
            service: Service = json.loads(found[0])
            changed = change(service)
            if changed is None or changed == service:
                return service
            try:
                if await self._blob.replace(path, _document(changed), _JSON, found[1]):
                    return changed
            except OutcomeUnknown:
                if looked_again:
                    raise
                looked_again = True
        raise VendorUnavailable("blob", "update", f"service {name}: others keep changing it")

    async def get(self, name: str) -> Service | None:
        """The service of this name, None when there is none."""
        document = await self._blob.get(f"{_PREFIX}{name}.json")
        return json.loads(document) if document is not None else None

    async def delete(self, name: str) -> None:
        """Take the document away; one that is gone is gone."""
        self._forget()
        await self._blob.delete(f"{_PREFIX}{name}.json")

    async def retire(self, name: str, at: str) -> None:
        """Move the document to the retired ones. Interrupted and repeated, it ends the same. at: ISO 8601."""
        self._forget()
        stamp = at.replace(":", "").replace("-", "").partition(".")[0]
        await self._blob.move(f"{_PREFIX}{name}.json", f"{_RETIRED}{name}/{stamp}.json", _JSON)

    async def all(self) -> list[Service]:
        """Every service, by name."""
        names = sorted([name async for name in self._blob.names(_PREFIX)])
        documents = await for_each(self._blob.get, names)
        return [json.loads(document) for document in documents if document is not None]

    async def find_by_entity(self, entity_ids: Collection[str]) -> Service | None:
        """The first service whose Dynatrace entity is one of these; one without an entity yet is none of them.

        What was read within the last KEPT_S seconds is used again: a storm of problems reads the registry once.
        """
        known = set(entity_ids) - {""}
        return next((s for s in await self.recent() if s["dynatrace"]["entity_id"] in known), None)

    async def recent(self) -> list[Service]:
        """Every service, as it was within the last KEPT_S seconds: a burst of events reads the registry once."""
        async with self._turn:
            if time.monotonic() - self._read_at > KEPT_S:
                self._seen, self._read_at = await self.all(), time.monotonic()
        return self._seen

    def _forget(self) -> None:
        self._read_at = float("-inf")


def _document(service: Service) -> bytes:
    return json.dumps(service, ensure_ascii=False, sort_keys=True).encode()
