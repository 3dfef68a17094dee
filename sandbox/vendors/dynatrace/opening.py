"""How a problem looks when Dynatrace's analysis opens one: ids, entities, evidence."""

import secrets
from collections.abc import Mapping
from typing import Any

from sandbox.vendors.clock import MINUTE_MS
from sandbox.vendors.dynatrace.entities import Entities, Entity
from sandbox.vendors.dynatrace.events import Event
from sandbox.vendors.dynatrace.series import METRICS

LOOK_BACK_MS = 72 * 60 * MINUTE_MS
"""A deployment this long before a problem still counts as its evidence."""

_METRIC_OF = {
    ("SERVICE", "PERFORMANCE"): "builtin:service.response.time",
    ("SERVICE", ""): "builtin:service.errors.total.rate",
    ("HOST", ""): "builtin:host.cpu.usage",
}


def new_problem_id(start_ms: int) -> str:
    """`<signed number>_<start, ms>V2`"""
    return f"{secrets.randbits(63) - 2**62}_{start_ms}V2"


def new_problem(
    body: Mapping[str, Any],
    entity: Entity,
    entities: Entities,
    deployments: list[Event],
    display_id: str,
    start_ms: int,
) -> dict[str, Any]:
    """A problem as the API shows it, with all optional fields. body: what the story asks for."""
    stub = entities.stub(entity["entityId"])
    severity = body.get("severity", "ERROR")
    evidence = [_metric_evidence(entity, stub, severity, start_ms)]
    evidence += [_event_evidence(event) for event in deployments]
    return {
        "problemId": body.get("problem_id") or new_problem_id(start_ms),
        "displayId": display_id,
        "title": body["title"],
        "impactLevel": body.get("impact", "INFRASTRUCTURE" if entity["type"] == "HOST" else "SERVICES"),
        "severityLevel": severity,
        "status": "OPEN",
        "affectedEntities": [stub],
        "impactedEntities": [stub],
        "rootCauseEntity": entities.stub(body.get("root_cause_entity_id") or entity["entityId"]),
        "managementZones": entity["managementZones"],
        "entityTags": entity["tags"],
        "problemFilters": [{"id": "c21f969b-5f03-333d-83e0-4f8f136e7682", "name": "Default"}],
        "startTime": start_ms,
        "endTime": -1,
        "evidenceDetails": {"totalCount": len(evidence), "details": evidence},
        "impactAnalysis": {"impacts": _impacts(entity, stub)},
    }


def _metric_evidence(entity: Entity, stub: Mapping[str, Any], severity: str, start_ms: int) -> dict[str, Any]:
    of_type = "HOST" if entity["type"] == "HOST" else "SERVICE"
    metric = METRICS[_METRIC_OF.get((of_type, severity), _METRIC_OF[of_type, ""])]
    return {
        "evidenceType": "METRIC",
        "displayName": metric.key.rpartition(":")[2],
        "entity": stub,
        "groupingEntity": stub,
        "rootCauseRelevant": True,
        "startTime": start_ms,
        "endTime": -1,
        "metricId": metric.key,
        "unit": metric.unit,
        "valueBeforeChangePoint": sum(metric.healthy) / 2,
        "valueAfterChangePoint": sum(metric.raised) / 2,
    }


def _event_evidence(event: Event) -> dict[str, Any]:
    return {
        "evidenceType": "EVENT",
        "displayName": f"Deployment: {event['title']}",
        "entity": event["entityId"],
        "groupingEntity": event["entityId"],
        "rootCauseRelevant": True,
        "startTime": event["startTime"],
        "endTime": event["endTime"],
        "eventId": event["eventId"],
        "eventType": event["eventType"],
        "data": event,
    }


def _impacts(entity: Entity, stub: Mapping[str, Any]) -> list[dict[str, Any]]:
    if entity["type"] != "SERVICE":
        return []
    users = {"estimatedAffectedUsers": 240, "numberOfPotentiallyAffectedServiceCalls": 1800}
    return [{"impactType": "SERVICE", "impactedEntity": stub, **users}]
