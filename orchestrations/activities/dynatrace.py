"""Activities on Dynatrace: evidence about a problem, and whether it is over."""

import statistics
import time
from datetime import UTC, datetime

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.domain import verification
from shared.services import services

bp = df.Blueprint()

LOOK_BACK_MS = 2 * 60 * 60 * 1000
"""Changes and measurements before the problem that count as evidence."""


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def collect_problem(payload: dict) -> Value:  # type: ignore[type-arg]
    """What Dynatrace knows about the problem: impact, entities, its own findings."""
    problem = await services().dynatrace.problems.get(payload["problem"]["problem_id"])
    if problem is None:
        return {"items": []}
    affected = ", ".join(entity["name"] or entity["entity_id"] for entity in problem["affected"])
    headline = f"{problem['severity']} {problem['impact']}: {problem['title']} ({affected})"
    items = [_item("problem", problem["start_ms"], headline, payload["problem"]["url"])]
    items += [
        _item("finding", found["start_ms"], f"{found['type']}: {found['name']} ({found['entity']['name']})")
        for found in problem["evidence"][:5]
    ]
    return {"items": items}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def collect_changes(payload: dict) -> Value:  # type: ignore[type-arg]
    """Deployments that Dynatrace saw on the affected entities before the problem."""
    problem = payload["problem"]
    start_ms = problem["start_ms"] or _now_ms()
    items = []
    for entity in problem["entities"][:5]:
        seen = await services().dynatrace.events.deployments(
            entity["id"], start_ms - LOOK_BACK_MS, start_ms + LOOK_BACK_MS
        )
        items += [
            _item(
                "deployment",
                change["start_ms"],
                f"{change['title']} ({change['entity']['name'] or entity['name']})",
            )
            for change in seen[:3]
        ]
    return {"items": items}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def collect_metric(payload: dict) -> Value:  # type: ignore[type-arg]
    """The service's indicator before and during the problem, against its healthy bound."""
    problem, measured = payload["problem"], payload["service"]["dynatrace"]
    start_ms = problem["start_ms"] or _now_ms()
    points = await services().dynatrace.metrics.query(
        measured["metric_selector"], measured["entity_id"], start_ms - LOOK_BACK_MS, _now_ms(), "1m"
    )
    before = [value for at, value in points if at < start_ms and value is not None]
    during = [value for at, value in points if at >= start_ms and value is not None]
    text = (
        f"{measured['metric_selector']}: before {_summary(before)}, during {_summary(during)}; "
        f"healthy up to {measured['upper_bound']:g}"
    )
    out_of_bounds = sum(value > measured["upper_bound"] for value in before)
    return {"items": [_item("metric", start_ms, text)], "out_of_bounds_before": out_of_bounds}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def check_recovery(payload: dict) -> Value:  # type: ignore[type-arg]
    """Judge recovery since `since` (ISO 8601): problem closed, metric back within bounds, enough samples."""
    measured = payload["service"]["dynatrace"]
    since_ms = int(datetime.fromisoformat(payload["since"]).timestamp() * 1000)
    problem = await services().dynatrace.problems.get(payload["problem"]["problem_id"])
    points = await services().dynatrace.metrics.query(
        measured["metric_selector"], measured["entity_id"], since_ms, _now_ms(), measured["resolution"]
    )
    judged = verification.judge(
        None if problem is None else problem["status"] == "CLOSED",
        points,
        since_ms,
        measured["upper_bound"],
        services().settings.verification_min_samples,
    )
    return dict(judged)


def _item(kind: str, at_ms: int, text: str, link: str = "") -> dict[str, str]:
    at = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"source": "dynatrace", "kind": kind, "at": at, "text": text, "link": link}


def _summary(values: list[float]) -> str:
    if not values:
        return "no data"
    return f"median {statistics.median(values):.3g}, highest {max(values):.3g} ({len(values)} samples)"


def _now_ms() -> int:
    return int(time.time() * 1000)
