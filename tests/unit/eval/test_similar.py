"""The labelled set of similar incidents, and the figures that may not fall."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.eval import similar, similar_data


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    return [json.loads(line) for line in similar_data.DATA.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def figures(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Of the whole set: the encoder loads in a second, 850 texts take another."""
    return similar.evaluate(records)


def test_the_file_is_what_the_generator_makes(records: list[dict[str, Any]]) -> None:
    assert list(similar_data.records()) == records


def test_it_is_large_enough_in_both_languages_and_a_third_is_held_out(records: list[dict[str, Any]]) -> None:
    incidents = [record for record in records if record["kind"] == "incident"]
    queries = [record for record in records if record["kind"] == "query"]
    related = [query for query in queries if query["situation"]]

    assert len(incidents) >= 300
    assert len(related) >= 120
    for language in ("pt", "en"):
        assert sum(one["language"] == language for one in incidents) == len(incidents) / 2
        assert sum(one["language"] == language for one in related) >= 60
    parts = Counter(query["part"] for query in queries)
    assert parts["held out"] / len(queries) == pytest.approx(1 / 3, abs=0.02)


def test_no_kind_of_failure_is_in_both_parts(records: list[dict[str, Any]]) -> None:
    parts: dict[str, set[str]] = {}
    for record in records:
        if record["kind"] == "query" and record["situation"]:
            parts.setdefault(record["situation"], set()).add(record["part"])

    assert all(len(each) == 1 for each in parts.values())


def test_no_question_is_the_text_of_an_incident(records: list[dict[str, Any]]) -> None:
    told = {record["title"] for record in records if record["kind"] == "incident"}

    assert not [record for record in records if record.get("text") in told]


@pytest.mark.parametrize(
    ("part", "direction", "least"),
    [
        ("tuning", "all → all", (0.68, 0.82, 0.85)),
        ("held out", "all → all", (0.57, 0.71, 0.75)),
        ("held out", "pt → en", (0.38, 0.60, 0.64)),
        ("held out", "en → pt", (0.42, 0.50, 0.70)),
    ],
)
def test_recall_does_not_fall(
    figures: dict[str, Any], part: str, direction: str, least: tuple[float, ...]
) -> None:
    found = figures[part]["encoder"][direction]

    assert tuple(found[f"recall@{k}"] for k in (1, 3, 5)) >= least
    assert all(found[f"recall@{k}"] >= wanted for k, wanted in zip((1, 3, 5), least, strict=True))


@pytest.mark.parametrize("part", ["tuning", "held out"])
def test_it_is_better_than_a_search_for_words_most_of_all_across_languages(
    figures: dict[str, Any], part: str
) -> None:
    ours, words = figures[part]["encoder"], figures[part]["tf-idf"]

    assert ours["all → all"]["mrr"] > words["all → all"]["mrr"] + 0.05
    for direction in ("pt → en", "en → pt"):
        assert ours[direction]["mrr"] > words[direction]["mrr"] + 0.2


@pytest.mark.parametrize("part", ["tuning", "held out"])
def test_questions_without_an_answer_get_none(figures: dict[str, Any], part: str) -> None:
    shown = figures[part]["shown"]

    assert shown["questions without an answer that are shown something"] <= 0.06
    assert shown["questions with an answer that are shown something"] >= 0.65


def test_other_data_of_the_format_is_judged_without_parts() -> None:
    incident = {
        "kind": "incident",
        "language": "pt",
        "title": "Disco cheio",
        "cause": "logs",
        "outcome": "resolved",
    }
    query = {"kind": "query", "id": "q", "situation": "s", "language": "en", "text": "disk full"}

    figures = similar.evaluate([{**incident, "id": "i", "situation": "s"}, query])

    assert figures["all"]["encoder"]["en → pt"]["recall@1"] == 1
    assert "what is shown" in similar.table({"all": figures})


@pytest.mark.parametrize("records", [[], [{"kind": "query", "id": "q"}]])
def test_data_without_incidents_is_refused(records: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match="needs incidents"):
        similar.evaluate(records)
