"""The search over vectors in bytes finds what a search over the vectors themselves finds."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shared.knowledge.documents import (
    chosen,
    document,
    joined,
    line,
    part_of_document,
    part_of_segment,
    rows_of,
    segment,
)
from shared.knowledge.index import Index
from tests.unit.shared.knowledge.stage import a_memory

MEMORIES = [a_memory(f"m{number:03}", cause=f"causa nº {number}") for number in range(60)]
RECORDS = [line(memory) for memory in MEMORIES]


def unit(seed: int, count: int, dimensions: int) -> Any:
    rows = np.random.default_rng(seed).standard_normal((count, dimensions))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@given(seed=st.integers(0, 2**32), dimensions=st.sampled_from([3, 64, 1024]), cut=st.integers(0, 60))
def test_it_is_exact_to_a_hundredth_however_the_rows_are_kept(seed: int, dimensions: int, cut: int) -> None:
    vectors, (asked,) = unit(seed, 60, dimensions), unit(seed + 1, 1, dimensions)
    loose = [
        part_of_document(document(record, rows_of(vectors[row : row + 1])))
        for row, record in enumerate(RECORDS[:cut])
    ]
    rest = [part_of_segment(segment(RECORDS[cut:], rows_of(vectors[cut:])))] if cut < 60 else []

    found = Index([joined(loose), *rest]).nearest(asked, 60)

    exact = vectors @ asked
    assert len(found) == 60
    assert [cosine for cosine, _ in found] == sorted((cosine for cosine, _ in found), reverse=True)
    for cosine, memory in found:
        assert abs(cosine - exact[MEMORIES.index(memory)]) < 0.01


@given(rows=st.lists(st.integers(0, 59), min_size=1, max_size=20, unique=True))
def test_what_is_written_is_read_again(rows: list[int]) -> None:
    part = part_of_segment(segment(RECORDS, rows_of(unit(1, 60, 8))))

    some = chosen(part, rows)
    again = part_of_segment(segment(some.records, some.rows))

    assert again.ids == [f"m{row:03}" for row in rows]
    assert again.records == [RECORDS[row] for row in rows]
    assert np.array_equal(again.rows.numbers, some.rows.numbers)
    assert np.array_equal(again.rows.factors, some.rows.factors)
