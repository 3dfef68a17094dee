"""A decision counts only for the action that was seen, by somebody who may."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.approvals import action_hash, approvers_needed, objection, verdict

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
