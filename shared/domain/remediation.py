"""What may be done about a cause: one typed action of the catalogue, or none and why not. Pure."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from shared.domain import actions
from shared.domain.action_policy import Judgement, risk_of
from shared.domain.actions import Action
from shared.domain.approvals import action_hash
from shared.domain.candidates import Facts, candidates

RECENT_DEPLOYMENT = "recent_deployment"


class Proposal(TypedDict):
    """action is None where nothing safe can be proposed; reason then names a sentence ("handed_over.<reason>").

    considered: better candidates that cannot be done, as {"type", "reason"}. judgement: whom the action needs.
    verification: {"indicator", "within_minutes"}, as the action's runbook says. confidence: of the cause, as judged.
    """

    action: Action | None
    risk: str
    reason: str
    considered: NotRequired[list[dict[str, str]]]
    judgement: NotRequired[Judgement]
    blast_radius: NotRequired[str]
    verification: NotRequired[dict[str, Any]]
    confidence: NotRequired[float]


def propose(
    diagnosis: Mapping[str, Any],
    service: Mapping[str, Any] | None,
    runs: Mapping[str, Any] | None,
    facts: Facts | None = None,
) -> Proposal:
    """The best candidate that can be done. Without facts: redeploy the last good run after a deployment, else nothing.

    runs: {"suspect": run or None, "last_good": run or None}, a run being {"run_id", "commit", "ref_name", ...}.
    """
    if service is None:
        return nothing("no_service")
    if facts is None:
        return _redeploy_run(diagnosis, service, runs)
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
            return Proposal(action=action, risk=judged_risk, reason="", considered=considered)
        considered.append({"type": action["type"], "reason": fault})
    return nothing(considered[0]["reason"] if considered else reason, considered)


def nothing(reason: str, considered: list[dict[str, str]] | None = None) -> Proposal:
    """No action, and why."""
    proposal = Proposal(action=None, risk="low", reason=reason)
    if considered:
        proposal["considered"] = considered
    return proposal


def _redeploy_run(
    diagnosis: Mapping[str, Any], service: Mapping[str, Any], runs: Mapping[str, Any] | None
) -> Proposal:
    if diagnosis["category"] != RECENT_DEPLOYMENT:
        return nothing("no_known_cause")
    good = (runs or {}).get("last_good")
    if not good:
        return nothing("no_good_run")
    action = {
        "type": actions.REDEPLOY_RUN,
        "service": service["name"],
        "project": service["azure_devops"]["project"],
        "pipeline_id": service["azure_devops"]["pipeline_id"],
        **{name: good[name] for name in ("run_id", "commit", "ref_name")},
    }
    return Proposal(action=action, risk=risk(service), reason="")


def risk(service: Mapping[str, Any]) -> str:
    """Of a redeployment: high on tier 1 and where the tier is not known, which needs two approvers; else medium."""
    return risk_of("medium", service.get("tier"))
