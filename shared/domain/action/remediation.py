"""What may be done about a cause: one typed action of the catalogue, or none and why not. Pure."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from shared.domain.action import actions, editing
from shared.domain.action.action_policy import Judgement, risk_of
from shared.domain.action.actions import Action
from shared.domain.action.candidates import Facts, candidates, possible
from shared.domain.approvals import action_hash


class Proposal(TypedDict):
    """action is None where nothing safe can be proposed; reason then names a sentence ("handed_over.<reason>").

    considered: better candidates that cannot be done, as {"type", "reason"}. judgement: whom the action needs.
    verification: {"indicator", "within_minutes"}, as the action's runbook says. confidence: of the cause, as judged.
    options: what people may propose instead. migration: whether the suspect run changed a database.
    """

    action: Action | None
    risk: str
    reason: str
    considered: NotRequired[list[dict[str, str]]]
    judgement: NotRequired[Judgement]
    blast_radius: NotRequired[str]
    verification: NotRequired[dict[str, Any]]
    confidence: NotRequired[float]
    options: NotRequired[list[Action]]
    migration: NotRequired[bool]


def propose(
    diagnosis: Mapping[str, Any],
    service: Mapping[str, Any] | None,
    runs: Mapping[str, Any] | None,
    facts: Facts,
) -> Proposal:
    """The best candidate that can be done.

    runs: {"suspect": run or None, "last_good": run or None}, a run being {"run_id", "commit", "ref_name", ...}.
    """
    if service is None:
        return nothing("no_service")
    if diagnosis["category"] == "unknown":
        return nothing("unknown_cause")
    found, reason = candidates(diagnosis, service, runs, facts)
    considered: list[dict[str, str]] = []
    for action in found:
        fault = facts["faults"].get(action_hash(action))
        if fault is None:
            base = facts["runbooks"][action["type"]]["risk"]
            raised = facts["migration"] and action["type"] == actions.ROLL_BACK
            judged_risk = risk_of(base, service.get("tier"), raised=raised)
            held = [
                one
                for one in possible(diagnosis, service, runs, facts)
                if action_hash(one) not in facts["faults"]
            ]
            return Proposal(
                action=action,
                risk=judged_risk,
                reason="",
                considered=considered,
                options=editing.alternatives(held, action),
                migration=facts["migration"],
            )
        considered.append({"type": action["type"], "reason": fault})
    return nothing(considered[0]["reason"] if considered else reason, considered)


def nothing(reason: str, considered: list[dict[str, str]] | None = None) -> Proposal:
    """No action, and why."""
    proposal = Proposal(action=None, risk="low", reason=reason)
    if considered:
        proposal["considered"] = considered
    return proposal
