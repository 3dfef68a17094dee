"""The activity that asks what was planned: changes of ServiceNow, maintenance windows of Dynatrace."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df

from orchestrations.activities.collecting import (
    HOUR_MS,
    Words,
    entity_ids,
    in_time,
    iso,
    item,
    listed,
    now_ms,
    side_by_side,
    start_of,
    words_of,
)
from orchestrations.outcome import Value, answers_outcome
from shared.domain.diagnosis import maintenance
from shared.domain.diagnosis.evidence import Missing
from shared.services import services

if TYPE_CHECKING:
    from shared.clients.servicenow import PlannedChange

bp = df.Blueprint()

BEFORE_MS = 24 * HOUR_MS
"""A change that ended this long before the problem may still be its cause."""
MOST_ITEMS = 8
STATES = frozenset({"-5", "-4", "-3", "-2", "-1", "0", "3"})
AUTHORISED = frozenset({"-2", "-1", "0", "3"})


@bp.activity_trigger(input_name="payload")
@answers_outcome
@in_time("planned changes")
async def collect_planned_changes(payload: dict) -> Value:  # type: ignore[type-arg]
    """Changes of the service's configuration item round the problem, and maintenance windows that cover it.

    Value: {"items", "missing", "maintenance": [{"start_ms", "end_ms", "source", "title"}]}; the last is what was
    announced and authorised for the very time at which the problem began.
    """
    problem, service = payload["problem"], payload["service"]
    start_ms, words = start_of(problem), words_of(payload)
    parts: dict[str, Any] = {"maintenance windows": _windows(words, entity_ids(problem, service), start_ms)}
    missing: list[Missing] = []
    if ci := (service or {}).get("servicenow_ci"):
        until_ms = max(now_ms(), start_ms)
        parts["changes"] = services().servicenow.changes.planned(ci, start_ms - BEFORE_MS, until_ms)
    else:
        reason = words("missing.no_service" if service is None else "missing.no_configuration_item")
        missing.append(Missing(source="changes", reason=reason))
    found, failed = await side_by_side(parts)
    name = service["name"] if service else ""
    changes: list[dict[str, Any]] = [
        _change(words, change, name, start_ms) for change in reversed(found.get("changes", []))
    ]
    windows: list[dict[str, Any]] = found.get("maintenance windows", [])
    announced = [
        {
            "start_ms": told["facts"]["start_ms"],
            "end_ms": told["facts"]["end_ms"],
            "source": told["source"],
            "title": told["text"],
        }
        for told in [*windows, *changes]
        if told["kind"] == "maintenance" or told["facts"]["planned"]
    ]
    return {
        "items": [*windows, *changes][:MOST_ITEMS],
        "missing": missing + failed,
        "maintenance": announced,
    }


def _change(words: Words, change: "PlannedChange", service: str, start_ms: int) -> dict[str, Any]:
    """planned: authorised, for the moment at which the problem began."""
    covers = change["start_ms"] <= start_ms <= change["end_ms"]
    planned = covers and change["state"] in AUTHORISED
    text = words(
        "evidence.change",
        number=change["number"],
        title=change["title"],
        type=change["type"],
        state=_state(words, change["state"]),
        from_=iso(change["start_ms"]),
        until=iso(change["end_ms"]),
    )
    facts = {
        "number": change["number"],
        "state": change["state"],
        "start_ms": change["start_ms"],
        "end_ms": change["end_ms"],
        "service": service,
        "planned": planned,
    }
    return item("servicenow", "change", change["start_ms"], text, facts, change["url"])


def _state(words: Words, state: str) -> str:
    """Of a change; one that nobody has a word for is shown as ServiceNow tells it."""
    return words(f"evidence.change_state.{state}") if state in STATES else state


async def _windows(words: Words, ids: list[str], start_ms: int) -> list[dict[str, Any]]:
    """The windows open when the problem began that cover an affected entity. Raises: VendorError."""
    dynatrace = services().dynatrace
    configured = await dynatrace.maintenance.windows()
    opened = [
        (window, times)
        for window in configured
        if (times := maintenance.occurrence(window["schedule"], start_ms, start_ms))
    ]
    if not opened:
        return []
    nodes: list[Mapping[str, Any]] = list(await dynatrace.entities.nodes(ids))
    items = []
    for window, (from_ms, to_ms) in opened:
        covered = [
            node["entity_id"]
            for node in nodes
            if maintenance.covers(
                window["filters"], node["entity_id"], node["type"], node["tags"], node["zones"]
            )
        ]
        if not covered and window["filters"]:
            continue
        key = "evidence.maintenance_planned" if window["planned"] else "evidence.maintenance_unplanned"
        text = words(key, name=window["name"], from_=iso(from_ms), until=iso(to_ms))
        if covered:
            text += f" ({listed(words, covered, 3)})"
        facts = {"start_ms": from_ms, "end_ms": to_ms, "entity_ids": covered}
        items.append(item("dynatrace", "maintenance", from_ms, text, facts))
    return items
