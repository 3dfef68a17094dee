"""The activity that measures the service's own indicator, before a problem and during it."""

import statistics

import azure.durable_functions as df

from orchestrations.activities.collecting import Words, entity_link, in_time, item, now_ms, start_of, words_of
from orchestrations.outcome import Value, answers_outcome
from shared.domain.diagnosis import baseline
from shared.services import services

bp = df.Blueprint()

LOOK_BACK_MS = 2 * 60 * 60 * 1000
"""Measurements before the problem that count as evidence."""


@bp.activity_trigger(input_name="payload")
@answers_outcome
@in_time("dynatrace")
async def collect_metric(payload: dict) -> Value:  # type: ignore[type-arg]
    """The service's indicator before and during the problem, against its healthy bound."""
    problem, measured = payload["problem"], payload["service"]["dynatrace"]
    start_ms = start_of(problem)
    points = await services().dynatrace.metrics.query(
        measured["metric_selector"], measured["entity_id"], start_ms - LOOK_BACK_MS, now_ms(), "1m"
    )
    before = [value for at, value in points if at < start_ms and value is not None]
    during = [value for at, value in points if at >= start_ms and value is not None]
    words = words_of(payload)
    text = words(
        "evidence.own_metric",
        selector=measured["metric_selector"],
        before=_summary(words, before),
        during=_summary(words, during),
        bound=measured["upper_bound"],
    )
    compared = baseline.compare(points, start_ms)
    facts = {"indicator": "indicator", "entity_id": measured["entity_id"], **compared}
    told = item("dynatrace", "metric", start_ms, text, facts, entity_link(measured["entity_id"]))
    return {"items": [told]}


def _summary(words: Words, values: list[float]) -> str:
    if not values:
        return words("evidence.no_data")
    middle = statistics.median(values)
    return words("evidence.summary", median=middle, highest=max(values), count=len(values))
