"""Approvals: a typed action, its hash, and who may say yes to exactly that.

The hash binds a decision to the action a person saw; an action that changed needs a new decision, and so does one
that was proposed anew (its time begins anew), whoever allowed it before.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

APPROVE: Literal["approve"] = "approve"
REFUSE: Literal["refuse"] = "refuse"
EDIT: Literal["edit"] = "edit"
DEFAULT_ROLE = "Platform.Approver"


class Decision(TypedDict):
    """What a person said. person_id is stable, person_name is for showing; at: ISO 8601, seconds, UTC.

    roles: those the person had then. expires_at: of the approval that was seen. action: of an edit, the one to propose.
    """

    decision: str
    action_hash: str
    person_id: str
    person_name: str
    at: str
    comment: str
    roles: NotRequired[list[str]]
    expires_at: NotRequired[str]
    action: NotRequired[dict[str, Any]]


def action_hash(action: Mapping[str, Any]) -> str:
    """SHA-256 of the action's canonical JSON."""
    canonical = json.dumps(action, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def approvers_needed(risk: str) -> int:
    """High risk needs two people."""
    return 2 if risk == "high" else 1


def role_of(approval: Mapping[str, Any]) -> str:
    """What who decides must have."""
    return str(approval.get("role") or DEFAULT_ROLE)


def objection(approval: Mapping[str, Any], decision: Mapping[str, Any]) -> str | None:
    """Why this decision does not count: a key of shared.texts ("objection.<key>"), or None when it does."""
    said = decision.get("decision")
    if said not in (APPROVE, REFUSE, EDIT):
        return "unknown_decision"
    if said == EDIT and not isinstance(decision.get("action"), Mapping):
        return "unknown_decision"
    if said == EDIT and not approval.get("editable"):
        return "not_editable"
    if decision.get("action_hash") != approval["action_hash"] or _is_of_another(approval, decision):
        return "changed"
    if not decision.get("person_id"):
        return "no_person"
    if "roles" in decision and role_of(approval) not in decision["roles"]:
        return "role_missing"
    if is_late(approval, str(decision.get("at", ""))):
        return "late"
    if said == APPROVE and decision["person_id"] == approval["requested_by"]:
        return "own_request"
    return None


def is_late(approval: Mapping[str, Any], at: str) -> bool:
    """Whether the approval's time was over then. at: ISO 8601, seconds, UTC, as `expires_at` is."""
    return bool(at) and at > str(approval.get("expires_at") or at)


def verdict(approval: Mapping[str, Any], decisions: Sequence[Mapping[str, Any]]) -> str | None:
    """What was decided: refuse by one valid refusal, else edit by one, else approve by enough different people."""
    valid = [decision for decision in decisions if objection(approval, decision) is None]
    for outweighing in (REFUSE, EDIT):
        if any(decision["decision"] == outweighing for decision in valid):
            return outweighing
    return APPROVE if len(approvers(valid)) >= approval["approvers_needed"] else None


def approvers(decisions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who approved, each once, in the order in which they did."""
    return list(dict.fromkeys(one["person_id"] for one in decisions if one["decision"] == APPROVE))


def repeats(decisions: Sequence[Mapping[str, Any]], decision: Mapping[str, Any]) -> bool:
    """Whether this person said the same before."""
    said = [(one["person_id"], one["decision"]) for one in decisions]
    return (decision["person_id"], decision["decision"]) in said


def _is_of_another(approval: Mapping[str, Any], decision: Mapping[str, Any]) -> bool:
    seen = decision.get("expires_at")
    return seen is not None and seen != approval.get("expires_at")
