"""The case: what people read of cause and evidence, in their language, with what it rests on first."""

from typing import Any

import pytest

from shared.domain.incident.case import SHOWN_ITEMS, describe
from tests.fakes.remediation import DIAGNOSIS, PROBLEM, SERVICE

NOTHING: Any = {"action": None, "risk": "low", "reason": "no_runbook"}
CANDIDATES = [
    {"component": "check[out]", "category": "memory_leak", "confidence": 0.614},
    {"component": "", "category": "unknown", "confidence": 0.2},
]


def bundle(count: int) -> Any:
    item = {"source": "dynatrace", "kind": "metric", "at": "", "text": "t", "link": "https://dt.example/1"}
    return {"items": [{**item, "id": f"E{number}"} for number in range(1, count + 1)], "missing": []}


def told(language: str = "en", count: int = 3, **diagnosis: Any) -> Any:
    return describe(language, PROBLEM, SERVICE, bundle(count), {**DIAGNOSIS, **diagnosis}, NOTHING)


def test_what_the_cause_rests_on_is_shown_first_and_the_rest_as_far_as_there_is_room() -> None:
    case = told(count=30, evidence_ids=["E20", "E3"])

    assert [item["id"] for item in case["evidence"][:4]] == ["E3", "E20", "E1", "E2"]
    assert len(case["evidence"]) == SHOWN_ITEMS
    assert case["evidence"][0]["link"] == "https://dt.example/1"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["memory leak in check(out) (61 %)", "unknown cause (20 %)"]),
        ("pt-BR", ["vazamento de memória em check(out) (61 %)", "causa desconhecida (20 %)"]),
    ],
)
def test_candidates_are_told_in_words_without_markup(language: str, words: list[str]) -> None:
    assert told(language, candidates=CANDIDATES)["candidates"] == words


def test_an_indicator_is_named_in_the_reader_s_language() -> None:
    values = {"component": "checkout", "indicator": "disk", "usual": "40", "now": "98"}
    cause: Any = {"text_key": "cause.saturation", "text_values": values}

    assert "disco era 40 %" in told("pt-BR", **cause)["hypothesis"]
    assert "disk was 40 %" in told("en", **cause)["hypothesis"]


def test_a_diagnosis_that_names_neither_component_nor_candidates_is_told_all_the_same() -> None:
    case = told()

    assert (case["component"], case["category"], case["candidates"]) == ("", "recent_deployment", [])
