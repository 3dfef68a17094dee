"""A problem's identity and how it is read from an event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.incident.problems import from_event_data, instance_id, start_from_id
from shared.errors import PoisonMessage


def test_the_start_time_inside_a_problem_id_is_read() -> None:
    assert start_from_id("-5484926423489872843_1620224220000V2") == 1620224220000
    assert start_from_id("99999") is None


def test_one_problem_id_at_two_times_is_two_instances() -> None:
    assert instance_id("P1", 1) != instance_id("P1", 2)


@given(st.text(min_size=1), st.integers(1, 10**13))
def test_an_instance_id_is_safe_in_addresses_and_short_enough_for_a_correlation_id(
    pid: str, start: int
) -> None:
    made = instance_id(pid, start)

    assert made.replace("-", "").replace("_", "").isalnum()
    assert made.isascii()
    assert len(made) <= 100


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_problem_ids_never_share_an_instance(first: str, second: str) -> None:
    assert (instance_id(first, 1) == instance_id(second, 1)) == (first == second)


def test_what_is_missing_is_filled_with_nothing() -> None:
    problem = from_event_data({"problem_id": "P1", "state": "OPEN"})

    assert problem["title"] == "P1"
    assert problem["entities"] == []
    assert problem["start_ms"] is None


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({}, "problem_id, state"),
        ({"problem_id": 5, "state": "OPEN"}, "problem_id"),
        ({"problem_id": "P1", "state": ""}, "state"),
        ({"problem_id": "P1", "state": "OPEN", "start_ms": "soon"}, "start_ms"),
        ({"problem_id": "P1", "state": "OPEN", "start_ms": -1}, "start_ms"),
        ({"problem_id": "P1", "state": "OPEN", "entities": "x"}, "entities"),
        ({"problem_id": "P1", "state": "OPEN", "entities": ["x"]}, "entities"),
    ],
)
def test_what_cannot_be_read_is_poison_and_says_why(data: dict[str, object], named: str) -> None:
    with pytest.raises(PoisonMessage, match=named):
        from_event_data(data)
