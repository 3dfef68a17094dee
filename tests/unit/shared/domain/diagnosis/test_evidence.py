"""A bundle is numbered, bounded and honest about what it lacks, whatever its collectors give."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.diagnosis import evidence

ITEM: dict[str, Any] = {"source": "dynatrace", "kind": "metric", "text": "latency"}
facts = st.dictionaries(
    st.text(max_size=20),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=400),
        st.lists(st.text(), max_size=30),
        st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    ),
    max_size=30,
)
items = st.builds(
    lambda kind, text, told: {**ITEM, "kind": kind, "text": text, "facts": told},
    st.sampled_from(["metric", "log", "run"]),
    st.text(max_size=600),
    facts,
)


def several(count: int, kind: str = "metric") -> list[dict[str, Any]]:
    return [{**ITEM, "kind": kind, "text": f"{kind} {number}"} for number in range(count)]


def test_items_are_numbered_in_the_order_of_their_collectors() -> None:
    made = evidence.bundle([several(2), several(1, "log")], [])

    assert [(item["id"], item["text"]) for item in made["items"]] == [
        *(("E1", "metric 0"), ("E2", "metric 1"), ("E3", "log 0"))
    ]


def test_an_item_without_moment_link_and_facts_is_one_all_the_same() -> None:
    (item,) = evidence.bundle([[ITEM]], [])["items"]

    assert (item["at"], item["link"], item["facts"]) == ("", "", {})


def test_no_collector_crowds_out_another_and_what_is_left_out_is_said() -> None:
    made = evidence.bundle([several(60), several(3, "run"), several(30, "log")], [])

    kinds = [item["kind"] for item in made["items"]]
    assert (kinds.count("run"), len(kinds)) == (3, evidence.MOST_ITEMS)
    assert abs(kinds.count("metric") - kinds.count("log")) <= 1
    assert [item["text"] for item in made["items"]][:3] == ["metric 0", "metric 1", "metric 2"]
    assert made["missing"] == [
        {"source": "log", "reason": "left out: a bundle holds at most 40 items, 12 more were found"},
        {"source": "metric", "reason": "left out: a bundle holds at most 40 items, 41 more were found"},
    ]


def test_what_is_missing_comes_with_its_reason() -> None:
    gap = evidence.Missing(source="logs", reason="no answer in 8 s")

    assert evidence.bundle([], [gap])["missing"] == [gap]


@settings(max_examples=40)
@given(st.lists(st.lists(items, max_size=30), max_size=6))
def test_a_bundle_is_small_plain_json_whatever_was_found(found: list[list[dict[str, Any]]]) -> None:
    made = evidence.bundle(found, [])

    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert len(made["items"]) == min(evidence.MOST_ITEMS, sum(map(len, found)))
    for item in made["items"]:
        assert len(item["text"]) <= evidence.MOST_CHARACTERS
        assert len(item["facts"]) <= evidence.MOST_FACTS
        assert all(not isinstance(value, dict) for value in item["facts"].values())


@settings(max_examples=15)
@given(st.lists(st.lists(items, max_size=30), max_size=6))
def test_the_same_findings_make_the_same_bundle(found: list[list[dict[str, Any]]]) -> None:
    assert evidence.bundle(found, []) == evidence.bundle(found, [])
