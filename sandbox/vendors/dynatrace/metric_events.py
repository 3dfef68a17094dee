"""What a value of `builtin:anomaly-detection.metric-events` must hold: a query, a model, the event it makes."""

from collections.abc import Mapping
from typing import Any

from sandbox.vendors.dynatrace.schema_checks import MISSING, Faults, flag, items, one_of, unknown

_FIELDS = {
    "enabled",
    "summary",
    "queryDefinition",
    "modelProperties",
    "eventTemplate",
    "eventEntityDimensionKey",
    "legacyId",
}
_QUERY_OF = {
    "METRIC_KEY": {
        "type",
        "metricKey",
        "aggregation",
        "managementZone",
        "queryOffset",
        "entityFilter",
        "dimensionFilter",
    },
    "METRIC_SELECTOR": {"type", "metricSelector", "managementZone", "queryOffset"},
}
_AGGREGATIONS = ("AVG", "COUNT", "MAX", "MEDIAN", "MIN", "PERCENTILE90", "SUM", "VALUE")
_ENTITY_CONDITIONS = (
    "CUSTOM_DEVICE_GROUP_NAME",
    "ENTITY_ID",
    "HOST_GROUP_NAME",
    "HOST_NAME",
    "MANAGEMENT_ZONE",
    "NAME",
    "PROCESS_GROUP_ID",
    "PROCESS_GROUP_NAME",
    "TAG",
)
_OPERATORS = (
    "CONTAINS_CASE_INSENSITIVE",
    "CONTAINS_CASE_SENSITIVE",
    "DOES_NOT_CONTAIN_CASE_INSENSITIVE",
    "DOES_NOT_CONTAIN_CASE_SENSITIVE",
    "DOES_NOT_EQUAL",
    "DOES_NOT_START_WITH",
    "EQUALS",
    "STARTS_WITH",
)
_MODELS = ("STATIC_THRESHOLD", "AUTO_ADAPTIVE_THRESHOLD", "SEASONAL_BASELINE")
_MODEL = {
    "type",
    "threshold",
    "alertOnNoData",
    "signalFluctuation",
    "tolerance",
    "alertCondition",
    "violatingSamples",
    "samples",
    "dealertingSamples",
}
_CONDITIONS = ("ABOVE", "BELOW", "OUTSIDE")
_EVENT_TYPES = (
    "AVAILABILITY",
    "CUSTOM_ALERT",
    "CUSTOM_ANNOTATION",
    "CUSTOM_CONFIGURATION",
    "CUSTOM_DEPLOYMENT",
    "ERROR",
    "INFO",
    "MARKED_FOR_TERMINATION",
    "RESOURCE",
    "SLOWDOWN",
)
_MOST_SAMPLES = 60


def metric_event(value: Mapping[str, Any]) -> Faults:
    """What is wrong with the value."""
    yield from unknown(value, _FIELDS)
    if not isinstance(value.get("enabled"), bool):
        yield "enabled", MISSING
    yield from _said(value, "summary", "")
    for name, check in (("queryDefinition", _query), ("modelProperties", _model), ("eventTemplate", _event)):
        part = value.get(name)
        if isinstance(part, Mapping):
            yield from check(part, name)
        else:
            yield name, MISSING


def _query(query: Mapping[str, Any], path: str) -> Faults:
    yield from one_of(query, "type", tuple(_QUERY_OF), path)
    kind = str(query.get("type"))
    yield from unknown(query, _QUERY_OF.get(kind, set(query)), path)
    if kind == "METRIC_SELECTOR":
        yield from _said(query, "metricSelector", path)
    if kind != "METRIC_KEY":
        return
    yield from _said(query, "metricKey", path)
    yield from one_of(query, "aggregation", _AGGREGATIONS, path)
    entities = query.get("entityFilter")
    if not isinstance(entities, Mapping):
        return
    for below, condition in items(entities, "conditions"):
        yield from one_of(condition, "type", _ENTITY_CONDITIONS, f"{path}/entityFilter/{below}")
        yield from one_of(condition, "operator", _OPERATORS, f"{path}/entityFilter/{below}")
        yield from _said(condition, "value", f"{path}/entityFilter/{below}")


def _model(model: Mapping[str, Any], path: str) -> Faults:
    yield from unknown(model, _MODEL, path)
    yield from one_of(model, "type", _MODELS, path)
    yield from one_of(model, "alertCondition", _CONDITIONS, path)
    yield from flag(model, "alertOnNoData", path)
    for name in ("violatingSamples", "samples", "dealertingSamples"):
        count = model.get(name)
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= _MOST_SAMPLES:
            yield f"{path}/{name}", f"must be a whole number from 1 to {_MOST_SAMPLES}"
    threshold = model.get("threshold")
    if model.get("type") == "STATIC_THRESHOLD" and (
        isinstance(threshold, bool) or not isinstance(threshold, int | float)
    ):
        yield f"{path}/threshold", MISSING


def _event(template: Mapping[str, Any], path: str) -> Faults:
    yield from unknown(template, {"title", "description", "eventType", "davisMerge", "metadata"}, path)
    yield from _said(template, "title", path)
    yield from _said(template, "description", path)
    yield from one_of(template, "eventType", _EVENT_TYPES, path)


def _said(value: Mapping[str, Any], name: str, path: str) -> Faults:
    said = value.get(name)
    if not isinstance(said, str) or not said.strip():
        yield f"{path}/{name}".lstrip("/"), MISSING if said is None else "must not be blank"
