"""How an incident gathers its evidence: collectors side by side, each in its own time; what is missing is said."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from orchestrations.saga import Saga, Steps
from shared.domain import evidence

FOR_S = 30
"""How long the incident may wait for evidence whose source is away."""

ALWAYS = (
    "collect_problem",
    "collect_topology",
    "collect_metrics",
    "collect_changes",
    "collect_configuration",
    "collect_planned_changes",
    "collect_logs",
    "collect_expiries",
    "collect_similar",
    "collect_costs",
)
OF_A_SERVICE = ("collect_metric", "collect_runs")
"""What only a registered service has."""


class Gathered(NamedTuple):
    """runs: what collect_runs found of the service's pipeline, None when it could not be had.

    maintenance: [{"start_ms", "end_ms", "source", "title"}], announced for the time the problem began.
    """

    bundle: evidence.Bundle
    runs: Mapping[str, Any] | None
    maintenance: list[Mapping[str, Any]]


def gather(saga: Saga, problem: Mapping[str, Any], service: Mapping[str, Any] | None, language: str) -> Steps:
    """Ask everyone. Returns a Gathered."""
    about = {"problem": problem, "service": service, "language": language}
    names = [*ALWAYS, *(OF_A_SERVICE if service else ())]
    outcomes = yield from saga.attempt_all({name: (name, about) for name in names}, for_s=FOR_S)
    done = {name: outcome["value"] for name, outcome in outcomes.items() if outcome["status"] == "done"}
    missing: list[evidence.Missing] = [
        {"source": name.removeprefix("collect_"), "reason": outcome["reason"]}
        for name, outcome in outcomes.items()
        if outcome["status"] != "done"
    ]
    missing += [gap for value in done.values() for gap in value.get("missing", ())]
    return Gathered(
        evidence.bundle([value["items"] for value in done.values()], missing),
        done.get("collect_runs", {}).get("runs"),
        done.get("collect_planned_changes", {}).get("maintenance", []),
    )
