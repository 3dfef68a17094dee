"""What people may propose instead, and which numbers are theirs to choose."""

from typing import Any

from shared.domain.action.candidates import possible
from shared.domain.action.editing import MOST_OPTIONS, alternatives, key_of, options, ways, with_numbers
from shared.domain.approvals import action_hash
from tests.fakes.candidates import facts
from tests.fakes.remediation import GOOD, SERVICE, SUSPECT

SCALE_OUT: dict[str, Any] = {"type": "scale_out", "service": "checkout", "instances": 4, "for_minutes": 60}
RESTART: dict[str, Any] = {"type": "restart", "service": "checkout", "through": ["restart"]}


def test_what_answers_the_cause_comes_first_and_the_rest_of_the_catalogue_after_it() -> None:
    runs = {"suspect": SUSPECT, "last_good": GOOD}

    found = possible({"category": "memory_leak", "component": ""}, SERVICE, runs, facts())

    assert [one["type"] for one in found] == ["restart", "restart", "roll_back", "redeploy"]


def test_even_an_unknown_cause_has_possible_actions_and_a_bare_service_has_none() -> None:
    bare = facts(deployed=None, flags=[])

    assert possible({"category": "certificate", "component": ""}, SERVICE, None, facts())
    assert possible({"category": "certificate", "component": ""}, SERVICE, None, bare) == []


def test_the_proposed_action_and_its_like_are_no_alternatives_to_it() -> None:
    stop_start = {**RESTART, "through": ["stop", "start"]}
    more = {**SCALE_OUT, "instances": 6}

    assert alternatives([RESTART, stop_start, SCALE_OUT, more], RESTART) == [SCALE_OUT]
    assert alternatives([RESTART, stop_start, SCALE_OUT, more], more) == [RESTART]


def test_there_are_no_more_alternatives_than_a_status_has_room_for() -> None:
    many = [{"type": "run_pipeline", "service": "checkout", "pipeline_id": number} for number in range(20)]

    large = [{**one, "parameters": {"note": "x" * 900}} for one in many]

    assert len(alternatives(many, RESTART)) == MOST_OPTIONS
    assert len(alternatives(large, RESTART)) == 3


def test_an_action_with_numbers_can_be_chosen_again_with_others() -> None:
    assert list(options({"action": SCALE_OUT, "options": [RESTART]})) == [SCALE_OUT, RESTART]
    assert list(options({"action": RESTART, "options": [SCALE_OUT]})) == [SCALE_OUT]
    assert list(options({"action": RESTART})) == []


def test_only_its_numbers_can_be_chosen() -> None:
    assert with_numbers(SCALE_OUT, {"instances": 6, "service": 1})["instances"] == 6
    assert with_numbers(SCALE_OUT, {"instances": 6, "service": 1})["service"] == "checkout"
    assert with_numbers(RESTART, {"instances": 6}) == RESTART


def test_a_restart_has_two_ways_and_all_else_one() -> None:
    assert [one["through"] for one in ways(RESTART)] == [["restart"], ["stop", "start"]]
    assert ways(SCALE_OUT) == [SCALE_OUT]


def test_an_action_s_key_is_the_beginning_of_its_hash() -> None:
    assert action_hash(RESTART).startswith(key_of(RESTART))
    assert key_of(RESTART) != key_of({**RESTART, "service": "other"})
