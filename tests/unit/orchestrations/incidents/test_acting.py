"""Acting, rehearsed: done once as approved, stopped where things changed, taken back where people want it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrations.incidents.acting import is_automatic
from shared import services
from shared.domain.approvals import action_hash
from tests.fakes.acting import NEW, OLD, SERVICE, ActingWorld, away, lost, refused, twice
from tests.fakes.orchestration import START, Rehearsal

ACTS = ("begin_action", "start_action_run", "get_run", "end_action")


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def world() -> Iterator[ActingWorld]:
    made = ActingWorld()
    services.use(made.vendors.services)
    yield made
    services.use(None)


def steps(play: Rehearsal) -> list[str]:
    return [step["name"] for step in play.statuses[-1]["steps"]]


def decide(play: Rehearsal, decision: str = "approve", *, after_s: float = 3000) -> None:
    """Decide on the undoing, by the hash that is published then."""

    def say() -> None:
        approval = play.statuses[-1]["approval"]
        told = {
            "decision": decision,
            "action_hash": approval["action_hash"],
            "person_id": "ana",
            "person_name": "Ana",
            "at": "2026-11-21T12:00:00Z",
            "comment": "",
        }
        play._raise_event("decision", told)

    play._plan(START + timedelta(seconds=after_s), say)


def test_an_approved_roll_back_runs_the_good_commit_once_and_ends(world: ActingWorld) -> None:
    play = world.rehearse("recent_deployment")

    result = play.run()

    (run,) = world.started()
    (entry,) = world.log()
    assert (result["status"], result["run_id"]) == ("done", 103)
    assert result["finished_at"]
    assert run["resources"]["repositories"]["self"]["version"] == OLD
    assert (entry["type"], entry["state"]) == ("roll_back", "done")
    assert steps(play) == [
        "plan_action",
        "begin_action",
        "start_run",
        "note_started",
        "await_run",
        "end_action",
    ]


def test_the_activities_get_exactly_what_was_approved(world: ActingWorld) -> None:
    play = world.rehearse("recent_deployment")

    result = play.run()

    approved = action_hash(result["proposal"]["action"])
    for name in ("begin_action", "start_action_run"):
        (payload,) = play.payloads(name)
        assert payload["action_hash"] == approved == action_hash(payload["action"])


def test_a_restart_stops_and_starts(world: ActingWorld) -> None:
    assert world.rehearse("memory_leak").run()["status"] == "done"
    assert world.verbs() == ["stop", "start"]


def test_what_was_stopped_is_started_even_when_stopping_failed(world: ActingWorld) -> None:
    world.results = ["failed"]

    result = world.rehearse("memory_leak").run()

    assert (result["status"], world.verbs()) == ("failed", ["stop", "start"])
    assert world.log()[0]["state"] == "failed"


def test_a_start_that_failed_is_tried_once_more_and_then_told(world: ActingWorld) -> None:
    world.results = ["succeeded", "failed", "failed"]

    result = world.rehearse("memory_leak").run()

    assert (result["status"], world.verbs()) == ("failed", ["stop", "start", "start"])
    assert any("may be stopped" in note for note in world.notes)


def test_a_second_start_that_succeeds_is_a_restart(world: ActingWorld) -> None:
    world.results = ["succeeded", "failed", "succeeded"]

    assert world.rehearse("memory_leak").run()["status"] == "done"


def test_what_changed_while_people_decided_is_not_done(world: ActingWorld) -> None:
    play = world.rehearse("recent_deployment", meanwhile=lambda: world.devops.add_run(103, "d" * 40))

    result = play.run()

    assert (result["status"], result["reason"]) == ("changed", "another version was deployed since")
    assert "start_action_run" not in play.activity_names
    assert world.log() == []


def test_without_the_vendors_word_nothing_is_proposed(world: ActingWorld) -> None:
    world.faults["plan_action"] = [away] * 100

    play = world.rehearse("recent_deployment")

    assert play.run() == {"status": "none", "reason": "state_unknown"}
    assert play.elapsed_s <= 180


def test_without_the_vendors_word_nothing_is_begun(world: ActingWorld) -> None:
    world.faults["begin_action"] = [away] * 100

    assert world.rehearse("recent_deployment").run()["status"] == "changed"
    assert world.started() == []


def test_a_run_that_is_refused_or_ends_badly_is_a_failed_action(world: ActingWorld) -> None:
    world.faults["start_action_run"] = [refused]
    refusal = world.rehearse("recent_deployment").run()

    assert (refusal["status"], refusal["reason"]) == ("failed", "no")
    assert world.log()[0]["state"] == "failed"


def test_a_run_that_never_ends_is_a_failed_action(world: ActingWorld) -> None:
    def going(activity: Any, payload: dict[str, Any]) -> dict[str, Any]:
        return {"status": "done", "value": {"state": "inProgress", "result": "", "finished_at": None}}

    world.faults["get_run"] = [going] * 1000

    result = world.rehearse("recent_deployment").run()

    assert result["status"] == "failed"
    assert "103" in result["reason"]


def test_where_the_owner_allows_it_nobody_is_asked_and_everybody_told(world: ActingWorld) -> None:
    world.register(automation={**SERVICE["automation"], "allow": ["restart"]})

    result = world.rehearse("memory_leak").run()

    assert is_automatic(result["proposal"])
    assert (result["status"], world.verbs()) == ("done", ["stop", "start"])
    assert any("without an approval" in note for note in world.notes)
    assert world.facts[0]["decided"] == "automatic"
    assert world.facts[0]["rules"] == ["known_and_small"]


def test_after_two_times_the_next_answer_is_proposed_and_then_none(world: ActingWorld) -> None:
    done = []
    for number in range(6):
        play = world.rehearse("memory_leak")
        play.instance_id = f"op-{number}"
        result = play.run()
        done.append(result["proposal"]["action"]["type"] if "proposal" in result else result["reason"])

    assert done[:2] == ["restart", "restart"]
    assert "restart" not in done[2:]
    assert done[-1] != "restart"
    assert sum(entry["type"] == "restart" for entry in world.log()) == 2


def test_a_flag_is_switched_off_and_on_again_by_an_approval_of_its_own(world: ActingWorld) -> None:
    play = world.rehearse("dependency", undo=True)
    decide(play, after_s=60)

    result = play.run()

    assert (result["status"], result["undone"]) == ("done", "undone")
    assert world.flags.enabled("new-cart")
    assert [entry["type"] for entry in world.log()] == [
        "disable_feature_flag",
        "undo:enable_feature_flag",
    ]
    assert play.statuses[-1]["case"]["action_text"].startswith("switch feature new-cart of checkout on")


def test_a_roll_back_is_taken_back_to_what_it_replaced(world: ActingWorld) -> None:
    play = world.rehearse("recent_deployment", undo=True)
    decide(play, after_s=600)

    result = play.run()

    commits = [run["resources"]["repositories"]["self"]["version"] for run in world.started()]
    assert (result["undone"], commits) == ("undone", [OLD, NEW])


@pytest.mark.parametrize("said", ["refuse", None])
def test_without_a_yes_nothing_is_taken_back(world: ActingWorld, said: str | None) -> None:
    play = world.rehearse("recent_deployment", undo=True)
    if said:
        decide(play, said, after_s=600)

    assert play.run()["undone"] == "declined"
    assert len(world.started()) == 1


def test_a_decision_on_the_action_does_not_count_for_its_undoing(world: ActingWorld) -> None:
    play = world.rehearse("recent_deployment", undo=True)
    old = {
        "decision": "approve",
        "action_hash": "0" * 64,
        "person_id": "ana",
        "person_name": "Ana",
        "at": "",
        "comment": "",
    }
    play.event("decision", old, after_s=600)

    assert play.run()["undone"] == "declined"


def test_what_has_no_way_back_says_so(world: ActingWorld) -> None:
    result = world.rehearse("memory_leak", undo=True).run()

    assert result["undone"] == "not_possible"
    assert any("Nothing to undo" in note for note in world.notes)


def test_more_instances_are_taken_back_when_their_time_is_over(world: ActingWorld) -> None:
    world.devops.takes = None
    play = world.rehearse("saturation")

    result = play.run()

    instances = [run["templateParameters"]["instances"] for run in world.started()]
    assert (result["status"], instances) == ("done", ["4", "2"])
    assert play.elapsed_s >= 3600
    assert steps(play)[-5:] == [
        "hold_scale",
        "start_run_scale_back",
        "note_started_scale_back",
        "await_run_scale_back",
        "note_scaled_back",
    ]
    assert any("back to 2 instances" in note for note in world.notes)


def test_a_scale_that_does_not_come_back_is_told(world: ActingWorld) -> None:
    world.devops.takes = None
    world.results = ["succeeded", "failed"]
    play = world.rehearse("saturation")

    play.run()

    assert any("A person is needed" in note for note in world.notes)
    assert "post_card" in play.activity_names


def test_every_step_has_a_name_and_a_key_of_its_own(world: ActingWorld) -> None:
    world.results = ["succeeded", "failed", "succeeded"]
    play = world.rehearse("memory_leak", undo=True)

    play.run()

    keys = [(name, payload["key"]) for name, payload in play.calls if name != "get_run"]
    assert len(set(keys)) == len(keys)


faults = st.lists(st.sampled_from([away, lost, twice]), max_size=3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(dict.fromkeys(ACTS, faults)), st.sampled_from(["memory_leak", "recent_deployment"])
)
def test_whatever_is_killed_lost_or_delivered_twice_it_is_done_once(
    planned: dict[str, list[Any]], category: str
) -> None:
    world = ActingWorld()
    services.use(world.vendors.services)
    try:
        world.faults = {name: list(each) for name, each in planned.items()}
        result = world.rehearse(category).run()
    finally:
        services.use(None)

    assert result["status"] == "done"
    assert world.verbs() == (["stop", "start"] if category == "memory_leak" else ["apply"])
    assert [entry["state"] for entry in world.log()] == ["done"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries(dict.fromkeys(("begin_action", "switch_flag", "end_action"), faults)))
def test_a_flag_is_switched_once_whatever_happens(planned: dict[str, list[Any]]) -> None:
    world = ActingWorld()
    services.use(world.vendors.services)
    try:
        world.faults = {name: list(each) for name, each in planned.items()}
        result = world.rehearse("dependency").run()
    finally:
        services.use(None)

    assert result["status"] == "done"
    assert not world.flags.enabled("new-cart")
    assert len(world.flags.sent("PUT")) == 1
