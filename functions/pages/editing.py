"""An edit at the edge: what the approval's page offers, and the action somebody chose, held to the catalogue.

Live state and policies are the orchestration's part (`plan_edited`).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from shared.domain.action import candidates, editing
from shared.domain.action.actions import Action
from shared.domain.approvals import action_hash
from shared.errors import Unprocessable

Fault = dict[str, str]
OPTION = "option"
"""The form's field that names the chosen action; its numbers are in fields named `<key>.<number>`."""


def choices(approval: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the form offers: [{"key", "action", "numbers": [{"name", "value", "least", "most"}]}]."""
    return [
        {"key": editing.key_of(action), "action": action, "numbers": list(_numbers(action))}
        for action in editing.options(approval)
    ]


def chosen(approval: Mapping[str, Any], fields: dict[str, Any]) -> Action | None:
    """The action that the form's fields choose, which are taken out of them; None for what is not offered."""
    key = fields.pop(OPTION, "")
    sent = {name: fields.pop(name) for name in list(fields) if "." in name}
    for action in editing.options(approval):
        if editing.key_of(action) == key:
            names = editing.ADJUSTABLE.get(action["type"], ())
            numbers = {name: _whole(sent.get(f"{key}.{name}", action[name])) for name in names}
            return editing.with_numbers(action, numbers)
    return None


def check(action: Mapping[str, Any], approval: Mapping[str, Any]) -> None:
    """Raises: Unprocessable with all faults, when no such action can be proposed instead of the approval's."""
    faults = list(_faults(action, approval["action"]))
    if faults:
        named = ", ".join(sorted({fault["field"] for fault in faults}))
        raise Unprocessable(f"Mend these fields: {named}. The proposal stays as it was.", faults)


def _faults(action: Mapping[str, Any], proposed: Mapping[str, Any]) -> Iterator[Fault]:
    from jsonschema import Draft202012Validator

    from shared.runbooks.catalogue import runbooks

    types = sorted(candidates.types())
    if action.get("type") not in types:
        yield {"field": "action.type", "message": f"must be one of {', '.join(types)}"}
        return
    schema = dict(runbooks()[action["type"]].schema)
    for error in Draft202012Validator(schema).iter_errors(dict(action)):
        yield from _told(error)
    if action.get("service") != proposed.get("service"):
        yield {"field": "action.service", "message": "must be the service of the proposal"}
    elif action_hash(action) == action_hash(proposed):
        yield {"field": "action", "message": "must differ from what is proposed"}


def _told(error: Any) -> Iterator[Fault]:
    """One fault of the schema, without the value that was sent."""
    place = ".".join(map(str, ("action", *error.absolute_path)))
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        yield from ({"field": f"{place}.{name}", "message": "is required"} for name in missing)
    elif error.validator == "additionalProperties":
        yield {"field": place, "message": f"may only hold {', '.join(error.schema.get('properties', {}))}"}
    else:
        rule = json.dumps(error.validator_value, ensure_ascii=False)
        yield {"field": place, "message": f"must keep to {error.validator} {rule}"}


def _numbers(action: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    from shared.runbooks.catalogue import runbooks

    for name in editing.ADJUSTABLE.get(action["type"], ()):
        rule = runbooks()[action["type"]].schema["properties"][name]
        yield {
            "name": name,
            "value": action[name],
            "least": rule.get("minimum"),
            "most": rule.get("maximum"),
        }


def _whole(sent: Any) -> Any:
    """A whole number, or what was sent: the catalogue's check tells it."""
    try:
        return int(sent)
    except ValueError:
        return sent
