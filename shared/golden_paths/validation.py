"""Whether a request for a service is right: every fault at once, by field, in words that say what to do.

Callers: the endpoints (422) and the dry run. Messages never hold a value that was sent.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from shared.domain.service import names
from shared.golden_paths.catalogue import GoldenPath
from shared.golden_paths.values import is_free_text

Fault = dict[str, str]
"""{"field": "working_hours.start", "message": "must be a time such as 07:30"}; field "" is the whole body."""

_TYPES = {
    "string": "must be text",
    "integer": "must be a whole number",
    "number": "must be a number",
    "boolean": "must be true or false",
    "array": "must be a list",
    "object": "must be an object",
}
_OWN_RULES = {"name": names.service_name_faults, "project": names.project_name_faults}
_SPOKEN_FOR = ("pattern", "minLength", "maxLength")
"""Of the fields with rules of their own: those rules say it better."""
_MANY_LINES = frozenset({"description"})


def faults(path: GoldenPath, parameters: Any) -> list[Fault]:
    """Everything wrong with these parameters of this path, by field; empty when nothing is."""
    found = [*_schema_faults(path, parameters)]
    if isinstance(parameters, dict):
        found += _name_faults(parameters)
        found += _text_faults(path.schema["properties"], parameters, "")
        found += _policy_faults(path, parameters)
        found += _calendar_faults(parameters)
    unique = {(each["field"], each["message"]): each for each in found}
    return sorted(unique.values(), key=lambda each: each["field"])


def complete(path: GoldenPath, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with the defaults of what was not given."""
    return _completed(path.schema["properties"], parameters)


def _completed(properties: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(copy.deepcopy(dict(given)))
    for name, schema in properties.items():
        if name not in filled and "default" in schema:
            filled[name] = copy.deepcopy(schema["default"])
        elif isinstance(filled.get(name), dict) and "properties" in schema:
            filled[name] = _completed(schema["properties"], filled[name])
    return filled


def _schema_faults(path: GoldenPath, parameters: Any) -> Iterator[Fault]:
    for error in _validator(path).iter_errors(parameters):
        place = ".".join(map(str, error.absolute_path))
        if error.validator == "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            yield from (_fault(_joined(place, name), "is required") for name in missing)
        elif error.validator == "additionalProperties":
            known = error.schema["properties"]
            unknown = [str(name) for name in error.instance if name not in known]
            yield from (
                _fault(_joined(place, _speakable(name)), "is not a parameter of this path")
                for name in unknown
            )
        elif error.validator == "enum" and not _is_of_type(error.schema.get("type"), error.instance):
            continue  # the type's fault says it already
        elif not (place in _OWN_RULES and error.validator in _SPOKEN_FOR):
            yield _fault(place, _message(error))


def _is_of_type(kind: Any, value: Any) -> bool:
    from jsonschema import Draft202012Validator

    return kind is None or Draft202012Validator({"type": kind}).is_valid(value)


def _message(error: Any) -> str:
    value, kind = error.validator_value, error.validator
    match kind:
        case "type":
            return _TYPES.get(value, "has the wrong type")
        case "enum":
            return f"must be one of {', '.join(map(str, value))}"
        case "pattern":
            return f"must be {error.schema['x-help']}" if "x-help" in error.schema else f"must match {value}"
        case "minLength":
            return "must not be empty" if value == 1 else f"must have {value} characters or more"
        case "maxLength":
            return f"must have {value} characters or fewer"
        case "minimum":
            return f"must be {value} or more"
        case "maximum":
            return f"must be {value} or less"
        case "minItems":
            return f"must have {value} items or more"
        case "maxItems":
            return f"must have {value} items or fewer"
        case "uniqueItems":
            return "must not hold an item twice"
        case "format":
            return f"must be a {value} that exists"
    return "is not right; see the path's schema"


def _name_faults(parameters: Mapping[str, Any]) -> Iterator[Fault]:
    for field, rules in _OWN_RULES.items():
        if isinstance(value := parameters.get(field), str):
            yield from (_fault(field, message) for message in rules(value))


def _text_faults(properties: Mapping[str, Any], parameters: Mapping[str, Any], place: str) -> Iterator[Fault]:
    for field, schema in properties.items():
        value = parameters.get(field)
        if isinstance(value, dict) and "properties" in schema:
            yield from _text_faults(schema["properties"], value, _joined(place, field))
        elif not isinstance(value, str) or len(value) > schema.get("maxLength", len(value)):
            continue  # too long is enough to say of a text
        elif is_free_text(schema) and field not in _OWN_RULES:
            said = names.text_faults(value, lines=field in _MANY_LINES)
            yield from (_fault(_joined(place, field), message) for message in said)


def _policy_faults(path: GoldenPath, parameters: Mapping[str, Any]) -> Iterator[Fault]:
    environment = parameters.get("environment", path.schema["properties"]["environment"]["default"])
    if environment not in path.schema["properties"]["environment"]["enum"]:
        return
    hours = parameters.get("lifetime_hours")
    longest = path.policies["lifetime"]["max_hours"].get(environment)
    if hours is not None and longest is None:
        yield _fault("lifetime_hours", f"is not for {environment}: leave it out")
    elif isinstance(hours, int) and longest is not None and hours > longest:
        yield _fault("lifetime_hours", f"must be {longest} or less for {environment}")
    if environment == "production" and parameters.get("working_hours") is not None:
        yield _fault("working_hours", "is not for production: leave it out")


def _calendar_faults(parameters: Mapping[str, Any]) -> Iterator[Fault]:
    hours = parameters.get("working_hours")
    if not isinstance(hours, dict):
        return
    zone = hours.get("time_zone")
    if isinstance(zone, str) and zone not in _time_zones():
        yield _fault(
            "working_hours.time_zone", "must be a time zone of the IANA database, such as America/Sao_Paulo"
        )


@cache
def _time_zones() -> frozenset[str]:
    import zoneinfo

    return frozenset(zoneinfo.available_timezones())


@cache
def _validator(path: GoldenPath) -> Any:
    """Patterns end where JavaScript ends them: Python's `$` would let a last line feed through."""
    from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators

    def pattern(_validator: Any, rule: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and not _compiled(rule).search(instance):
            yield ValidationError("does not match")

    checker = FormatChecker(formats=())
    checker.checks("date")(_is_date)
    extend: Any = validators.extend
    whole = extend(Draft202012Validator, {"pattern": pattern})
    return whole(path.schema, format_checker=checker)


@cache
def _compiled(rule: str) -> re.Pattern[str]:
    return re.compile(rule[:-1] + r"\Z" if rule.endswith("$") else rule)


def _is_date(value: object) -> bool:
    try:
        return not isinstance(value, str) or bool(date.fromisoformat(value))
    except ValueError:
        return False


def _speakable(name: str) -> str:
    """A field's name that may be told back: what else was sent as one may be anything."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", name) else ""


def _joined(place: str, name: str) -> str:
    return ".".join(part for part in (place, name) if part)


def _fault(field: str, message: str) -> Fault:
    return {"field": field, "message": message}
