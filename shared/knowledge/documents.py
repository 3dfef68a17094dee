"""Memories with their vectors as bytes: one small JSON document an incident, or a segment of many.

A segment is one line of JSON, the memories as JSON Lines, and the vectors as little-endian float16, row by row.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.knowledge.memory import Memory

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    type Halves = NDArray[np.float16]

_HALF = "<f2"


@dataclass(frozen=True)
class Part:
    """Memories of one blob, or of several, in memory. records: each one's JSON; vectors: a row for each."""

    ids: list[str]
    revisions: list[str]
    records: list[bytes]
    vectors: "Halves"


def line(memory: Memory) -> bytes:
    """One memory, the same bytes for the same memory."""
    return json.dumps(memory, ensure_ascii=False, sort_keys=True).encode()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:24]


def document(memory: Memory, vector: "NDArray[Any]") -> bytes:
    """One memory as a document of its own."""
    half = base64.b64encode(vector.astype(_HALF).tobytes()).decode()
    return json.dumps({"memory": memory, "vector": half}, ensure_ascii=False, sort_keys=True).encode()


def part_of_document(content: bytes) -> Part:
    """What `document` made."""
    import numpy as np

    told = json.loads(content)
    vector = np.frombuffer(base64.b64decode(told["vector"]), dtype=_HALF).reshape(1, -1)
    return _part([line(told["memory"])], vector)


def segment(records: Sequence[bytes], vectors: "NDArray[Any]") -> bytes:
    """Many memories, at least one, as one blob."""
    text = b"\n".join(records)
    head = json.dumps({"count": len(records), "bytes": len(text)}).encode()
    return b"\n".join((head, text, vectors.astype(_HALF).tobytes()))


def part_of_segment(content: bytes) -> Part:
    """What `segment` made."""
    import numpy as np

    head, _, rest = content.partition(b"\n")
    told: Mapping[str, int] = json.loads(head)
    text, halves = rest[: told["bytes"]], rest[told["bytes"] + 1 :]
    vectors = np.frombuffer(halves, dtype=_HALF).reshape(told["count"], -1)
    return _part(text.split(b"\n"), vectors)


def joined(parts: Sequence[Part]) -> Part:
    """All rows of all parts, in order."""
    import numpy as np

    return Part(
        [one for part in parts for one in part.ids],
        [one for part in parts for one in part.revisions],
        [one for part in parts for one in part.records],
        np.concatenate([part.vectors for part in parts]) if parts else np.empty((0, 0), dtype=_HALF),
    )


def chosen(part: Part, rows: Sequence[int]) -> Part:
    """These rows of a part."""
    return Part(
        [part.ids[row] for row in rows],
        [part.revisions[row] for row in rows],
        [part.records[row] for row in rows],
        part.vectors[list(rows)],
    )


def _part(records: list[bytes], vectors: "Halves") -> Part:
    memories = [json.loads(record) for record in records]
    return Part(
        [memory["id"] for memory in memories],
        [memory["revised_at"] for memory in memories],
        records,
        vectors,
    )
