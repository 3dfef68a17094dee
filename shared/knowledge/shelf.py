"""All memories of one model: in Blob, and in this process as far as it has read them.

    knowledge/<model>/incidents/<id>.<digest>.json   one incident, as it was remembered
    knowledge/<model>/segments/<digest>.bin          many, put together by shared.knowledge.compaction

No blob ever changes: its name stands for its content. So a process keeps what it has read and asks only for what is new
or gone, and no two writers can overwrite each other. Of two revisions of one incident the later counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.at_once import for_each
from shared.errors import OutcomeUnknown, VendorUnavailable
from shared.knowledge import documents
from shared.knowledge.documents import Part, Rows
from shared.knowledge.forgotten import Forgotten
from shared.knowledge.index import Index
from shared.knowledge.memory import Memory

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore
    from shared.knowledge.encoder import Vectors

ROOT = "knowledge/"
_LOOKS = 4


class Shelf:
    """All methods raise VendorUnavailable (try later)."""

    def __init__(self, blob: BlobStore, model: str) -> None:
        self._blob = blob
        self._folder = f"{ROOT}{model}/"
        self._forgotten = Forgotten(blob)
        self._parts: dict[str, Part] = {}
        self._index: Index | None = None
        self._indexed: tuple[frozenset[str], frozenset[str]] | None = None
        self._reading = asyncio.Lock()

    async def add(self, memory: Memory, vectors: Vectors) -> bool:
        """Keep one memory, with its one vector. False: it is there already, as it is, or was forgotten meanwhile."""
        content = documents.line(memory)
        name = f"{self._folder}incidents/{_safe(memory['id'])}.{documents.digest(content)}.json"
        new = await self._put(
            name, documents.document(content, documents.rows_of(vectors)), "application/json"
        )
        if await self._forgotten.holds(memory["id"]):
            await self._blob.delete(name)
            return False
        return new

    async def add_segment(self, records: Sequence[bytes], rows: Rows) -> str:
        """Keep many, at least one, in one blob; returns its name. What was forgotten meanwhile is the caller's care."""
        content = documents.segment(records, rows)
        name = f"{self._folder}segments/{documents.digest(content)}.bin"
        await self._put(name, content, "application/octet-stream")
        return name

    async def index(self) -> Index:
        """What counts now: two listings, and what is new is read."""
        async with self._reading:
            for _ in range(_LOOKS):
                names = frozenset([name async for name in self._blob.names(self._folder)])
                if await self._read(names):
                    return await self._index_of(names, await self._forgotten.all())
        raise VendorUnavailable("blob", "index", "memories are being put together again and again")

    def segments(self) -> Mapping[str, Part]:
        """Those read when `index` was last called, by name."""
        return {name: part for name, part in sorted(self._parts.items()) if _is_segment(name)}

    def loose(self) -> Mapping[str, Part]:
        """The documents of one incident each, read when `index` was last called, by name."""
        return {name: part for name, part in sorted(self._parts.items()) if not _is_segment(name)}

    async def delete_loose(self, id_: str) -> int:
        """Delete this incident's documents of its own; returns how many."""
        names = [name async for name in self._blob.names(f"{self._folder}incidents/{_safe(id_)}.")]
        own = [name for name in names if name.rsplit("/", 1)[1].rsplit(".", 2)[0] == _safe(id_)]
        return sum(await for_each(self._blob.delete, own))

    async def delete(self, names: Sequence[str]) -> None:
        await for_each(self._blob.delete, names)

    async def clear(self) -> None:
        """Delete all blobs of this model."""
        await self.delete([name async for name in self._blob.names(self._folder)])

    async def _put(self, name: str, content: bytes, content_type: str) -> bool:
        """After a write without an answer the blob of this name is this content or is not there: write again."""
        try:
            return await self._blob.put_once(name, content, content_type)
        except OutcomeUnknown:
            return await self._blob.put_once(name, content, content_type)

    async def _read(self, names: frozenset[str]) -> bool:
        """Read what is new and let go of what is gone. False: some of it went while we read."""
        for name in self._parts.keys() - names:
            del self._parts[name]
        new = sorted(names - self._parts.keys())
        contents = await for_each(self._blob.get, new)
        for name, content in zip(new, contents, strict=True):
            if content is not None:
                read = documents.part_of_segment if _is_segment(name) else documents.part_of_document
                self._parts[name] = await asyncio.to_thread(read, content)
        return None not in contents

    async def _index_of(self, names: frozenset[str], forgotten: frozenset[str]) -> Index:
        if self._index is None or self._indexed != (names, forgotten):
            parts = [*self.segments().values(), documents.joined(list(self.loose().values()))]
            self._index = await asyncio.to_thread(Index, parts, forgotten)
            self._indexed = (names, forgotten)
        return self._index


async def models(blob: BlobStore) -> set[str]:
    """The names of all models that have memories here."""
    paths = [name.removeprefix(ROOT).split("/") async for name in blob.names(ROOT)]
    return {path[0] for path in paths if path[1:2] in (["incidents"], ["segments"])}


def _is_segment(name: str) -> bool:
    return name.endswith(".bin")


def _safe(id_: str) -> str:
    return quote(id_, safe="")
