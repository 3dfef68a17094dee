"""How a service is watched in Dynatrace: its management zone, tag, alerting profile and objectives, as the vendor
writes them.

Pure: the saga asks, the activities hand the values to the client. Shapes follow the schemas
`builtin:management-zones`, `builtin:tags.auto-tagging` and `builtin:alerting.profile` (Settings 2.0) and
`SloConfigItemDtoImpl` of the SLO API; see docs/integrations/dynatrace.md for where they are published.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from shared.domain.service.object_ids import management_zone_id

MANAGEMENT_ZONES = "builtin:management-zones"
AUTO_TAGS = "builtin:tags.auto-tagging"
ALERTING_PROFILES = "builtin:alerting.profile"

TAG_KEY = "service"
"""Key of the tag that says which service an entity belongs to: `service:orders`."""

TIMEFRAME = "-1w"
"""What an objective looks back on."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_SEVERITIES_MINUTES = {"AVAILABILITY": 0, "ERRORS": 0, "PERFORMANCE": 5, "RESOURCE_CONTENTION": 30}
"""How long a problem may stay open before it is told."""

_SUCCESSFUL = (
    "(100)*(builtin:service.errors.server.successCount:splitBy())"
    "/(builtin:service.requestCount.server:splitBy())"
)
_FAST = (
    '(100)*(builtin:service.response.time:avg:partition("latency",value("good",lt({microseconds})))'
    ":splitBy():count:default(0))/(builtin:service.response.time:avg:splitBy():count)"
)


class Setting(TypedDict):
    """A Settings 2.0 object to be."""

    schema_id: str
    value: dict[str, Any]


class Objective(TypedDict):
    """definition: the body of POST /api/v2/slo."""

    kind: Literal["availability", "latency"]
    definition: dict[str, Any]


def tag(service: str) -> str:
    """`service:orders`. Raises: ValueError for what is no service name."""
    if not _NAME.fullmatch(service):
        raise ValueError("a service name has lower-case letters, digits and inner hyphens")
    return f"{TAG_KEY}:{service}"


def entity_selector(service: str, entity_type: str = "SERVICE", context: str = "") -> str:
    """Which entities are the service's. context: where the tag comes from, such as AZURE; empty for our own."""
    prefix = f"[{context}]" if context else ""
    return f'type("{entity_type}"),tag("{prefix}{tag(service)}")'


def management_zone(service: str) -> Setting:
    """The zone of all that bears the service's tag: its services and processes, and its function app in Azure."""
    selectors = (
        entity_selector(service),
        entity_selector(service, "PROCESS_GROUP"),
        entity_selector(service, "AZURE_FUNCTION_APP", "AZURE"),
    )
    rules = [{"enabled": True, "type": "SELECTOR", "entitySelector": selector} for selector in selectors]
    value = {"name": service, "description": f"What bears the tag {tag(service)}", "rules": rules}
    return {"schema_id": MANAGEMENT_ZONES, "value": value}


def auto_tag() -> Setting:
    """The rules that tag every service with its name. One object serves all services.

    Tag names are unique in an environment, so no service has one of its own: whoever finds it adopts it, and
    nobody who undoes or ends one service may delete it. Ensure it without an external id.
    """
    of_process = {
        "key": "PROCESS_GROUP_CUSTOM_METADATA",
        "dynamicKey": TAG_KEY,
        "dynamicKeySource": "ENVIRONMENT",
    }
    rules = [
        _tag_rule(
            f"{{ProcessGroup:Environment:{TAG_KEY}}}",
            {"entityType": "PROCESS_GROUP", "pgToHostPropagation": False, "pgToServicePropagation": True},
            of_process,
        ),
        _tag_rule(
            "{Service:DetectedName}",
            {"entityType": "SERVICE", "serviceToHostPropagation": False, "serviceToPGPropagation": True},
            {"key": "SERVICE_DETECTED_NAME"},
        ),
    ]
    return {"schema_id": AUTO_TAGS, "value": {"name": TAG_KEY, "rules": rules}}


def alerting_profile(service: str, zone_object_id: str) -> Setting:
    """Which problems of the service are told, and after how many minutes.

    zone_object_id: of the zone's settings object. Should it not tell the zone's number, the tag draws the line.
    """
    zone = management_zone_id(zone_object_id)
    by_tag = {"tagFilterIncludeMode": "INCLUDE_ANY", "tagFilter": [tag(service)]}
    line = {"tagFilterIncludeMode": "NONE"} if zone else by_tag
    rules = [
        {"severityLevel": severity, "delayInMinutes": minutes, **line}
        for severity, minutes in _SEVERITIES_MINUTES.items()
    ]
    value: dict[str, Any] = {"name": service, "severityRules": rules, "eventFilters": []}
    return {"schema_id": ALERTING_PROFILES, "value": value | ({"managementZone": zone} if zone else {})}


def objectives(service: str, wanted: Sequence[Mapping[str, Any]]) -> list[Objective]:
    """The objectives a golden path asks for.

    wanted: {"name": "availability" or "latency", "target", "warning" (percent), "threshold_ms" (latency)}.
    Raises: ValueError.
    """
    return [_objective(service, one) for one in wanted]


def _tag_rule(
    value_format: str, applies_to: Mapping[str, Any], condition: Mapping[str, Any]
) -> dict[str, Any]:
    """The tag's value is what `value_format` yields, wherever the condition's attribute exists."""
    return {
        "enabled": True,
        "type": "ME",
        "valueFormat": value_format,
        "valueNormalization": "Leave text as-is",
        "attributeRule": {**applies_to, "conditions": [{**condition, "operator": "EXISTS"}]},
    }


def _objective(service: str, wanted: Mapping[str, Any]) -> Objective:
    kind = wanted["name"]
    if kind == "availability":
        expression, about = _SUCCESSFUL, "Requests that did not fail on the server"
    elif kind == "latency":
        threshold_ms = int(wanted["threshold_ms"])
        expression = _FAST.format(microseconds=threshold_ms * 1000)
        about = f"Time slots with a mean response below {threshold_ms} ms"
    else:
        raise ValueError(f"there is no objective of the kind {kind}")
    definition = {
        "name": f"{service} {kind}",
        "description": about,
        "metricExpression": expression,
        "evaluationType": "AGGREGATE",
        "filter": entity_selector(service),
        "target": float(wanted["target"]),
        "warning": float(wanted["warning"]),
        "timeframe": TIMEFRAME,
        "enabled": True,
    }
    return {"kind": kind, "definition": definition}
