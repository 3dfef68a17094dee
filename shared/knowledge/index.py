"""The exact search over all memories of one model that this process holds."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from shared.knowledge.documents import Part
from shared.knowledge.forgotten import is_among
from shared.knowledge.memory import Memory

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

    from shared.knowledge.encoder import Vectors

_ROWS_AT_ONCE = 512
"""Rows turned into float32 at a time: they stay in the processor's cache."""

type Revision = tuple[str, bytes]
"""When it was revised, and what was said: the greater one counts."""


class Index:
    """Of memories with one id the one revised last counts; forgotten ones do not. forgotten: of Forgotten.all."""

    def __init__(self, parts: Sequence[Part], forgotten: frozenset[str] = frozenset()) -> None:
        import numpy as np

        self._parts, self._forgotten = parts, forgotten
        self._rows: dict[str, tuple[int, int]] = {}
        for number, part in enumerate(parts):
            for row, one in enumerate(part.ids):
                if self.lacks(one, (part.revisions[row], part.records[row])):
                    self._rows[one] = (number, row)
        self._places = list(self._rows.values())
        starts = np.cumsum([0, *(len(part.ids) for part in parts)])
        self._live = np.array([starts[number] + row for number, row in self._places], dtype=np.intp)

    def __len__(self) -> int:
        return len(self._places)

    def lacks(self, id_: str, revision: Revision) -> bool:
        """Whether this revision is news: neither held, nor older than what is, nor forgotten."""
        held = self.revision(id_)
        return not is_among(self._forgotten, id_) if held is None else revision > held

    def revision(self, id_: str) -> Revision | None:
        """What is remembered under this id."""
        held = self._rows.get(id_)
        if held is None:
            return None
        part = self._parts[held[0]]
        return part.revisions[held[1]], part.records[held[1]]

    def revisions(self) -> Iterator[tuple[str, Revision]]:
        """All that count, with their ids."""
        for id_, (number, row) in self._rows.items():
            part = self._parts[number]
            yield id_, (part.revisions[row], part.records[row])

    def nearest(self, vector: "Vectors", count: int) -> list[tuple[float, Memory]]:
        """The `count` memories of the highest cosine with `vector` (length 1), best first."""
        import numpy as np

        if not self._places:
            return []
        with _blas().limit(limits=1, user_api="blas"):
            cosines = np.concatenate([_cosines(part, vector) for part in self._parts])[self._live]
        best = np.argsort(-cosines, kind="stable")[:count]
        return [(float(cosines[at]), self._memory(*self._places[at])) for at in best]

    def _memory(self, number: int, row: int) -> Memory:
        memory: Memory = json.loads(self._parts[number].records[row])
        return memory


def _cosines(part: Part, vector: "Vectors") -> "Vectors":
    import numpy as np

    numbers = part.rows.numbers
    pieces = [
        numbers[start : start + _ROWS_AT_ONCE].astype(np.float32) @ vector
        for start in range(0, len(part.ids), _ROWS_AT_ONCE)
    ]
    cosines: Vectors = np.concatenate([np.empty(0, dtype=np.float32), *pieces]) * part.rows.factors
    return cosines


@cache
def _blas() -> "ThreadpoolController":
    """One thread searches in milliseconds; more would only wait for each other on a busy machine."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
