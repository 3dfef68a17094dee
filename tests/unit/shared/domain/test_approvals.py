"""A decision counts only for the action that was seen, by somebody who may."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.approvals import action_hash, approvers, approvers_needed, objection, repeats, verdict

ACTION = {"type": "redeploy", "pipeline_id": 7, "run_id": 101}
HASH: str = action_hash(ACTION)
APPROVAL: dict[str, Any] = {"action_hash": HASH, "requested_by": "valueflow", "approvers_needed": 1}


def decision(person: str = "ana", decided: str = "approve", hash_: str = HASH) -> dict[str, Any]:
    return {"decision": decided, "action_hash": hash_, "person_id": person}


def test_the_order_of_an_action_s_fields_does_not_change_its_hash() -> None:
    assert action_hash(ACTION) == action_hash(dict(reversed(ACTION.items())))


@given(st.sampled_from(sorted(ACTION)), st.integers() | st.text())
def test_any_other_value_changes_the_hash(field: str, value: Any) -> None:
    changed = {**ACTION, field: value}
    assert (action_hash(changed) == action_hash(ACTION)) == (changed == ACTION)


def test_an_approval_of_the_very_action_counts() -> None:
    assert objection(APPROVAL, decision()) is None
    assert verdict(APPROVAL, [decision()]) == "approve"


def test_an_approval_of_another_action_does_not() -> None:
    assert "changed" in (objection(APPROVAL, decision(hash_="0" * 64)) or "")
    assert verdict(APPROVAL, [decision(hash_="0" * 64)]) is None


def test_nobody_approves_their_own_request_but_may_withdraw_it() -> None:
    own = {**APPROVAL, "requested_by": "ana"}
    assert objection(own, decision("ana")) is not None
    assert verdict(own, [decision("ana", "refuse")]) == "refuse"


def test_high_risk_needs_two_people() -> None:
    assert (approvers_needed("high"), approvers_needed("medium"), approvers_needed("low")) == (2, 1, 1)


@given(st.lists(st.sampled_from(["ana", "bruno", "carla"])), st.integers(1, 3))
def test_enough_different_people_approve_and_nobody_counts_twice(people: list[str], needed: int) -> None:
    approval = {**APPROVAL, "approvers_needed": needed}
    decided = verdict(approval, [decision(person) for person in people])

    assert (decided == "approve") == (len(set(people)) >= needed)


@given(st.lists(st.sampled_from(["ana", "bruno", "carla"])))
def test_one_refusal_outweighs_any_number_of_approvals(people: list[str]) -> None:
    assert (
        verdict(APPROVAL, [*(decision(person) for person in people), decision("davi", "refuse")]) == "refuse"
    )


ROLE = {**APPROVAL, "role": "Platform.Admin"}
TIMED = {**APPROVAL, "expires_at": "2026-11-21T12:00:00Z", "editable": True}


def test_who_decides_has_the_role_that_the_approval_needs() -> None:
    approver = {**decision(), "roles": ["Platform.Approver"]}
    admin = {**decision(), "roles": ["Platform.Admin"]}

    assert (objection(APPROVAL, approver), objection(ROLE, admin)) == (None, None)
    assert (objection(ROLE, approver), objection(APPROVAL, admin)) == ("role_missing", "role_missing")
    assert verdict(ROLE, [{**approver, "decision": "refuse"}]) is None


def test_a_decision_made_in_time_counts_and_one_made_later_does_not() -> None:
    assert objection(TIMED, {**decision(), "at": "2026-11-21T12:00:00Z"}) is None
    assert objection(TIMED, {**decision(), "at": "2026-11-21T12:00:01Z"}) == "late"


def test_a_decision_on_an_earlier_proposal_of_the_same_action_does_not_count() -> None:
    assert objection(TIMED, {**decision(), "expires_at": TIMED["expires_at"]}) is None
    assert objection(TIMED, {**decision(), "expires_at": "2026-11-21T11:00:00Z"}) == "changed"


def test_an_edit_names_an_action_and_needs_an_approval_that_takes_edits() -> None:
    edit = {**decision(decided="edit"), "action": {"type": "restart"}}

    assert objection(TIMED, edit) is None
    assert objection(APPROVAL, edit) == "not_editable"
    assert objection(TIMED, decision(decided="edit")) == "unknown_decision"
    assert objection({**TIMED, "requested_by": "ana"}, edit) is None


def test_a_refusal_outweighs_an_edit_and_an_edit_outweighs_approvals() -> None:
    edit = {**decision("bia", "edit"), "action": {"type": "restart"}}

    assert verdict(TIMED, [decision(), edit]) == "edit"
    assert verdict(TIMED, [decision(), edit, decision("carla", "refuse")]) == "refuse"


def test_who_says_the_same_again_repeats_it_and_who_refuses_after_approving_does_not() -> None:
    said = [decision("ana"), decision("bia"), decision("ana")]

    assert approvers(said) == ["ana", "bia"]
    assert repeats(said, decision("ana"))
    assert not repeats(said, decision("ana", "refuse"))
    assert not repeats(said, decision("carla"))
