"""Dynatrace's selectors: `type("SERVICE"),tag("env:prod")` and their like for problems and events.

A selector is a list of conditions `name("value","value")`, also written `name.operator("value")`; all must hold,
and one condition holds if any of its values fits.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.vendors.dynatrace.answers import violated

type Condition = tuple[str, list[str]]
type Test = Callable[[Any, list[str]], bool]

_NAME = re.compile(r"\s*([A-Za-z][A-Za-z.]*)\s*\(")
_VALUE = re.compile(r'\s*(?:"((?:[^"\\~]|[\\~].)*)"|([^",()]+))\s*')


def conditions(text: str, parameter: str, tests: Mapping[str, Test]) -> list[Condition]:
    """Read a selector whose conditions are among those of `tests`. Raises: Refusal."""
    found: list[Condition] = []
    position = 0
    while position < len(text):
        name = _NAME.match(text, position)
        if name is None:
            raise violated(parameter, f"the selector cannot be read at position {position}")
        if name[1] not in tests:
            raise violated(parameter, f"{name[1]} is not applicable here")
        values, position = _values(text, name.end(), parameter)
        found.append((name[1], values))
        if position < len(text):
            if text[position] != ",":
                raise violated(parameter, f"the selector cannot be read at position {position}")
            position += 1
    return found


def _values(text: str, position: int, parameter: str) -> tuple[list[str], int]:
    values: list[str] = []
    while True:
        value = _VALUE.match(text, position)
        if value is None:
            raise violated(parameter, f"the selector cannot be read at position {position}")
        quoted, bare = value.groups()
        values.append(re.sub(r"[\\~](.)", r"\1", quoted) if quoted is not None else bare.strip())
        position = value.end()
        if position >= len(text):
            raise violated(parameter, "a bracket of the selector is not closed")
        if text[position] == ")":
            return values, position + 1
        position += 1


def fits(item: Any, wanted: list[Condition], tests: Mapping[str, Test]) -> bool:
    """Whether `item` meets all conditions."""
    return all(tests[name](item, values) for name, values in wanted)


def entity_conditions(text: str, parameter: str = "entitySelector") -> list[Condition]:
    """An entity selector, which must name a type or ids. Raises: Refusal."""
    wanted = conditions(text, parameter, ENTITY_TESTS)
    if not {"type", "entityId"}.intersection(name for name, _ in wanted):
        raise violated(parameter, "the selector must hold type or entityId")
    return wanted


def matches(entity: Mapping[str, Any], wanted: list[Condition]) -> bool:
    """Whether an entity (as the entities API shows it) meets an entity selector."""
    return fits(entity, wanted, ENTITY_TESTS)


def _tags(entity: Mapping[str, Any]) -> set[str]:
    tags = entity.get("tags", [])
    return {tag["stringRepresentation"] for tag in tags} | {tag["key"] for tag in tags}


def _name(entity: Mapping[str, Any]) -> str:
    return str(entity["displayName"]).casefold()


ENTITY_TESTS: dict[str, Test] = {
    "type": lambda entity, values: entity["type"].casefold() in {value.casefold() for value in values},
    "entityId": lambda entity, values: entity["entityId"] in values,
    "tag": lambda entity, values: not _tags(entity).isdisjoint(values),
    "entityName": lambda entity, values: any(value.casefold() in _name(entity) for value in values),
    "entityName.equals": lambda entity, values: _name(entity) in {value.casefold() for value in values},
    "entityName.contains": lambda entity, values: any(value.casefold() in _name(entity) for value in values),
    "entityName.startsWith": lambda entity, values: any(
        _name(entity).startswith(value.casefold()) for value in values
    ),
}
