"""The question is one bounded JSON document; no text in it can leave its place or tell who somebody is."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.assistant.question import MOST_CHARACTERS, MOST_ITEMS, question
from shared.redaction import Redactor
from tests.fakes.remediation import PROBLEM


def item(number: int, text: str = "x", facts: dict[str, Any] | None = None) -> dict[str, Any]:
    named = {"id": f"E{number}", "source": "s", "kind": "log", "at": "", "text": text}
    return named | ({"facts": facts} if facts else {})


def asked(items: list[dict[str, Any]], cited: list[str] | None = None) -> tuple[Any, set[str]]:
    candidates = [{"component": "c", "category": "quota", "confidence": 0.5, "evidence_ids": cited or []}]
    document, known = question(PROBLEM, {"items": items, "missing": []}, candidates, Redactor(()))
    return json.loads(document), known


@given(st.lists(st.text(), max_size=5))
def test_whatever_texts_say_the_document_keeps_its_form(texts: list[str]) -> None:
    document, known = asked([item(number, text) for number, text in enumerate(texts)])

    assert [one["id"] for one in document["evidence"]] == [f"E{number}" for number in range(len(texts))]
    assert known == {one["id"] for one in document["evidence"]}


def test_a_secret_in_a_fact_is_hidden_too() -> None:
    document, _ = asked([item(1, facts={"pattern": 'login {"password": "hunter2hunter2"} failed'})])

    assert "hunter2hunter2" not in json.dumps(document)


def test_it_is_bounded_and_what_a_candidate_cites_is_in_it() -> None:
    document, known = asked([item(number, "y" * 3_000) for number in range(60)], cited=["E59"])

    assert "E59" in known
    assert len(json.dumps(document)) < MOST_CHARACTERS + 5_000
    assert document["left_out"] == 60 - len(known) > 0


def test_many_small_items_are_bounded_by_their_number() -> None:
    document, known = asked([item(number) for number in range(MOST_ITEMS + 5)])

    assert len(known) == MOST_ITEMS
    assert document["left_out"] == 5
