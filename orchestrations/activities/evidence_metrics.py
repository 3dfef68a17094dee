"""The activity that measures: golden signals and resources of the affected entities and their neighbours.

Each series is compared with the two hours before the problem and the same hours of the day before.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import azure.durable_functions as df

from orchestrations.activities.collecting import (
    DAY_MS,
    HOUR_MS,
    Words,
    entity_ids,
    entity_link,
    in_time,
    iso,
    item,
    now_ms,
    side_by_side,
    start_of,
    words_of,
)
from orchestrations.activities.neighbourhood import Neighbour, neighbourhood
from orchestrations.outcome import Value, answers_outcome
from shared.domain.diagnosis import baseline
from shared.services import services

if TYPE_CHECKING:
    from shared.clients.dynatrace import Series

bp = df.Blueprint()

SOURCE = "dynatrace"
BEFORE_MS, DURING_MS = 2 * HOUR_MS, HOUR_MS
RESOLUTION = "1m"
MOST_ENTITIES, MOST_ITEMS = 12, 20


class Indicator(NamedTuple):
    """scale: turns Dynatrace's unit into `unit`. least: differences below it mean nothing, in `unit`."""

    name: str
    key: str
    unit: str
    scale: float
    least: float


INDICATORS = {
    "SERVICE": (
        Indicator("latency", "builtin:service.response.time", "ms", 0.001, 5.0),
        Indicator("errors", "builtin:service.errors.total.rate", "%", 1, 0.5),
        Indicator("throughput", "builtin:service.requestCount.total", "/min", 1, 5.0),
    ),
    "HOST": (
        Indicator("cpu", "builtin:host.cpu.usage", "%", 1, 3.0),
        Indicator("memory", "builtin:host.mem.usage", "%", 1, 1.0),
        Indicator("disk", "builtin:host.disk.usedPct", "%", 1, 1.0),
    ),
    "PROCESS_GROUP_INSTANCE": (
        Indicator("cpu", "builtin:tech.generic.cpu.usage", "%", 1, 3.0),
        Indicator("memory", "builtin:tech.generic.mem.usage", "%", 1, 1.0),
    ),
}
"""By type of entity."""


@bp.activity_trigger(input_name="payload")
@answers_outcome
@in_time(SOURCE)
async def collect_metrics(payload: dict) -> Value:  # type: ignore[type-arg]
    """Latency, errors, throughput, CPU, memory, disk: before and during, the farthest from usual first."""
    start_ms, words = start_of(payload["problem"]), words_of(payload)
    around = await neighbourhood(entity_ids(payload["problem"], payload["service"]), 1)
    measured = [one for one in around if one.node["type"] in INDICATORS][:MOST_ENTITIES]
    by_type = {
        kind: [one for one in measured if one.node["type"] == kind]
        for kind in dict.fromkeys(one.node["type"] for one in measured)
    }
    if not by_type:
        return {
            "items": [],
            "missing": [{"source": "metrics", "reason": words("missing.no_measured_entity")}],
        }
    found, missing = await side_by_side(
        {
            f"metrics of {kind} {when}": _series(kind, [one.entity_id for one in ones], start_ms - ago_ms)
            for kind, ones in by_type.items()
            for when, ago_ms in (("now", 0), ("yesterday", DAY_MS))
        }
    )
    items = [
        told
        for kind, ones in by_type.items()
        for told in _items(
            words,
            ones,
            INDICATORS[kind],
            found.get(f"metrics of {kind} now", []),
            found.get(f"metrics of {kind} yesterday", []),
            start_ms,
        )
    ]
    items.sort(key=lambda told: -abs(told["facts"]["robust_z"] or 0.0))
    return {"items": items[:MOST_ITEMS], "missing": missing}


async def _series(kind: str, ids: Sequence[str], start_ms: int) -> list["Series"]:
    """All indicators of these entities of one type round a moment."""
    return await services().dynatrace.metrics.of(
        [indicator.key for indicator in INDICATORS[kind]],
        ids,
        f"dt.entity.{kind.lower()}",
        start_ms - BEFORE_MS,
        min(start_ms + DURING_MS, now_ms()),
        RESOLUTION,
    )


def _items(
    words: Words,
    entities: Sequence[Neighbour],
    indicators: Sequence[Indicator],
    now: Sequence["Series"],
    yesterday: Sequence["Series"],
    start_ms: int,
) -> list[dict[str, Any]]:
    known = {one.entity_id: one for one in entities}
    scaled = {indicator.key: indicator for indicator in indicators}
    earlier = {(series.key, series.entity_id): series.points for series in yesterday}
    items = []
    for series in now:
        indicator, one = scaled[series.key], known[series.entity_id]
        compared = baseline.compare(
            _in_unit(series.points, indicator),
            start_ms,
            indicator.least,
            _in_unit(earlier.get((series.key, series.entity_id), []), indicator),
        )
        if compared["samples"] or compared["baseline_samples"]:
            facts = {"indicator": indicator.name, "entity_id": one.entity_id, **_rounded(compared)}
            link = entity_link(one.entity_id)
            items.append(
                item(SOURCE, "metric", start_ms, describe(words, indicator, one.name, compared), facts, link)
            )
    return items


def describe(words: Words, indicator: Indicator, name: str, compared: baseline.Comparison) -> str:
    """The comparison in words."""
    unit, usual, now = indicator.unit, compared["baseline_median"], compared["during_median"]
    before = (
        words("evidence.metric_no_past")
        if usual is None
        else words("evidence.metric_usually", value=usual, unit=unit)
    )
    during = (
        words("evidence.metric_silent") if now is None else words("evidence.metric_now", value=now, unit=unit)
    )
    signal = words(f"signal.{indicator.name}")
    text = words("evidence.metric", indicator=signal, name=name, before=before, during=during)
    if compared["robust_z"] is not None:
        text += words("evidence.metric_z", z=compared["robust_z"])
    if compared["onset_ms"] is not None:
        text += words("evidence.metric_since", at=iso(compared["onset_ms"]))
    if compared["trend_per_hour"] is not None and indicator.name in ("memory", "disk"):
        text += words("evidence.metric_trend", trend=compared["trend_per_hour"], unit=unit)
    samples = {"before": compared["baseline_samples"], "during": compared["samples"]}
    return text + words("evidence.metric_samples", **samples)


def _in_unit(
    points: Sequence[tuple[int, float | None]], indicator: Indicator
) -> list[tuple[int, float | None]]:
    return [(at, None if value is None else value * indicator.scale) for at, value in points]


def _rounded(compared: baseline.Comparison) -> Mapping[str, Any]:
    return {
        name: float(f"{value:.5g}") if isinstance(value, float) else value for name, value in compared.items()
    }
