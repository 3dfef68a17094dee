"""The settings schemas the sandbox knows, as far as the vendor publishes their rules: what a value must hold.

`builtin:management-zones`, `builtin:tags.auto-tagging`, `builtin:alerting.profile`,
`builtin:alerting.maintenance-window`, `builtin:anomaly-detection.metric-events`; all at scope environment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.vendors.dynatrace.metric_events import metric_event
from sandbox.vendors.dynatrace.schema_checks import (
    MISSING,
    Faults,
    applies,
    flag,
    items,
    named,
    one_of,
    unknown,
)

_NORMALIZATIONS = ("Leave text as-is", "To lower case", "To upper case")
_SEVERITIES = (
    "AVAILABILITY",
    "CUSTOM_ALERT",
    "ERRORS",
    "MONITORING_UNAVAILABLE",
    "PERFORMANCE",
    "RESOURCE_CONTENTION",
)
_INCLUDE_MODES = ("NONE", "INCLUDE_ANY", "INCLUDE_ALL")
_SUPPRESSIONS = ("DETECT_PROBLEMS_AND_ALERT", "DETECT_PROBLEMS_DONT_ALERT", "DONT_DETECT_PROBLEMS")
_RECURRENCES = {
    "ONCE": "onceRecurrence",
    "DAILY": "dailyRecurrence",
    "WEEKLY": "weeklyRecurrence",
    "MONTHLY": "monthlyRecurrence",
}
_LONGEST_DELAY_MINUTES = 10_000


@dataclass(frozen=True)
class Schema:
    """unique: no two objects may have one name."""

    schema_id: str
    version: str
    thing: str
    unique: bool
    faults: Callable[[Mapping[str, Any]], Faults]
    name_of: Callable[[Mapping[str, Any]], str] = lambda value: str(value["name"])


def _management_zone(value: Mapping[str, Any]) -> Faults:
    yield from unknown(value, {"name", "description", "legacyId", "rules"})
    yield from named(value)
    for path, rule in items(value, "rules"):
        yield from unknown(
            rule, {"enabled", "type", "attributeRule", "dimensionRule", "entitySelector"}, path
        )
        yield from flag(rule, "enabled", path)
        yield from one_of(rule, "type", ("ME", "DIMENSION", "SELECTOR"), path)
        yield from applies(rule, path)


def _auto_tag(value: Mapping[str, Any]) -> Faults:
    yield from unknown(value, {"name", "description", "rules", "rulesMaintainedExternally"})
    yield from named(value)
    known = {"enabled", "type", "valueFormat", "valueNormalization", "attributeRule", "entitySelector"}
    for path, rule in items(value, "rules"):
        yield from unknown(rule, known, path)
        yield from flag(rule, "enabled", path)
        yield from one_of(rule, "type", ("ME", "SELECTOR"), path)
        yield from one_of(rule, "valueNormalization", _NORMALIZATIONS, path)
        yield from applies(rule, path)


def _alerting_profile(value: Mapping[str, Any]) -> Faults:
    yield from unknown(value, {"name", "managementZone", "severityRules", "eventFilters"})
    yield from named(value)
    known = {"severityLevel", "delayInMinutes", "tagFilterIncludeMode", "tagFilter"}
    for path, rule in items(value, "severityRules"):
        yield from unknown(rule, known, path)
        yield from one_of(rule, "severityLevel", _SEVERITIES, path)
        yield from one_of(rule, "tagFilterIncludeMode", _INCLUDE_MODES, path)
        delay = rule.get("delayInMinutes")
        if isinstance(delay, bool) or not isinstance(delay, int) or not 0 <= delay <= _LONGEST_DELAY_MINUTES:
            yield f"{path}/delayInMinutes", f"must be a whole number from 0 to {_LONGEST_DELAY_MINUTES}"
        if rule.get("tagFilterIncludeMode") in ("INCLUDE_ANY", "INCLUDE_ALL") and not rule.get("tagFilter"):
            yield f"{path}/tagFilter", MISSING
    if not isinstance(value.get("eventFilters", []), list):
        yield "eventFilters", "must be a list"


def _maintenance_window(value: Mapping[str, Any]) -> Faults:
    yield from unknown(value, {"enabled", "generalProperties", "schedule", "filters"})
    yield from flag(value, "enabled", "")
    general, schedule = (_object(value, name) for name in ("generalProperties", "schedule"))
    for path, message in named(general):
        yield f"generalProperties/{path}", message
    yield from one_of(general, "maintenanceType", ("PLANNED", "UNPLANNED"), "generalProperties")
    yield from one_of(general, "suppression", _SUPPRESSIONS, "generalProperties")
    yield from one_of(schedule, "scheduleType", tuple(_RECURRENCES), "schedule")
    recurrence = _RECURRENCES.get(str(schedule.get("scheduleType")), "")
    if recurrence and not isinstance(schedule.get(recurrence), Mapping):
        yield f"schedule/{recurrence}", MISSING
    once = _object(schedule, "onceRecurrence")
    for name in ("startTime", "endTime"):
        if name in once and not _is_local_time(once[name]):
            yield f"schedule/onceRecurrence/{name}", "Must be of type local_date_time"
    for path, one in items(value, "filters"):
        yield from unknown(one, {"entityType", "entityId", "entityTags", "managementZones"}, path)


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _is_local_time(text: object) -> bool:
    """2026-11-21T12:00:00, without a zone: that stands in timeZone."""
    try:
        return datetime.fromisoformat(str(text)).tzinfo is None
    except ValueError:
        return False


SCHEMAS = {
    schema.schema_id: schema
    for schema in (
        Schema("builtin:management-zones", "1.0.10", "management zone", unique=True, faults=_management_zone),
        Schema("builtin:tags.auto-tagging", "1.0.14", "tag", unique=True, faults=_auto_tag),
        Schema("builtin:alerting.profile", "8.6", "alerting profile", unique=False, faults=_alerting_profile),
        Schema(
            "builtin:alerting.maintenance-window",
            "2.14.4",
            "maintenance window",
            unique=False,
            faults=_maintenance_window,
            name_of=lambda value: str(value["generalProperties"]["name"]),
        ),
        Schema(
            "builtin:anomaly-detection.metric-events",
            "2.0.3",
            "metric event",
            unique=False,
            faults=metric_event,
            name_of=lambda value: str(value["summary"]),
        ),
    )
}
