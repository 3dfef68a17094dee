"""What the gate's page says of its window and its charts."""

import pytest

from functions.pages.gate import chart, window

NOON = 1_795_262_400_000
HOUR = 3600_000


@pytest.mark.parametrize(
    ("until", "shown"),
    [
        (NOON + 4_000, "2026-11-21 12:00:00 - 12:00:04 UTC"),
        (NOON + HOUR // 6, "2026-11-21 12:00 - 12:10 UTC"),
        (NOON + 13 * HOUR, "2026-11-21 12:00 - 2026-11-22 01:00 UTC"),
    ],
)
def test_a_window_is_told_as_exactly_as_it_is_long(until: int, shown: str) -> None:
    assert window(NOON, until) == shown


@pytest.mark.parametrize(
    ("language", "said"), [("en", "measured, from 72 to 128 ms"), ("pt-BR", "medido, de 72 a 128 ms")]
)
def test_a_chart_is_explained_in_words(language: str, said: str) -> None:
    drawn = chart(
        language,
        {
            "name": "latency",
            "unit": "ms",
            "samples": 2,
            "baseline": None,
            "points": [[0, 72.0], [1, 128.0]],
            "criteria": {"pass": [{"criteria": ["<=200"]}], "warn": []},
        },
    )

    assert drawn is not None
    assert drawn["measured"] == said
    assert drawn["limits"]
