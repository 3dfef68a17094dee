"""The activity that reads logs: which error and warning patterns are there now that were not before.

What it takes from a line is its pattern; redaction, as of all evidence, comes later, at one point.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df

from orchestrations.activities.collecting import (
    MINUTE_MS,
    Words,
    entity_ids,
    entity_link,
    in_time,
    item,
    now_ms,
    side_by_side,
    start_of,
    words_of,
)
from orchestrations.activities.neighbourhood import neighbourhood
from orchestrations.outcome import Value, answers_outcome
from shared.domain.diagnosis import log_patterns
from shared.domain.diagnosis.log_patterns import Line, Pattern
from shared.services import services

if TYPE_CHECKING:
    from shared.clients.dynatrace import Record
    from shared.clients.dynatrace.logs import Found

bp = df.Blueprint()

SOURCE = "dynatrace"
STATUSES = ("ERROR", "WARN")
LEAD_MS, DURING_MS, BEFORE_MS = 10 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS
"""Dynatrace calls it a problem some minutes after the first lines say so: LEAD_MS of them count as during."""
MOST_ENTITIES, MOST_ITEMS = 12, 6


@bp.activity_trigger(input_name="payload")
@answers_outcome
@in_time(SOURCE)
async def collect_logs(payload: dict) -> Value:  # type: ignore[type-arg]
    """Error and warning patterns of the affected entities and what they stand on, those that rose most first."""
    from shared.clients.dynatrace.logs import of_entities

    words = words_of(payload)
    around = await neighbourhood(entity_ids(payload["problem"], payload["service"]), 1)
    asked = {one.entity_id: one.name for one in around if one.distance >= 0}
    ids = list(asked)[:MOST_ENTITIES]
    if not ids:
        return {"items": [], "missing": [{"source": "logs", "reason": words("missing.no_logging_entity")}]}
    query, turn_ms = of_entities(ids, STATUSES), start_of(payload["problem"]) - LEAD_MS
    until_ms = min(turn_ms + LEAD_MS + DURING_MS, now_ms())
    logs = services().dynatrace.logs
    found, missing = await side_by_side(
        {
            "logs during the problem": logs.search(query, turn_ms, until_ms),
            "logs before the problem": logs.search(query, turn_ms - BEFORE_MS, turn_ms),
        }
    )
    during: Found | None = found.get("logs during the problem")
    before: Found | None = found.get("logs before the problem")
    if during is None:
        return {"items": [], "missing": missing}
    minutes = _minutes(during, turn_ms, until_ms)
    earlier = _rates(before, ids, turn_ms - BEFORE_MS, turn_ms) if before else {}
    patterns = log_patterns.count(_lines(during["records"], ids))
    told = [
        _item(words, pattern, minutes, earlier.get(_key(pattern)), asked, whole=during["is_whole"])
        for pattern in patterns
    ]
    if before is not None:
        told.sort(key=lambda one: -_rise(one["facts"]))
    return {"items": told[:MOST_ITEMS], "missing": missing}


def _item(
    words: Words,
    pattern: Pattern,
    minutes: float,
    earlier: tuple[int, float] | None,
    names: Mapping[str, str],
    *,
    whole: bool,
) -> dict[str, Any]:
    per_minute = pattern.times / minutes
    count_before, rate_before = earlier or (0, 0.0)
    text = words(
        "evidence.log",
        level=pattern.level,
        name=names.get(pattern.entity_id, "?"),
        count=pattern.times if whole else words("evidence.at_least", count=pattern.times),
        per_minute=per_minute,
        before=rate_before,
        pattern=pattern.pattern,
    )
    facts = {
        "entity_id": pattern.entity_id,
        "count": pattern.times,
        "before_count": count_before,
        "per_minute": round(per_minute, 3),
        "before_per_minute": round(rate_before, 3),
        "level": pattern.level,
        "pattern": pattern.pattern,
        # Of a cut answer the oldest line is not the first one.
        "first_ms": pattern.first_ms if whole else None,
    }
    return item(SOURCE, "log", pattern.first_ms, text, facts, entity_link(pattern.entity_id))


def _rise(facts: Mapping[str, Any]) -> float:
    """How far above what the time before lets expect, in Poisson's deviations; a warning counts a fifth."""
    minutes = facts["count"] / facts["per_minute"] if facts["per_minute"] else 0.0
    expected = float(facts["before_per_minute"]) * minutes
    more = (float(facts["count"]) - expected) / math.sqrt(max(expected, 1.0))
    return more / 5 if facts["level"].startswith("WARN") else more


def _rates(
    found: "Found", ids: Sequence[str], from_ms: int, to_ms: int
) -> dict[tuple[str, str, str], tuple[int, float]]:
    minutes = _minutes(found, from_ms, to_ms)
    counted = log_patterns.count(_lines(found["records"], ids))
    return {_key(pattern): (pattern.times, pattern.times / minutes) for pattern in counted}


def _key(pattern: Pattern) -> tuple[str, str, str]:
    return pattern.level, pattern.entity_id, pattern.pattern


def _minutes(found: "Found", from_ms: int, to_ms: int) -> float:
    """How long a time the records are of: of a cut answer, that of the records it holds."""
    if not found["is_whole"] and found["records"]:
        from_ms = min(record["at_ms"] for record in found["records"])
    return max(to_ms - from_ms, 1000) / MINUTE_MS


def _lines(records: Iterable["Record"], ids: Sequence[str]) -> list[Line]:
    return [
        Line(record["at_ms"], record["level"].upper(), _owner(record, ids), record["content"])
        for record in records
    ]


def _owner(record: "Record", ids: Sequence[str]) -> str:
    """Which of the entities wrote it; of several the one asked for first, which is the nearest."""
    from shared.clients.dynatrace.logs import attribute

    return next((one for one in ids if one in record["attributes"].get(attribute(one), [])), "")
