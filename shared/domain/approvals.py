"""Approvals: a typed action, its hash, and who may say yes to exactly that.

The hash binds a decision to the action a person saw; an action that changed needs a new decision.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

APPROVE: Literal["approve"] = "approve"
REFUSE: Literal["refuse"] = "refuse"


class Decision(TypedDict):
    """What a person said. person_id is stable, person_name is for showing; at: ISO 8601."""

    decision: str
    action_hash: str
    person_id: str
    person_name: str
    at: str
    comment: str


def action_hash(action: Mapping[str, Any]) -> str:
    """SHA-256 of the action's canonical JSON."""
    canonical = json.dumps(action, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def approvers_needed(risk: str) -> int:
    """High risk needs two people."""
    return 2 if risk == "high" else 1


def objection(approval: Mapping[str, Any], decision: Mapping[str, Any]) -> str | None:
    """Why this decision does not count, or None when it does."""
    if decision.get("decision") not in (APPROVE, REFUSE):
        return "the decision must be approve or refuse"
    if decision.get("action_hash") != approval["action_hash"]:
        return "the action has changed since it was shown"
    if not decision.get("person_id"):
        return "the decision names no person"
    if decision["decision"] == APPROVE and decision["person_id"] == approval["requested_by"]:
        return "nobody approves their own request"
    return None


def verdict(approval: Mapping[str, Any], decisions: Sequence[Mapping[str, Any]]) -> str | None:
    """What was decided: refuse by one valid refusal, approve by enough different people, else None."""
    valid = [decision for decision in decisions if objection(approval, decision) is None]
    if any(decision["decision"] == REFUSE for decision in valid):
        return REFUSE
    people = {decision["person_id"] for decision in valid}
    return APPROVE if len(people) >= approval["approvers_needed"] else None
