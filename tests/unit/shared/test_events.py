"""Events: the same fact has the same id, and the JSON is a CloudEvent."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.events import event_id, new_event


def test_saying_a_fact_twice_is_the_same_event() -> None:
    first = new_event("problem.opened", "/dynatrace", ("P1", "1"), {"a": 1})
    again = new_event("problem.opened", "/dynatrace", ("P1", "1"), {"a": 2})

    assert first.id == again.id


def test_other_facts_of_the_same_thing_are_other_events() -> None:
    opened = new_event("problem.opened", "/dynatrace", ("P1",), {})
    resolved = new_event("problem.resolved", "/dynatrace", ("P1",), {})

    assert opened.id != resolved.id


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\x1f")), min_size=1), st.data())
def test_ids_differ_when_any_part_differs(parts: list[str], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(parts) - 1))
    other = [*parts[:index], parts[index] + "x", *parts[index + 1 :]]

    assert event_id(*parts) != event_id(*other)


def test_the_json_is_one_line_with_the_required_attributes() -> None:
    event = new_event("t", "/s", ("1",), {"text": "a\nb"}, subject="x", time=datetime(2026, 1, 1, tzinfo=UTC))

    text = event.to_json()

    assert "\n" not in text
    told = json.loads(text)
    assert told | {"id": event.id} == {
        "specversion": "1.0",
        "id": event.id,
        "source": "/s",
        "type": "t",
        "subject": "x",
        "time": "2026-01-01T00:00:00Z",
        "datacontenttype": "application/json",
        "data": {"text": "a\nb"},
    }
