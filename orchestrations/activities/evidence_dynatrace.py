"""Activities that collect evidence in Dynatrace: the problem, the topology, deployments, configuration, expiries."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df

from orchestrations.activities.collecting import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    Words,
    entity_ids,
    entity_link,
    in_time,
    iso,
    item,
    side_by_side,
    start_of,
    words_of,
)
from orchestrations.activities.neighbourhood import AFFECTED, BENEATH, CALLED, Neighbour, neighbourhood
from orchestrations.outcome import Value, answers_outcome
from shared.services import services

if TYPE_CHECKING:
    from shared.clients.dynatrace import Event

bp = df.Blueprint()

SOURCE = "dynatrace"
REACH = 2
CHANGES_BEFORE_MS, CHANGES_AFTER_MS = 24 * HOUR_MS, 15 * MINUTE_MS
EXPIRIES_BEFORE_MS = 2 * DAY_MS
EXPIRES_SOON_MS = 30 * DAY_MS
NEAR_LIMIT = 0.8
MOST_FINDINGS, MOST_ENTITIES, MOST_EVENTS = 8, 16, 8


@bp.activity_trigger(input_name="payload")
@answers_outcome
@in_time(SOURCE)
async def collect_problem(payload: dict) -> Value:  # type: ignore[type-arg]
    """What Dynatrace knows about the problem: impact, entities, its own findings, those of the root cause first."""
    problem = await services().dynatrace.problems.get(payload["problem"]["problem_id"])
    if problem is None:
        return {"items": []}
    affected = ", ".join(entity["name"] or entity["entity_id"] for entity in problem["affected"])
    words = words_of(payload)
    told_of = {name: problem[name] for name in ("severity", "impact", "title")}
    headline = words("evidence.problem", affected=affected, **told_of)
    if users := problem["affected_users"]:
        headline += words("evidence.users", users=users)
    facts = {
        "severity": problem["severity"],
        "impact": problem["impact"],
        "status": problem["status"],
        "start_ms": problem["start_ms"],
        "affected_users": users,
    }
    items = [item(SOURCE, "problem", problem["start_ms"], headline, facts, payload["problem"]["url"])]
    findings = sorted(problem["evidence"], key=lambda found: not found["is_root_cause"])
    for found in findings[:MOST_FINDINGS]:
        named = {"type": found["type"], "name": found["name"], "entity": found["entity"]["name"]}
        text = words("evidence.finding", **named)
        if found["is_root_cause"]:
            text += words("evidence.root_cause")
        told = {
            "entity_id": found["entity"]["entity_id"],
            "type": " ".join(filter(None, (found["type"], found.get("event_type")))),
            "root_cause": found["is_root_cause"],
        }
        items.append(item(SOURCE, "finding", found["start_ms"], text, told))
    return {"items": items}


@bp.activity_trigger(input_name="payload")
@answers_outcome
@in_time(SOURCE)
async def collect_topology(payload: dict) -> Value:  # type: ignore[type-arg]
    """The affected entities, what they call and run on, and who calls them, to distance REACH."""
    found = await neighbourhood(entity_ids(payload["problem"], payload["service"]), REACH)
    names = {one.entity_id: one.name for one in found}
    words = words_of(payload)
    return {"items": [_entity(words, one, names) for one in found[:MOST_ENTITIES]]}


@bp.activity_trigger(input_name="payload")
@answers_outcome
@in_time(SOURCE)
async def collect_changes(payload: dict) -> Value:  # type: ignore[type-arg]
    """Deployments that Dynatrace saw on the affected entities and their neighbours before the problem."""
    from shared.clients.dynatrace import DEPLOYMENT, KEY_PROPERTY

    events = await _events(payload, CHANGES_BEFORE_MS, DEPLOYMENT)
    return {
        "items": [
            item(
                SOURCE,
                "deployment",
                event["start_ms"],
                f"{event['title']} ({_name(event, payload['problem'])})",
                {
                    "entity_id": event["entity"]["entity_id"],
                    "at_ms": event["start_ms"],
                    "run_id": _number(event["properties"].get("run_id")),
                    "commit": event["properties"].get("commit", ""),
                    "result": event["properties"].get("result", ""),
                    "deployment_id": event["properties"].get(KEY_PROPERTY, ""),
                },
                entity_link(event["entity"]["entity_id"]),
            )
            for event in events[:MOST_EVENTS]
        ]
    }


@bp.activity_trigger(input_name="payload")
@answers_outcome
@in_time(SOURCE)
async def collect_configuration(payload: dict) -> Value:  # type: ignore[type-arg]
    """Changes of configuration that Dynatrace was told of, and notes that people left, before the problem."""
    from shared.clients.dynatrace import ANNOTATION, CONFIGURATION

    around = await _around(payload)
    kinds = {"configuration": CONFIGURATION, "annotation": ANNOTATION}
    found, missing = await side_by_side(
        {kind: _events(payload, CHANGES_BEFORE_MS, event_type, around) for kind, event_type in kinds.items()}
    )
    items = [
        item(
            SOURCE,
            kind,
            event["start_ms"],
            f"{event['title']} ({_name(event, payload['problem'])})",
            {
                "entity_id": event["entity"]["entity_id"],
                "at_ms": event["start_ms"],
                "what": event["title"],
            },
            entity_link(event["entity"]["entity_id"]),
        )
        for kind in kinds
        for event in found.get(kind, [])[:MOST_EVENTS]
    ]
    return {"items": items, "missing": missing}


@bp.activity_trigger(input_name="payload")
@answers_outcome
@in_time(SOURCE)
async def collect_expiries(payload: dict) -> Value:  # type: ignore[type-arg]
    """Certificates that end soon or have ended, and quotas nearly used up, as events tell of them.

    Which properties such an event has: docs/integrations/dynatrace.md.
    """
    start_ms, words = start_of(payload["problem"]), words_of(payload)
    items: dict[tuple[str, str, str], dict[str, Any]] = {}
    # Newest first: an older check of the same thing says nothing any more.
    for event in await _events(payload, EXPIRIES_BEFORE_MS):
        for key, told in _expiries(words, event, start_ms):
            items.setdefault(key, told)
    return {"items": [told for told in items.values() if told][:MOST_EVENTS]}


def _expiries(
    words: Words, event: "Event", start_ms: int
) -> Iterable[tuple[tuple[str, str, str], dict[str, Any]]]:
    """(what it is about, its item or {} where that is far away) for each thing the event tells of."""
    said, entity_id = event["properties"], event["entity"]["entity_id"]
    link, name = entity_link(entity_id), event["entity"]["name"]
    expires_ms = _moment(said.get("certificate.expires_at"))
    if expires_ms is not None:
        subject = said.get("certificate.subject", "")
        key = "evidence.certificate_expired" if expires_ms <= start_ms else "evidence.certificate_expires"
        text = words(key, what=subject or event["title"], at=iso(expires_ms), entity=name)
        facts: dict[str, Any] = {"entity_id": entity_id, "expires_at_ms": expires_ms}
        near = expires_ms - start_ms <= EXPIRES_SOON_MS
        told = item(SOURCE, "certificate", event["start_ms"], text, facts, link)
        yield ("certificate", entity_id, subject), told if near else {}
    used, limit = _amount(said.get("quota.used")), _amount(said.get("quota.limit"))
    if used is not None and limit:
        what = said.get("quota.name") or event["title"]
        text = words("evidence.quota", what=what, used=used, limit=limit, entity=name)
        facts = {"entity_id": entity_id, "used": used, "limit": limit, "what": what}
        told = item(SOURCE, "quota", event["start_ms"], text, facts, link)
        yield ("quota", entity_id, what), told if used >= NEAR_LIMIT * limit else {}


async def _around(payload: Mapping[str, Any]) -> list[str]:
    """Ids of the affected entities and their direct neighbours; of the affected alone, if Dynatrace knows none."""
    mine = entity_ids(payload["problem"], payload["service"])
    return list(dict.fromkeys([*mine, *(one.entity_id for one in await neighbourhood(mine, 1))]))


async def _events(
    payload: Mapping[str, Any], before_ms: int, event_type: str = "", around: Sequence[str] | None = None
) -> list["Event"]:
    """Events round about that began before the problem, or hardly after it, newest first."""
    start_ms = start_of(payload["problem"])
    ids = await _around(payload) if around is None else around
    found = await services().dynatrace.events.of(
        ids, start_ms - before_ms, start_ms + CHANGES_AFTER_MS, event_type
    )
    return [event for event in found if event["start_ms"] >= start_ms - before_ms]


def _entity(words: Words, one: Neighbour, names: Mapping[str, str]) -> dict[str, Any]:
    ways = {AFFECTED: "affected", CALLED: "called", BENEATH: "beneath"}
    key = f"evidence.entity_{ways.get(one.relation, 'calls')}"
    text = words(key, name=one.name, type=one.node["type"], via=names.get(one.via, one.via))
    facts = {
        "entity_id": one.entity_id,
        "name": one.name,
        "type": one.node["type"],
        "distance": one.distance,
        "relation": one.relation,
        "via": one.via,
    }
    return item(SOURCE, "entity", None, text, facts, entity_link(one.entity_id))


def _name(event: "Event", problem: Mapping[str, Any]) -> str:
    """As the event names its entity, else as the problem does."""
    named = {entity["id"]: entity["name"] for entity in problem["entities"]}
    entity = event["entity"]
    return entity["name"] or named.get(entity["entity_id"]) or entity["entity_id"]


def _moment(text: str | None) -> int | None:
    """Milliseconds of an ISO 8601 time, one without a zone being UTC; None for none, or nonsense."""
    try:
        at = datetime.fromisoformat(text or "")
        return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _amount(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
