"""What is wrong with a value, property by property: the checks that the settings schemas are made of."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.vendors.dynatrace.selectors import entity_conditions
from sandbox.vendors.framework import Refusal

type Fault = tuple[str, str]
"""(path below the value, what is wrong there)."""
type Faults = Iterator[Fault]

MISSING = "may not be null"
_LONGEST_NAME = 250


def named(value: Mapping[str, Any]) -> Faults:
    name = value.get("name")
    if not isinstance(name, str) or not name.strip():
        yield "name", MISSING if name is None else "must not be blank"
    elif len(name) > _LONGEST_NAME:
        yield "name", f"must have at most {_LONGEST_NAME} characters"


def items(value: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rules of a list with their paths; what is no object counts as one without fields."""
    rules = value.get(name, [])
    for number, rule in enumerate(rules if isinstance(rules, list) else [rules]):
        yield f"{name}/{number}", rule if isinstance(rule, Mapping) else {}


def applies(rule: Mapping[str, Any], path: str) -> Faults:
    """What a rule applies to: entities by attribute, or by selector."""
    if rule.get("type") == "SELECTOR":
        try:
            entity_conditions(str(rule.get("entitySelector") or ""))
        except Refusal:
            yield f"{path}/entitySelector", "is not a valid entity selector"
    if rule.get("type") == "ME":
        attribute_rule = rule.get("attributeRule")
        if not isinstance(attribute_rule, Mapping):
            yield f"{path}/attributeRule", MISSING
            return
        if not attribute_rule.get("entityType"):
            yield f"{path}/attributeRule/entityType", MISSING
        conditions = list(items(attribute_rule, "conditions"))
        if not conditions:
            yield f"{path}/attributeRule/conditions", "must hold at least one condition"
        for below, condition in conditions:
            for name in ("key", "operator"):
                if not condition.get(name):
                    yield f"{path}/attributeRule/{below}/{name}", MISSING


def flag(rule: Mapping[str, Any], name: str, path: str) -> Faults:
    if not isinstance(rule.get(name), bool):
        yield f"{path}/{name}", MISSING if rule.get(name) is None else "must be true or false"


def one_of(rule: Mapping[str, Any], name: str, known: Sequence[str], path: str) -> Faults:
    if rule.get(name) not in known:
        yield f"{path}/{name}", MISSING if rule.get(name) is None else f"must be one of {', '.join(known)}"


def unknown(value: Mapping[str, Any], known: set[str], path: str = "") -> Faults:
    for name in sorted(value.keys() - known):
        yield f"{path}/{name}".lstrip("/"), "is not a property of the schema"
