"""The service registry: one JSON document per service in Blob, the join between all systems.

Written by PUT /api/services/{name}; read to find the service behind a Dynatrace entity.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

_PREFIX = "registry/services/"
_READS_AT_ONCE = 16

Service = dict[str, Any]
"""As functions.models.Service validates it, plus "name"."""


class ServiceRegistry:
    """All methods raise VendorUnavailable (try later)."""

    def __init__(self, blob: BlobStore) -> None:
        self._blob = blob

    async def put(self, service: Service) -> None:
        """Write the document of service["name"], replacing an earlier one."""
        document = json.dumps(service, ensure_ascii=False, sort_keys=True).encode()
        await self._blob.put(f"{_PREFIX}{service['name']}.json", document, "application/json")

    async def get(self, name: str) -> Service | None:
        """The service of this name, None when there is none."""
        document = await self._blob.get(f"{_PREFIX}{name}.json")
        return json.loads(document) if document is not None else None

    async def all(self) -> list[Service]:
        """Every service, by name."""
        names = sorted([name async for name in self._blob.names(_PREFIX)])
        at_once = asyncio.Semaphore(_READS_AT_ONCE)

        async def read(name: str) -> bytes | None:
            async with at_once:
                return await self._blob.get(name)

        documents = await asyncio.gather(*map(read, names))
        return [json.loads(document) for document in documents if document is not None]

    async def find_by_entity(self, entity_ids: Collection[str]) -> Service | None:
        """The first service whose Dynatrace entity is one of these."""
        return next((s for s in await self.all() if s["dynatrace"]["entity_id"] in entity_ids), None)
