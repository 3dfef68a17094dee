"""The settings schemas the sandbox knows, as far as the vendor publishes their rules: what a value must hold.

`builtin:management-zones`, `builtin:tags.auto-tagging`, `builtin:alerting.profile`; all three at scope environment.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.vendors.dynatrace.selectors import entity_conditions
from sandbox.vendors.framework import Refusal

type Fault = tuple[str, str]
"""(path below the value, what is wrong there)."""
type Faults = Iterator[Fault]

_MISSING = "may not be null"
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
_LONGEST_NAME, _LONGEST_DELAY_MINUTES = 250, 10_000


@dataclass(frozen=True)
class Schema:
    """unique: no two objects may have one name."""

    schema_id: str
    version: str
    thing: str
    unique: bool
    faults: Callable[[Mapping[str, Any]], Faults]


def _management_zone(value: Mapping[str, Any]) -> Faults:
    yield from _unknown(value, {"name", "description", "legacyId", "rules"})
    yield from _name(value)
    for path, rule in _items(value, "rules"):
        yield from _unknown(
            rule, {"enabled", "type", "attributeRule", "dimensionRule", "entitySelector"}, path
        )
        yield from _flag(rule, "enabled", path)
        yield from _one_of(rule, "type", ("ME", "DIMENSION", "SELECTOR"), path)
        yield from _applies(rule, path)


def _auto_tag(value: Mapping[str, Any]) -> Faults:
    yield from _unknown(value, {"name", "description", "rules", "rulesMaintainedExternally"})
    yield from _name(value)
    known = {"enabled", "type", "valueFormat", "valueNormalization", "attributeRule", "entitySelector"}
    for path, rule in _items(value, "rules"):
        yield from _unknown(rule, known, path)
        yield from _flag(rule, "enabled", path)
        yield from _one_of(rule, "type", ("ME", "SELECTOR"), path)
        yield from _one_of(rule, "valueNormalization", _NORMALIZATIONS, path)
        yield from _applies(rule, path)


def _alerting_profile(value: Mapping[str, Any]) -> Faults:
    yield from _unknown(value, {"name", "managementZone", "severityRules", "eventFilters"})
    yield from _name(value)
    known = {"severityLevel", "delayInMinutes", "tagFilterIncludeMode", "tagFilter"}
    for path, rule in _items(value, "severityRules"):
        yield from _unknown(rule, known, path)
        yield from _one_of(rule, "severityLevel", _SEVERITIES, path)
        yield from _one_of(rule, "tagFilterIncludeMode", _INCLUDE_MODES, path)
        delay = rule.get("delayInMinutes")
        if isinstance(delay, bool) or not isinstance(delay, int) or not 0 <= delay <= _LONGEST_DELAY_MINUTES:
            yield f"{path}/delayInMinutes", f"must be a whole number from 0 to {_LONGEST_DELAY_MINUTES}"
        if rule.get("tagFilterIncludeMode") in ("INCLUDE_ANY", "INCLUDE_ALL") and not rule.get("tagFilter"):
            yield f"{path}/tagFilter", _MISSING
    if not isinstance(value.get("eventFilters", []), list):
        yield "eventFilters", "must be a list"


SCHEMAS = {
    schema.schema_id: schema
    for schema in (
        Schema("builtin:management-zones", "1.0.10", "management zone", unique=True, faults=_management_zone),
        Schema("builtin:tags.auto-tagging", "1.0.14", "tag", unique=True, faults=_auto_tag),
        Schema("builtin:alerting.profile", "8.6", "alerting profile", unique=False, faults=_alerting_profile),
    )
}


def _name(value: Mapping[str, Any]) -> Faults:
    name = value.get("name")
    if not isinstance(name, str) or not name.strip():
        yield "name", _MISSING if name is None else "must not be blank"
    elif len(name) > _LONGEST_NAME:
        yield "name", f"must have at most {_LONGEST_NAME} characters"


def _items(value: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rules of a list with their paths; what is no object counts as one without fields."""
    rules = value.get(name, [])
    for number, rule in enumerate(rules if isinstance(rules, list) else [rules]):
        yield f"{name}/{number}", rule if isinstance(rule, Mapping) else {}


def _applies(rule: Mapping[str, Any], path: str) -> Faults:
    """What a rule applies to: entities by attribute, or by selector."""
    if rule.get("type") == "SELECTOR":
        try:
            entity_conditions(str(rule.get("entitySelector") or ""))
        except Refusal:
            yield f"{path}/entitySelector", "is not a valid entity selector"
    if rule.get("type") == "ME":
        attribute_rule = rule.get("attributeRule")
        if not isinstance(attribute_rule, Mapping):
            yield f"{path}/attributeRule", _MISSING
            return
        if not attribute_rule.get("entityType"):
            yield f"{path}/attributeRule/entityType", _MISSING
        conditions = list(_items(attribute_rule, "conditions"))
        if not conditions:
            yield f"{path}/attributeRule/conditions", "must hold at least one condition"
        for below, condition in conditions:
            for name in ("key", "operator"):
                if not condition.get(name):
                    yield f"{path}/attributeRule/{below}/{name}", _MISSING


def _flag(rule: Mapping[str, Any], name: str, path: str) -> Faults:
    if not isinstance(rule.get(name), bool):
        yield f"{path}/{name}", _MISSING if rule.get(name) is None else "must be true or false"


def _one_of(rule: Mapping[str, Any], name: str, known: Sequence[str], path: str) -> Faults:
    if rule.get(name) not in known:
        yield f"{path}/{name}", _MISSING if rule.get(name) is None else f"must be one of {', '.join(known)}"


def _unknown(value: Mapping[str, Any], known: set[str], path: str = "") -> Faults:
    for name in sorted(value.keys() - known):
        yield f"{path}/{name}".lstrip("/"), "is not a property of the schema"
