"""Editing a proposal: what people may propose instead, and which numbers of an action they may change. Pure.

An edited action is a new proposal: held to the catalogue and to live state like any other, approved by its own hash.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.domain.action import actions
from shared.domain.action.actions import Action
from shared.domain.approvals import action_hash

MOST_EDITS = 3
"""How often a proposal becomes another, before people must do what they mean by themselves."""
MOST_TRIES = 10
"""How often people may try, counting edits that did not hold."""
MOST_OPTIONS, MOST_CHARACTERS = 5, 3000
"""What a custom status has room for, beside the case: options, and all of them as JSON."""
ADJUSTABLE: Mapping[str, Sequence[str]] = {actions.SCALE_OUT: ("instances", "for_minutes")}
"""The numbers that are people's choice, by type of action; everything else says what the action is about."""

_KEY_LENGTH = 12


def key_of(action: Mapping[str, Any]) -> str:
    """A short name of the action, for a form."""
    return action_hash(action)[:_KEY_LENGTH]


def alternatives(found: Sequence[Action], proposed: Mapping[str, Any]) -> list[Action]:
    """What may be proposed instead, each once whatever its numbers and its way, as far as there is room."""
    others: list[Action] = []
    known, left = [_essence(proposed)], MOST_CHARACTERS
    for action in found:
        length = len(json.dumps(action))
        if (essence := _essence(action)) not in known and length <= left and len(others) < MOST_OPTIONS:
            known.append(essence)
            others.append(action)
            left -= length
    return others


def ways(action: Mapping[str, Any]) -> list[Action]:
    """The action and, of a restart, the other way of doing it: pipelines take one or the other."""
    if action["type"] != actions.RESTART:
        return [dict(action)]
    others = [way for way in actions.RESTARTS if way != action.get("through")]
    return [dict(action), *({**action, "through": way} for way in others)]


def options(approval: Mapping[str, Any]) -> Iterator[Action]:
    """What an edit may choose: the proposed action, where it has numbers to change, then the others."""
    if approval["action"].get("type") in ADJUSTABLE:
        yield approval["action"]
    yield from approval.get("options") or []


def with_numbers(action: Mapping[str, Any], numbers: Mapping[str, int]) -> Action:
    """The action with other numbers, those that are people's choice."""
    chosen = {name: numbers[name] for name in ADJUSTABLE.get(action["type"], ()) if name in numbers}
    return {**action, **chosen}


def _essence(action: Mapping[str, Any]) -> Action:
    """What the action is about."""
    beside = (*ADJUSTABLE.get(str(action.get("type")), ()), "through")
    return {name: value for name, value in action.items() if name not in beside}
