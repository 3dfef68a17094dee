"""What the timer does for the memories: every encoder knows all of them, in few blobs, and no other blobs are left.

Interrupted and repeated, it ends the same.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from shared.errors import VendorError
from shared.knowledge.compaction import compact
from shared.knowledge.documents import rows_of
from shared.knowledge.memory import about
from shared.knowledge.shelf import Shelf, models

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore
    from shared.knowledge.encoder import Encoder
    from shared.knowledge.forgotten import Forgotten
    from shared.knowledge.index import Index, Revision

log = logging.getLogger(__name__)

_AT_ONCE = 256
_IN_A_RUN = 5000


class Tended(TypedDict):
    """encoded: memories an encoder had not seen; compacted: rows written; dropped: encoders whose blobs went."""

    encoded: int
    compacted: int
    dropped: list[str]


async def tend(blob: BlobStore, encoders: Sequence[tuple[Encoder, Shelf]], forgotten: Forgotten) -> Tended:
    """Raises: VendorUnavailable of blob. An encoder that is away is left for the next run."""
    names = {encoder.name for encoder, _ in encoders}
    others = {name: Shelf(blob, name) for name in sorted(await models(blob) - names)}
    every: dict[str, Revision] = {}
    for shelf in [*others.values(), *(ours for _, ours in encoders)]:
        for id_, revision in (await shelf.index()).revisions():
            every[id_] = max(every.get(id_, revision), revision)
    tended = Tended(encoded=0, compacted=0, dropped=[])
    left = 0
    for encoder, shelf in encoders:
        missing = _missing(every, await shelf.index())
        try:
            await encode(encoder, shelf, missing[:_IN_A_RUN])
            tended["encoded"] += len(missing[:_IN_A_RUN])
        except VendorError as error:
            log.warning("%s: not everything is encoded: %s", encoder.name, error)
        tended["compacted"] += await compact(shelf, forgotten)
        left += len(_missing(every, await shelf.index()))
    if not left:
        tended["dropped"] = list(others)
        for shelf in others.values():
            await shelf.clear()
    return tended


async def encode(encoder: Encoder, shelf: Shelf, records: Sequence[bytes]) -> None:
    """Put memories, as documents.line wrote them, on a shelf in segments. Raises: VendorUnavailable, VendorRefused."""
    for start in range(0, len(records), _AT_ONCE):
        some = records[start : start + _AT_ONCE]
        vectors = await encoder.encode([about(json.loads(one)) for one in some])
        await shelf.add_segment(some, rows_of(vectors))


def _missing(every: dict[str, Revision], index: Index) -> list[bytes]:
    return [revision[1] for id_, revision in sorted(every.items()) if index.lacks(id_, revision)]
