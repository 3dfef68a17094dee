"""People decide, all at once and too late, and propose other actions: who is counted, for what, and how often."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrations.activities import actions
from orchestrations.incidents.acting import Acting
from orchestrations.incidents.revising import decide_with_edits, editable
from orchestrations.saga import Saga
from orchestrations.telling import Teller
from shared import services
from shared.domain.action.editing import MOST_EDITS, MOST_TRIES
from shared.domain.approvals import action_hash
from shared.domain.incident.case import Case
from shared.runbooks.policies import policies
from tests.fakes.acting import INCIDENT, PROBLEM, RUNS, ActingWorld, _Orchestrator, away
from tests.fakes.orchestration import START, Activity, Outcome, Rehearsal, done
from tests.fakes.remediation import POLICY

APPROVER, ADMIN = "Platform.Approver", "Platform.Admin"
TIME_S = POLICY["approval_timeout_s"]


def asking(context: Any, request: dict[str, Any]) -> Any:
    """Propose, ask, and do what was allowed."""
    saga = Saga(context, "ask", POLICY)
    tell = Teller(context, saga, "en")
    tell.incident = INCIDENT
    acting = Acting(context, saga, tell, POLICY, fingerprint="f", public_url="https://app.example")
    diagnosis = {"category": request["category"], "component": "", "confidence": 0.9}
    proposal = yield from acting.plan(diagnosis, request["service"], RUNS, [], PROBLEM)
    approval = editable(acting.approval(proposal, "valueflow"), proposal)
    case = Case(title="t", service="checkout", action_text="as proposed", risk=proposal["risk"])  # type: ignore[typeddict-item]
    saga.show(approval=approval, case=case)
    told = yield from decide_with_edits(acting, proposal, approval, case, events=dict)
    if told.decided == "approve" and request["acts"]:
        yield from acting.carry_out(told.proposal, told.approval)
    return told


class AskingWorld(ActingWorld):
    def ask(self, category: str = "recent_deployment", *, acts: bool = False) -> Rehearsal:
        asked = {"category": category, "service": self.service, "acts": acts}
        return Rehearsal(_Orchestrator(asking), asked, self.activities())

    def activities(self) -> dict[str, Activity]:
        real = self._at_fault("plan_edited", self._real(actions.plan_edited))
        return {**super().activities(), "plan_edited": real}


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def world() -> Iterator[AskingWorld]:
    made = AskingWorld()
    services.use(made.vendors.services)
    yield made
    services.use(None)


def shown(play: Rehearsal) -> dict[str, Any]:
    """The approval as people see it."""
    approval: dict[str, Any] = play.statuses[-1]["approval"]
    return approval


def say(
    play: Rehearsal, person: str, decision: str = "approve", *, after_s: float = 60, **changes: Any
) -> None:
    """Have a person decide on what is shown then. changes: of the decision; option: which one an edit chooses."""
    option = changes.pop("option", 0)

    def decide() -> None:
        approval = shown(play)
        told = {
            "decision": decision,
            "action_hash": approval["action_hash"],
            "expires_at": approval["expires_at"],
            "person_id": person,
            "person_name": person.title(),
            "at": play.current_utc_datetime.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "comment": "",
            "roles": [APPROVER],
        }
        if decision == "edit":
            told["action"] = approval["options"][option]
        play._raise_event("decision", {**told, **changes})

    play._plan(START + timedelta(seconds=after_s), decide)


def option_of(play: Rehearsal, type_: str) -> int:
    """Where the action of this type is among what may be proposed instead."""
    return [each["type"] for each in play.statuses[-1]["approval"]["options"]].index(type_)


def test_one_person_allows_what_needs_one(world: AskingWorld) -> None:
    play = world.ask(acts=True)
    say(play, "ana")

    told = play.run()

    assert (told.decided, told.approval["approved_by"]) == ("approve", ["ana"])
    assert world.verbs() == ["apply"]


def test_nobody_in_time_is_a_refusal_and_what_comes_later_has_no_effect(world: AskingWorld) -> None:
    play = world.ask(acts=True)
    say(play, "ana", after_s=TIME_S + 1)

    assert play.run().decided == "expired"
    assert world.started() == []


def test_a_decision_made_after_the_time_does_not_count_however_late_the_timer_is(world: AskingWorld) -> None:
    play = world.ask()
    say(play, "ana", at="2099-01-01T00:00:00Z")

    assert play.run().decided == "expired"


def test_the_same_person_twice_counts_once(world: AskingWorld) -> None:
    world.register(tier=1)
    play = world.ask()
    for after_s in (60, 60, 90):
        say(play, "ana", after_s=after_s)

    told = play.run()

    assert (told.decided, told.approval["approved_by"]) == ("expired", ["ana"])
    assert len(told.decisions) == 1


def test_two_people_at_once_are_two_and_no_more_are_needed(world: AskingWorld) -> None:
    world.register(tier=1)
    play = world.ask()
    say(play, "ana")
    say(play, "bia")

    told = play.run()

    assert (told.decided, told.approval["approved_by"]) == ("approve", ["ana", "bia"])
    assert play.elapsed_s == 60


@pytest.mark.parametrize("order", [("approve", "refuse"), ("refuse", "approve")])
def test_one_approves_and_one_refuses_at_once_is_a_refusal(
    world: AskingWorld, order: tuple[str, str]
) -> None:
    play = world.ask(acts=True)
    say(play, "ana", order[0])
    say(play, "bia", order[1])

    assert play.run().decided == "refuse"
    assert world.started() == []


def test_one_approves_and_one_edits_at_once_asks_anew(world: AskingWorld) -> None:
    play = world.ask()
    say(play, "ana")
    say(play, "bia", "edit")

    told = play.run()

    assert (told.decided, told.approval["requested_by"]) == ("expired", "bia")
    assert told.approval["approved_by"] == []


@pytest.mark.parametrize("roles", [[], [ADMIN], ["Platform.Reader"]])
def test_who_lacks_the_role_does_not_count(world: AskingWorld, roles: list[str]) -> None:
    play = world.ask()
    for decision in ("approve", "refuse", "edit"):
        say(play, "ana", decision, roles=roles)

    told = play.run()

    assert (told.decided, told.decisions) == ("expired", [])


def test_a_changed_action_does_not_count(world: AskingWorld) -> None:
    play = world.ask()
    say(play, "ana", action_hash="0" * 64)

    assert play.run().decided == "expired"


def test_an_edit_is_a_new_proposal_that_another_person_allows(world: AskingWorld) -> None:
    play = world.ask(acts=True)
    say(play, "ana", "edit")
    say(play, "bia", after_s=90)

    told = play.run()

    edited = told.approval["action"]
    assert told.decided == "approve"
    assert edited["type"] != "roll_back"
    assert told.approval["action_hash"] == action_hash(edited)
    assert told.approval["edited_from"] == action_hash(_first(play))
    assert (told.approval["requested_by"], told.approval["edited_by"]) == ("ana", "Ana")
    assert told.proposal["action"] == edited
    assert world.log()[0]["type"] == edited["type"]


def _first(play: Rehearsal) -> dict[str, Any]:
    """The action that was proposed first."""
    action: dict[str, Any] = next(each["approval"]["action"] for each in play.statuses if "approval" in each)
    return action


def test_who_edited_cannot_allow_their_own_edit(world: AskingWorld) -> None:
    play = world.ask(acts=True)
    say(play, "ana", "edit")
    say(play, "ana", after_s=90)

    told = play.run()

    assert (told.decided, told.approval["approved_by"]) == ("expired", [])
    assert world.started() == []


def test_what_was_approved_before_an_edit_is_void(world: AskingWorld) -> None:
    always_two = {**policies(), "freezes": [], "needs": [{"name": "two", "approvers": 2}]}
    world.vendors.services.__dict__["policies"] = always_two
    play = world.ask()
    say(play, "bia", after_s=30)
    say(play, "ana", "edit")
    say(play, "carla", after_s=90)

    told = play.run()

    assert told.approval["approvers_needed"] == 2
    assert (told.decided, told.approval["approved_by"]) == ("expired", ["carla"])
    assert [(one["person_id"], one["decision"]) for one in told.earlier] == [
        ("bia", "approve"),
        ("ana", "edit"),
    ]


def test_an_approval_of_the_first_proposal_does_not_count_when_it_comes_back(world: AskingWorld) -> None:
    play = world.ask()
    seen: dict[str, Any] = {}
    play._plan(START + timedelta(seconds=10), lambda: seen.update(shown(play)))
    say(play, "ana", "edit", after_s=20)
    play._plan(
        START + timedelta(seconds=40),
        lambda: say(play, "bia", "edit", after_s=40, option=option_of(play, "roll_back")),
    )

    def late() -> None:
        assert shown(play)["action_hash"] == seen["action_hash"]
        say(play, "carla", after_s=60, expires_at=seen["expires_at"])

    play._plan(START + timedelta(seconds=60), late)

    told = play.run()

    assert (told.decided, told.approval["action_hash"]) == ("expired", seen["action_hash"])
    assert told.approval["approved_by"] == []


def test_the_time_begins_anew_with_an_edit(world: AskingWorld) -> None:
    play = world.ask()
    say(play, "ana", "edit", after_s=TIME_S - 60)
    say(play, "bia", after_s=TIME_S + 600)

    assert play.run().decided == "approve"


def test_everybody_is_told_of_an_edit_and_it_is_in_the_audit_trail(world: AskingWorld) -> None:
    play = world.ask()
    say(play, "bia", after_s=30, decision="edit")

    told = play.run()

    (card,) = [
        each["card"] for each in play.payloads("post_card") if each["key"].endswith("announce_edited_1")
    ]
    (audit,) = [fact for fact in world.facts if fact.get("decided") == "edit"]
    assert "Bia proposed another action" in card["body"][0]["text"]
    assert card["actions"][0]["url"].startswith("https://app.example/api/approvals/")
    assert audit["action_hash"] == action_hash(_first(play))
    assert audit["edited_to"] == told.approval["action_hash"]
    assert audit["decisions"] == [{"decision": "edit", "person_id": "bia", "at": "2026-11-21T12:00:30Z"}]
    assert any("Bia proposed another action; earlier approvals are void" in note for note in world.notes)
    assert play.statuses[-1]["case"]["action_text"] == told.case["action_text"] != "as proposed"


def test_an_edit_that_cannot_be_done_says_why_and_leaves_all_as_it_was(world: AskingWorld) -> None:
    play = world.ask(acts=True)
    other = {"type": "run_pipeline", "service": "checkout", "project": "Payments", "pipeline_id": 9}
    other |= {"pipeline": "rm-rf", "ref_name": "refs/heads/main", "parameters": {}}
    say(play, "ana", "edit", action=other)
    say(play, "ana", after_s=90)

    told = play.run()

    assert (told.decided, told.approval["action"]) == ("approve", _first(play))
    assert told.approval["edit_refused"] == {"by": "Ana", "reason": "not_listed"}
    assert any("on the service's list" in note or "wanted another action" in note for note in world.notes)
    assert [one["decision"] for one in told.decisions] == ["approve"]
    assert world.verbs() == ["apply"]


def test_an_edit_that_cannot_be_done_does_not_lengthen_the_time(world: AskingWorld) -> None:
    play = world.ask()
    say(play, "ana", "edit", action={"type": "scale_back"}, after_s=TIME_S - 10)

    assert play.run().decided == "expired"
    assert play.elapsed_s == TIME_S


def test_an_edit_that_nobody_can_check_leaves_all_as_it_was(world: AskingWorld) -> None:
    world.faults["plan_edited"] = [away] * 50
    play = world.ask()
    say(play, "ana", "edit")

    told = play.run()

    assert (told.decided, told.approval["edit_refused"]["reason"]) == ("expired", "state_unknown")


def test_more_instances_than_the_owner_allows_cannot_be_proposed(world: AskingWorld) -> None:
    world.devops.takes = None
    play = world.ask("saturation")
    say(play, "ana", "edit", action={**_scaled(world), "instances": 7})
    say(play, "bia", "edit", action={**_scaled(world), "instances": 6, "for_minutes": 10}, after_s=90)

    told = play.run()

    assert any("the owner allows other numbers" in note for note in world.notes)
    assert (told.approval["action"]["instances"], told.approval["action"]["for_minutes"]) == (6, 10)


def _scaled(world: AskingWorld) -> dict[str, Any]:
    rehearsed = world.ask("saturation").run()
    action: dict[str, Any] = rehearsed.approval["action"]
    assert action["type"] == "scale_out"
    return action


def test_what_would_run_by_itself_needs_a_person_once_it_is_edited(world: AskingWorld) -> None:
    world.register(automation={"allow": ["restart", "disable_feature_flag"]})
    play = world.ask()
    play._plan(
        START + timedelta(seconds=10),
        lambda: say(play, "ana", "edit", after_s=10, option=option_of(play, "restart")),
    )

    told = play.run()

    assert (told.approval["action"]["type"], told.approval["approvers_needed"]) == ("restart", 1)
    assert told.decided == "expired"


def test_after_so_many_edits_there_are_no_more(world: AskingWorld) -> None:
    play = world.ask()
    for number in range(MOST_EDITS + 2):
        say(play, f"person-{number}", "edit", after_s=60 * (number + 1))

    told = play.run()

    assert play.activity_names.count("plan_edited") == MOST_EDITS
    assert told.approval["editable"] is False
    assert (told.decided, told.approval["requested_by"]) == ("expired", f"person-{MOST_EDITS - 1}")


def test_people_may_not_try_for_ever(world: AskingWorld) -> None:
    play = world.ask()
    for number in range(MOST_TRIES + 5):
        say(play, "ana", "edit", action={"type": f"no-{number}"}, after_s=60 + number)

    told = play.run()

    assert play.activity_names.count("plan_edited") == MOST_TRIES
    assert (told.decided, told.approval["editable"]) == ("expired", False)


def test_reminders_come_for_an_edited_proposal_too(world: AskingWorld) -> None:
    play = world.ask()
    say(play, "ana", "edit")

    play.run()

    keys = [payload["key"].partition("/")[2] for payload in play.payloads("post_card")]
    assert keys == ["announce_edited_1", "remind_edited_1", "escalate_edited_1"]


def test_every_step_has_a_key_of_its_own(world: AskingWorld) -> None:
    play = world.ask()
    say(play, "ana", "edit", action={"type": "none"}, after_s=30)
    say(play, "ana", "edit")
    say(play, "bia", "edit", after_s=90)

    play.run()

    keys = [payload["key"] for _, payload in play.calls]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("sent", [None, "restart", [], 3])
def test_an_edit_without_an_action_does_not_count(world: AskingWorld, sent: Any) -> None:
    play = world.ask()
    say(play, "ana", "edit", action=sent)

    told = play.run()

    assert (told.decided, told.decisions) == ("expired", [])


ACTIONS = [{"type": "restart", "service": "checkout", "n": number} for number in range(3)]
said = st.fixed_dictionaries(
    {
        "person_id": st.sampled_from(["valueflow", "ana", "bia", "carla", ""]),
        "decision": st.sampled_from(["approve"] * 6 + ["edit", "refuse", "nonsense"]),
        "roles": st.sampled_from([[APPROVER]] * 4 + [[], [ADMIN], [APPROVER, ADMIN]]),
        "of": st.sampled_from(["present"] * 4 + ["first", "another"]),
        "edits_to": st.integers(0, 2),
        "pause_s": st.sampled_from([0, 0, 0, 5, 400]),
    }
)


def proposal_of(action: dict[str, Any], approvers: int) -> dict[str, Any]:
    judgement = {"verdict": "ask", "approvers": approvers, "role": APPROVER, "rules": [], "reason": ""}
    return {"action": action, "risk": "low", "reason": "", "judgement": judgement, "options": ACTIONS}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(said, max_size=14), st.integers(1, 2))
def test_nothing_is_allowed_without_enough_people_who_may_and_saw_it(
    sequence: list[dict[str, Any]], needed: int
) -> None:
    def planned(payload: dict[str, Any]) -> Outcome:
        return done(**proposal_of(payload["action"], needed))

    told = {
        name: lambda payload: done(result="created")
        for name in ("add_work_note", "post_card", "publish_event")
    }
    play = Rehearsal(
        _Orchestrator(asking),
        {"category": "c", "service": {"name": "checkout", "dynatrace": {"entity_id": "e"}}, "acts": False},
        {
            **told,
            "plan_action": lambda payload: done(**proposal_of(ACTIONS[0], needed)),
            "plan_edited": planned,
        },
    )
    heard: list[dict[str, Any]] = []

    def tell(one: dict[str, Any]) -> None:
        present = shown(play)
        seen = {"present": present["action_hash"], "first": action_hash(ACTIONS[0]), "another": "0" * 64}
        decision = {
            **{name: one[name] for name in ("person_id", "decision", "roles")},
            "person_name": one["person_id"],
            "action_hash": seen[one["of"]],
            "expires_at": present["expires_at"],
            "at": play.current_utc_datetime.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "comment": "",
            "action": ACTIONS[one["edits_to"]],
        }
        heard.append({**decision, "of": present})
        play._raise_event("decision", decision)

    at_s = 10.0
    for one in sequence:
        at_s += one["pause_s"]
        play._plan(START + timedelta(seconds=at_s), lambda one=one: tell(one))

    result = play.run()

    approval = result.approval
    mine = [
        one
        for one in heard
        if one["action_hash"] == approval["action_hash"]
        and one["of"]["expires_at"] == approval["expires_at"]
        and APPROVER in one["roles"]
        and one["person_id"] not in ("", approval["requested_by"])
    ]
    people = {one["person_id"] for one in mine if one["decision"] == "approve"}
    if result.decided == "approve":
        assert len(people) >= needed
        assert set(approval["approved_by"]) <= people
        assert len(set(approval["approved_by"])) == len(approval["approved_by"])
        assert action_hash(approval["action"]) == approval["action_hash"]
    if result.decided == "expired":
        assert len(people) < needed
