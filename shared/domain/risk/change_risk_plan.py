"""How a judged change should go out, and how it comes back: suggestions, out of what the rules found. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict

from shared.domain.action.action_policy import Asked, judge
from shared.domain.delivery.deliveries import PRODUCTION
from shared.domain.risk.change_risk import Assessment
from shared.domain.service import working_hours

Rollout = Literal["direct", "canary", "with_flag"]
CLOSING_SOON = timedelta(hours=2)
_DEPLOY = "deploy"
"""No runbook of ours, so that no freeze lets it through."""


class Rollback(TypedDict):
    """runbook: of the catalogue (runbooks/), None where only people can. safe: None where somebody must look first.

    why: the key of its words, risk.rollback.<why>.
    """

    runbook: str | None
    safe: bool | None
    why: str


def rollout(assessed: Assessment) -> Rollout:
    """Direct where little speaks against it; behind a flag where a risky change is code alone; else to a few first."""
    of = assessed.touched
    fixed = any(of.of(kind) for kind in ("migration", "infrastructure", "secrets"))
    if assessed.level == "low" and not fixed:
        return "direct"
    if assessed.level == "high" and of.of("code") and not fixed and not of.of("dependencies"):
        return "with_flag"
    return "canary"


def rollback(assessed: Assessment, service: Mapping[str, Any] | None, chosen: Rollout) -> Rollback:
    """What takes it back. A migration is what the version before may not be able to live with."""
    of = assessed.touched
    can_run = bool(service and service.get("azure_devops", {}).get("pipeline_id"))
    runbook = "roll_back" if can_run else None
    if of.of("migration"):
        return Rollback(runbook=runbook, safe=False, why="migration")
    if of.of("infrastructure"):
        return Rollback(runbook=runbook, safe=None, why="infrastructure")
    if chosen == "with_flag":
        flags = (service or {}).get("automation", {}).get("flags")
        return Rollback(runbook="disable_feature_flag" if flags else runbook, safe=True, why="flag")
    if not can_run:
        return Rollback(runbook=None, safe=None, why="by_hand")
    return Rollback(runbook=runbook, safe=True, why="roll_back")


def moment(
    policies: Mapping[str, Any], target: str, tier: int | None, time_zone: str, at: datetime
) -> tuple[str, list[str]]:
    """What the policies (runbooks/policies.yaml) say of a deployment now: the moment's rule or "", freezes by name.

    Only production has freezes and hours. time_zone: "" for the policies' own. at: aware.
    """
    if target != PRODUCTION:
        return "", []
    asked = Asked(_DEPLOY, "low", tier, time_zone=time_zone)
    judged = judge(policies, asked, at)
    if judged["reason"] == "frozen":
        return "frozen", judged["rules"]
    hours = policies["hours"].get("business")
    if not hours:
        return "", []
    span = working_hours.span({**hours, "time_zone": time_zone or policies["time_zone"]}, at)
    if not span.is_open:
        return "out_of_hours", []
    return ("closing_soon", []) if span.until and span.until - at < CLOSING_SOON else ("", [])
