"""Which collectors are asked about a problem, and how their outcomes become one bundle.

Each is an activity with the input {"problem": Problem, "service": registry document or None} and a value of
{"items": [...], "missing": [...]?}; two say more: collect_runs "runs", collect_planned_changes "maintenance".
"""

from collections.abc import Mapping
from typing import Any

from shared.domain import evidence

COLLECTORS = (
    "collect_problem",
    "collect_changes",
    "collect_configuration",
    "collect_metrics",
    "collect_logs",
    "collect_topology",
    "collect_planned_changes",
    "collect_expiries",
    "collect_costs",
)
OF_A_SERVICE = ("collect_metric", "collect_runs")
"""Those that need to know the service."""


def collectors(service: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The activities to call, side by side; the order of a bundle."""
    return COLLECTORS[:1] + OF_A_SERVICE + COLLECTORS[1:] if service else COLLECTORS


def gathered(service: Mapping[str, Any] | None, outcomes: Mapping[str, Mapping[str, Any]]) -> evidence.Bundle:
    """The bundle of the collectors' outcomes (orchestrations.outcome), by activity; always in the same order."""
    found, missing = [], []
    for name in collectors(service):
        outcome = outcomes.get(name)
        if outcome is None:
            continue
        if outcome["status"] == "done":
            found.append(outcome["value"]["items"])
            missing += outcome["value"].get("missing", [])
        else:
            missing.append(evidence.Missing(source=_source(name), reason=outcome["reason"]))
    if service is None:
        missing += [
            evidence.Missing(
                source=_source(name), reason="the problem's entities belong to no registered service"
            )
            for name in OF_A_SERVICE
        ]
    return evidence.bundle(found, missing)


def _source(activity: str) -> str:
    return activity.removeprefix("collect_")
