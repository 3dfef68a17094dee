"""What must not come back: one empty blob for each forgotten incident, under a digest of its id.

Who forgets writes it down first and deletes then; who remembers writes and looks here then. So one of the two sees the
other, in whatever order they come.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

FOLDER = "knowledge/forgotten/"


class Forgotten:
    """All methods raise VendorUnavailable (try later)."""

    def __init__(self, blob: BlobStore) -> None:
        self._blob = blob

    async def add(self, id_: str) -> None:
        await self._blob.put(_name(id_), b"", "text/plain")

    async def holds(self, id_: str) -> bool:
        return await self._blob.get(_name(id_)) is not None

    async def all(self) -> frozenset[str]:
        """The names of their blobs."""
        return frozenset([name async for name in self._blob.names(FOLDER)])


def is_among(forgotten: frozenset[str], id_: str) -> bool:
    """forgotten: of `Forgotten.all`."""
    return _name(id_) in forgotten


def _name(id_: str) -> str:
    return f"{FOLDER}{hashlib.sha256(id_.encode()).hexdigest()[:32]}"
