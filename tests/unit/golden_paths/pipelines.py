"""The part of Azure Pipelines' templates that skeletons use: parameters, templates, `if`, `else`, `each`, expressions.

Source: https://learn.microsoft.com/azure/devops/pipelines/process/template-expressions
"""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

Files = Mapping[str, bytes]
Scope = dict[str, Any]

_WHOLE = re.compile(r"\$\{\{ *((?:(?!\}\}).)*?) *\}\}", re.DOTALL)
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[A-Za-z_][\w.]*|[(),])")


def expand(files: Files, name: str, given: Scope) -> dict[str, Any]:
    """The pipeline file `name` with all templates filled in.

    Raises AssertionError for a parameter nobody declares or gives, a value outside its list, a template that is
    not there.
    """
    document = yaml.safe_load(files[name])
    declared = {each["name"]: each for each in document.get("parameters", [])}
    assert given.keys() <= declared.keys(), f"{name}: knows no {sorted(given.keys() - declared.keys())}"
    values: Scope = {}
    for parameter, about in declared.items():
        assert parameter in given or "default" in about, f"{name}: {parameter} is not given"
        values[parameter] = given.get(parameter, about.get("default"))
        assert values[parameter] in about.get("values", [values[parameter]]), (
            f"{name}: {parameter}: {values[parameter]}"
        )
    body = {key: value for key, value in document.items() if key != "parameters"}
    expanded: dict[str, Any] = _expand(files, name, body, {"parameters": values})
    return expanded


def _expand(files: Files, name: str, node: Any, scope: Scope) -> Any:
    if isinstance(node, dict):
        return _mapping(files, name, node, scope)
    if isinstance(node, list):
        return _sequence(files, name, node, scope)
    return _text(node, scope) if isinstance(node, str) else node


def _mapping(files: Files, name: str, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
    result: dict[str, Any] = {}
    held = False
    for key, value in node.items():
        directive = _WHOLE.fullmatch(key)
        if not directive:
            result[key] = _expand(files, name, value, scope)
        elif (held := _holds(directive[1], scope, held)) and isinstance(value, dict):
            result |= _mapping(files, name, value, scope)
    return result


def _sequence(files: Files, name: str, node: list[Any], scope: Scope) -> list[Any]:
    result: list[Any] = []
    held = False
    for item in node:
        key = next(iter(item)) if isinstance(item, dict) else ""
        directive = _WHOLE.fullmatch(key)
        if isinstance(item, str) and (whole := _WHOLE.fullmatch(item)):
            inserted = _value(whole[1], scope)
            result += inserted if isinstance(inserted, list) else [inserted]
        elif directive and directive[1].startswith("each "):
            variable, listed = re.fullmatch(r"each (\w+) in (.+)", directive[1]).groups()  # type: ignore[union-attr]
            for each in _value(listed, scope):
                result += _sequence(files, name, item[key], {**scope, variable: each})
        elif directive:
            held = _holds(directive[1], scope, held)
            result += _sequence(files, name, item[key], scope) if held else []
        elif isinstance(item, dict) and "template" in item:
            result += _template(files, name, item, scope)
        else:
            result.append(_expand(files, name, item, scope))
    return result


def _template(files: Files, name: str, item: dict[str, Any], scope: Scope) -> list[Any]:
    target = str(PurePosixPath("/", name).parent / item["template"]).removeprefix("/")
    assert target in files, f"{name}: there is no template {target}"
    inner = expand(files, target, _expand(files, name, item.get("parameters", {}), scope))
    (found,) = inner.values()
    return (
        [{"name": key, "value": value} for key, value in found.items()] if isinstance(found, dict) else found
    )


def _holds(directive: str, scope: Scope, before: bool) -> bool:
    if directive == "else":
        return not before
    assert directive.startswith("if "), directive
    return bool(_value(directive.removeprefix("if "), scope))


def _text(text: str, scope: Scope) -> Any:
    if whole := _WHOLE.fullmatch(text):
        return _value(whole[1], scope)
    return _WHOLE.sub(lambda found: str(_value(found[1], scope)), text)


def _value(expression: str, scope: Scope) -> Any:
    tokens = _TOKEN.findall(expression)
    assert "".join(tokens) == re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", expression), expression
    value = _parse(tokens, scope)
    assert tokens == [], f"left over in {expression}"
    return value


def _parse(tokens: list[str], scope: Scope) -> Any:
    token = tokens.pop(0)
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if tokens and tokens[0] == "(":
        tokens.pop(0)
        arguments = []
        while tokens[0] != ")":
            arguments.append(_parse(tokens, scope))
            if tokens[0] == ",":
                tokens.pop(0)
        tokens.pop(0)
        return _FUNCTIONS[token](*arguments)
    found: Any = scope
    for part in token.split("."):
        assert part in found, f"nobody declares {token}"
        found = found[part]
    return found


_FUNCTIONS: dict[str, Any] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "or": lambda *each: any(each),
    "and": lambda *each: all(each),
    "not": lambda one: not one,
    "in": lambda one, *others: one in others,
    "replace": lambda text, old, new: text.replace(old, new),
}
