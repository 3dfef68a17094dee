"""Few large blobs in place of many small ones, and segments without what is forgotten.

A new blob is written before those it replaces are deleted: a kill between leaves an incident twice, which counts once,
and the next run ends it. Two runs at once do the same work twice.
"""

import asyncio
from collections.abc import Sequence

from shared.knowledge.documents import Part, chosen, joined
from shared.knowledge.forgotten import Forgotten, is_among
from shared.knowledge.index import Index
from shared.knowledge.shelf import Shelf

SEGMENT_ROWS = 5000
"""A full segment is left alone: 5 MB of vectors of 1024 numbers, and about 4 MB of text."""
LOOSE = 32
"""So many documents of their own are worth a segment."""


async def compact(shelf: Shelf, forgotten: Forgotten) -> int:
    """Put small blobs together. Returns how many rows were written. Raises: VendorUnavailable."""
    index = await shelf.index()
    loose = shelf.loose()
    small = {name: part for name, part in shelf.segments().items() if len(part.ids) < SEGMENT_ROWS}
    replaced = {**small, **loose}
    if len(loose) < LOOSE and len(small) < 2:
        return 0
    merged = await asyncio.to_thread(_counting, list(replaced.values()), index)
    written = set()
    for start in range(0, len(merged.ids), SEGMENT_ROWS):
        piece = chosen(merged, range(start, min(start + SEGMENT_ROWS, len(merged.ids))))
        written.add(await shelf.add_segment(piece.records, piece.rows))
    await shelf.delete([name for name in replaced if name not in written])
    await drop_forgotten(shelf, forgotten)
    return len(merged.ids)


async def drop_forgotten(shelf: Shelf, forgotten: Forgotten) -> int:
    """Write segments that hold what is forgotten anew without it. Returns how many rows went.

    Every writer of segments calls it afterwards: one that read before an incident was forgotten may have written after.
    Raises: VendorUnavailable.
    """
    await shelf.index()
    gone = await forgotten.all()
    dropped = 0
    for name, part in shelf.segments().items():
        kept = [row for row, id_ in enumerate(part.ids) if not is_among(gone, id_)]
        if len(kept) == len(part.ids):
            continue
        if kept:
            rest = chosen(part, kept)
            await shelf.add_segment(rest.records, rest.rows)
        await shelf.delete([name])
        dropped += len(part.ids) - len(kept)
    return dropped


def _counting(parts: Sequence[Part], index: Index) -> Part:
    """Of these rows those that count, each id once, by id."""
    every = joined(parts)
    rows = {
        id_: row
        for row, id_ in enumerate(every.ids)
        if index.revision(id_) == (every.revisions[row], every.records[row])
    }
    return chosen(every, [rows[id_] for id_ in sorted(rows)])
