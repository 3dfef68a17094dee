from enum import StrEnum
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from sandbox.vendors.openai.prompt import evidence
from sandbox.vendors.openai.strict import schema_fault
from sandbox.vendors.openai.structured import Filler

EVIDENCE = {
    "E1": "metric: error rate 20 %",
    "E2": "deployment: deployed 5 minutes before",
    "E3": "log: time-outs",
}


def filled(schema: dict[str, Any], known: dict[str, str] | None = None) -> Any:
    return Filler(schema, EVIDENCE if known is None else known).answer()


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=40, max_length=50)
    weight: float = Field(gt=0, lt=1)


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["tree"]
    colour: Colour
    maybe: int | None
    either: Leaf | str
    leaves: list[Leaf] = Field(min_length=2, max_length=4)
    count: int = Field(ge=3, multiple_of=5)
    good: bool
    child: "Tree | None"


def test_the_answer_to_a_pydantic_schema_is_valid_for_it_even_when_it_is_recursive() -> None:
    Tree.model_validate(filled(Tree.model_json_schema()))


@given(st.integers(-100, 100), st.integers(0, 50))
def test_numbers_lie_within_their_bounds(low: int, span: int) -> None:
    high = low + span

    assert low <= filled({"type": "integer", "minimum": low, "maximum": high}) <= high
    assert low <= filled({"type": "number", "minimum": low, "maximum": high}) <= high
    assert filled({"type": "number", "exclusiveMinimum": low}) > low


def test_the_category_is_the_one_the_evidence_speaks_of_and_its_evidence_is_cited_first() -> None:
    schema = {
        "type": "object",
        "properties": {
            "category": {"enum": ["dependency", "recent_deployment", "unknown"]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "evidence_ids": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
            "hypothesis": {"type": "string", "maxLength": 600},
        },
    }

    answer = filled(schema)

    assert answer["category"] == "recent_deployment"
    assert answer["evidence_ids"] == ["E2", "E1"]
    assert answer["confidence"] == 0.62
    assert answer["hypothesis"].startswith("Simulated answer on recent deployment")


def test_without_telling_evidence_the_category_is_unknown_and_nothing_is_cited() -> None:
    schema = {
        "type": "object",
        "properties": {
            "category": {"enum": ["dependency", "unknown"]},
            "evidence_ids": {"type": "array", "items": {"type": "string"}},
        },
    }

    assert filled(schema) == {"category": "unknown", "evidence_ids": []}


def test_a_choice_without_hints_is_the_first() -> None:
    assert filled({"enum": ["green", "blue"]}) == "green"
    assert filled({"const": 7}) == 7


@pytest.mark.parametrize(
    ("content", "known"),
    [
        (
            "E1: slow\nnothing here\nE2 and E3 fail",
            {"E1": "E1: slow", "E2": "E2 and E3 fail", "E3": "E2 and E3 fail"},
        ),
        ('{"evidence": [{"id": "E7", "kind": "metric"}, {"id": "X"}]}', {"E7": "metric"}),
        ([{"type": "text", "text": "E4 up"}], {"E4": "E4 up"}),
        (None, {}),
    ],
)
def test_evidence_is_found_in_lines_and_in_json(content: object, known: dict[str, str]) -> None:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "E99 is an example"},
        {"role": "user", "content": content},
    ]

    assert evidence(messages) == known


def test_a_strict_schema_must_close_and_require_everything() -> None:
    closed = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }

    assert schema_fault(closed) == ""
    assert "additionalProperties" in schema_fault({**closed, "additionalProperties": True})
    assert "Missing 'a'" in schema_fault({**closed, "required": []})
    inner = {**closed, "properties": {"a": {"type": "array", "items": {**closed, "required": []}}}}
    assert "items" in schema_fault(inner)
    assert schema_fault({"type": "array"})
