"""Which collectors are asked about a problem, and how their outcomes become one bundle.

Each is an activity with the input {"problem": Problem, "service": registry document or None} and a value of
{"items": [...], "missing": [...]?}; two say more: collect_runs "runs", collect_planned_changes "maintenance".
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from orchestrations.saga import Saga, Steps
from shared.domain.diagnosis import evidence
from shared.texts import say

FOR_S = 30
"""How long the incident may wait for evidence whose source is away."""

COLLECTORS = (
    "collect_problem",
    "collect_changes",
    "collect_configuration",
    "collect_metrics",
    "collect_logs",
    "collect_topology",
    "collect_planned_changes",
    "collect_expiries",
    "collect_similar",
    "collect_costs",
)
OF_A_SERVICE = ("collect_metric", "collect_runs")
"""Those that need to know the service."""


class Gathered(NamedTuple):
    """runs: what collect_runs found of the service's pipeline, None when it could not be had.

    maintenance: [{"start_ms", "end_ms", "source", "title"}], announced for the time the problem began.
    """

    bundle: evidence.Bundle
    runs: Mapping[str, Any] | None
    maintenance: list[Mapping[str, Any]]


def gather(saga: Saga, problem: Mapping[str, Any], service: Mapping[str, Any] | None, language: str) -> Steps:
    """Ask everyone, side by side. Returns a Gathered."""
    about = {"problem": problem, "service": service, "language": language}
    asked = {name: (name, about) for name in collectors(service)}
    outcomes = yield from saga.attempt_all(asked, for_s=FOR_S)
    done = {name: outcome["value"] for name, outcome in outcomes.items() if outcome["status"] == "done"}
    return Gathered(
        gathered(service, outcomes, language),
        done.get("collect_runs", {}).get("runs"),
        done.get("collect_planned_changes", {}).get("maintenance", []),
    )


def collectors(service: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The activities to call, side by side; the order of a bundle."""
    return COLLECTORS[:1] + OF_A_SERVICE + COLLECTORS[1:] if service else COLLECTORS


def gathered(
    service: Mapping[str, Any] | None, outcomes: Mapping[str, Mapping[str, Any]], language: str
) -> evidence.Bundle:
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
            evidence.Missing(source=_source(name), reason=say(language, "missing.entities_unknown"))
            for name in OF_A_SERVICE
        ]
    return evidence.bundle(found, missing)


def _source(activity: str) -> str:
    return activity.removeprefix("collect_")
