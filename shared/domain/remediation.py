"""What may be done about a cause: one typed action, or none and why not."""

from collections.abc import Mapping
from typing import Any, TypedDict

RECENT_DEPLOYMENT = "recent_deployment"


class Action(TypedDict):
    """Redeploy the commit of an earlier good run of the service's pipeline."""

    type: str
    service: str
    project: str
    pipeline_id: int
    run_id: int
    commit: str
    ref_name: str


class Proposal(TypedDict):
    """action is None where nothing safe can be proposed; reason then names a sentence in shared.texts."""

    action: Action | None
    risk: str
    reason: str


def propose(
    diagnosis: Mapping[str, Any], service: Mapping[str, Any] | None, runs: Mapping[str, Any] | None
) -> Proposal:
    """Redeploy the last good run when a recent deployment is the probable cause, else nothing.

    runs: {"suspect": run or None, "last_good": run or None}, a run being {"run_id", "commit", "ref_name", ...}.
    """
    if service is None:
        return _nothing("no_service")
    if diagnosis["category"] != RECENT_DEPLOYMENT:
        return _nothing("no_known_cause")
    good = (runs or {}).get("last_good")
    if not good:
        return _nothing("no_good_run")
    action = Action(
        type="redeploy_run",
        service=service["name"],
        project=service["azure_devops"]["project"],
        pipeline_id=service["azure_devops"]["pipeline_id"],
        run_id=good["run_id"],
        commit=good["commit"],
        ref_name=good["ref_name"],
    )
    return Proposal(action=action, risk=risk(service), reason="")


def risk(service: Mapping[str, Any]) -> str:
    """Tier 1 services carry high risk, which needs two approvers; the others medium."""
    return "high" if service.get("tier") == 1 else "medium"


def _nothing(reason: str) -> Proposal:
    return Proposal(action=None, risk="low", reason=reason)
