"""Memories with their vectors as bytes: one small JSON document an incident, or a segment of many.

A vector is kept as whole numbers of one byte each and what to multiply them by: its cosines stay right to a thousandth,
and 50,000 of 1024 numbers are 51 MB. A segment is one line of JSON, the memories as JSON Lines, the factors
(little-endian float32) and the numbers, row by row.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.knowledge.memory import Memory

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shared.knowledge.encoder import Vectors

_MOST = 127


@dataclass(frozen=True)
class Rows:
    """Vectors: numbers (a row for each) times factors."""

    numbers: "NDArray[np.int8]"
    factors: "NDArray[np.float32]"


@dataclass(frozen=True)
class Part:
    """Memories of one blob, or of several, in memory. records: each one's JSON; the rest has a row for each."""

    ids: list[str]
    revisions: list[str]
    records: list[bytes]
    rows: Rows


def line(memory: Memory) -> bytes:
    """One memory, the same bytes for the same memory."""
    return json.dumps(memory, ensure_ascii=False, sort_keys=True).encode()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:24]


def rows_of(vectors: "Vectors") -> Rows:
    """Vectors in their small form."""
    import numpy as np

    factors = (np.abs(vectors).max(axis=1) / _MOST).astype(np.float32)
    numbers = np.round(vectors / np.where(factors > 0, factors, 1)[:, None]).astype(np.int8)
    return Rows(numbers, factors)


def document(record: bytes, rows: Rows) -> bytes:
    """One memory as a document of its own."""
    numbers = base64.b64encode(rows.numbers[0].tobytes()).decode()
    told = {"memory": json.loads(record), "factor": float(rows.factors[0]), "numbers": numbers}
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


def part_of_document(content: bytes) -> Part:
    """What `document` made."""
    import numpy as np

    told = json.loads(content)
    numbers = np.frombuffer(base64.b64decode(told["numbers"]), dtype=np.int8).reshape(1, -1)
    return _part([line(told["memory"])], Rows(numbers, np.array([told["factor"]], dtype=np.float32)))


def segment(records: Sequence[bytes], rows: Rows) -> bytes:
    """Many memories, at least one, as one blob."""
    text = b"\n".join(records)
    head = json.dumps({"count": len(records), "bytes": len(text)}).encode()
    return b"\n".join((head, text, rows.factors.astype("<f4").tobytes() + rows.numbers.tobytes()))


def part_of_segment(content: bytes) -> Part:
    """What `segment` made."""
    import numpy as np

    head, _, rest = content.partition(b"\n")
    told: Mapping[str, int] = json.loads(head)
    text, count = rest[: told["bytes"]], told["count"]
    start = len(head) + 1 + told["bytes"] + 1
    factors = np.frombuffer(content, dtype="<f4", count=count, offset=start)
    # A copy, so that the blob's text is not held a second time.
    numbers = np.frombuffer(content, dtype=np.int8, offset=start + 4 * count).reshape(count, -1).copy()
    return _part(text.split(b"\n"), Rows(numbers, factors.astype(np.float32)))


def joined(parts: Sequence[Part]) -> Part:
    """All rows of all parts, in order."""
    import numpy as np

    numbers = [part.rows.numbers for part in parts] or [np.empty((0, 0), dtype=np.int8)]
    factors = [part.rows.factors for part in parts] or [np.empty(0, dtype=np.float32)]
    return Part(
        [one for part in parts for one in part.ids],
        [one for part in parts for one in part.revisions],
        [one for part in parts for one in part.records],
        Rows(np.concatenate(numbers), np.concatenate(factors)),
    )


def chosen(part: Part, rows: Sequence[int]) -> Part:
    """These rows of a part."""
    return Part(
        [part.ids[row] for row in rows],
        [part.revisions[row] for row in rows],
        [part.records[row] for row in rows],
        Rows(part.rows.numbers[list(rows)], part.rows.factors[list(rows)]),
    )


def _part(records: list[bytes], rows: Rows) -> Part:
    memories = [json.loads(record) for record in records]
    return Part(
        [memory["id"] for memory in memories],
        [memory["revised_at"] for memory in memories],
        records,
        rows,
    )
