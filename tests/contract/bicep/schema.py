"""Does a resource in Bicep have the shape Microsoft's type descriptions give it? Reads shared/specs/bicep-types."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contract.bicep.syntax import ROOT, Declaration, Node, Unknown, members, text, value_of

TYPES = Path(os.environ.get("VALUEFLOW_SPECS", ROOT.parent / "shared" / "specs")) / "bicep-types"
_ANYWHERE = {"parent", "scope", "dependsOn"}
_PRIMITIVES = {"string": ("string",), "int": ("number",), "bool": ("boolean",), "object": ("object",)}
_LITERALS = ("string", "number", "boolean", "object", "array")


class NoSchema(Exception):
    """Microsoft's description of this type, or of this version, is not here."""


@dataclass(frozen=True)
class Schema:
    """One resource type. shapes: the objects that its properties name."""

    body: dict[str, Any]
    shapes: dict[str, dict[str, Any]]


def schema_of(type_and_version: str, folder: Path = TYPES) -> Schema:
    """Raises: NoSchema."""
    name = type_and_version.partition("@")[0]
    path = folder / f"{name.replace('/', '_')}.json"
    if not path.exists():
        raise NoSchema(f"{path.name} is not in bicep-types")
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["status"] != 200:
        raise NoSchema(f"{path.name} is a stub: {document['message'].partition('.')[0]}")
    described = document["results"]["BicepSchemaResult"]
    resources = {each["name"].lower(): each for each in described if each["$type"] == "Resource"}
    if type_and_version.lower() not in resources:
        raise NoSchema(f"{path.name} describes {', '.join(resources)}")
    shapes = {each["name"]: each for each in described if each["$type"] in ("Object", "DiscriminatedObject")}
    return Schema(resources[type_and_version.lower()]["bodyType"], shapes)


def faults(resource: Declaration, schema: Schema) -> list[str]:
    """What Azure would refuse in this resource, as far as its text tells."""
    body = schema.body
    if body["$type"] == "DiscriminatedObject":
        name = value_of(members(resource.body)["name"])
        named = [each for each in body["elements"] if _property(each, "name")["type"] == name]
        if not named:
            return [f"no such thing as {name}"]
        body = named[0]
    return _object(resource.body, body, schema.shapes, resource.name, top=True)


def _object(
    node: Node, shape: dict[str, Any], shapes: dict[str, Any], path: str, *, top: bool = False
) -> list[str]:
    known = {each["name"]: each for each in shape["properties"]}
    extra = shape.get("additionalPropertiesType")
    found, given = [], members(node)
    for name, value in given.items():
        if top and name in _ANYWHERE:
            continue
        if name in known:
            if "ReadOnly" in known[name].get("flags", ""):
                found.append(f"{path}.{name}: read-only")
            limits = known[name].get("modifiers") or ""
            found += _value(value, known[name]["type"], shapes, f"{path}.{name}", limits)
        elif extra:
            found += _value(value, extra, shapes, f"{path}.{name}")
        else:
            found.append(f"{path}.{name}: unknown")
    needed = {name for name, each in known.items() if "Required" in each.get("flags", "")}
    return found + [f"{path}.{name}: missing" for name in sorted(needed - set(given))]


def _value(node: Node, type_: str, shapes: dict[str, Any], path: str, limits: str = "") -> list[str]:
    match node.type:
        case "ternary_expression":
            _, *branches = node.named_children
            return [fault for branch in branches for fault in _value(branch, type_, shapes, path, limits)]
        case "call_expression" if text(node.named_children[0]) == "concat":
            parts = [part for part in node.named_children[-1].named_children if part.type != "comment"]
            return [fault for part in parts for fault in _value(part, type_, shapes, path)]
        case "for_statement" if type_.endswith("[]"):
            return _value(node.named_children[-1], type_[:-2], shapes, f"{path}[]")
        case kind if kind not in _LITERALS:
            return []
    if type_.endswith("[]") and " | " not in type_:
        if node.type != "array":
            return [f"{path}: {node.type} where {type_} is due"]
        items = [item for item in node.named_children if item.type != "comment"]
        return [fault for item in items for fault in _value(item, type_[:-2], shapes, f"{path}[]")]
    if type_ in shapes:
        if node.type != "object":
            return [f"{path}: {node.type} where an object is due"]
        return _object(node, shapes[type_], shapes, path)
    return _scalar(node, type_, path, limits)


def _scalar(node: Node, type_: str, path: str, limits: str) -> list[str]:
    if type_ == "any":
        return []
    if type_ in _PRIMITIVES:
        if node.type not in _PRIMITIVES[type_]:
            return [f"{path}: {node.type} where {type_} is due"]
        return _limits(node, limits, path)
    choices = type_.split(" | ")
    if node.type != "string":
        return [f"{path}: {node.type} where one of {type_} is due"]
    if "string" in choices or "${" in text(node) or value_of(node) in choices:
        return _limits(node, limits, path)
    return [f"{path}: {value_of(node)!r} is none of {type_}"]


def _limits(node: Node, limits: str, path: str) -> list[str]:
    """limits: "minLength: 3, maxLength: 24, pattern: ^[a-z]+$"; the pattern is always last."""
    value = value_of(node)
    if isinstance(value, Unknown) or "${" in text(node):
        return []
    bounds = {
        name: int(number) for name, number in re.findall(r"(m(?:in|ax)(?:Length|Value)): (-?\d+)", limits)
    }
    size = len(value) if isinstance(value, str) else value
    low = bounds.get("minLength", bounds.get("minValue"))
    high = bounds.get("maxLength", bounds.get("maxValue"))
    found = []
    if (low is not None and size < low) or (high is not None and size > high):
        found.append(f"{path}: {value!r} is not within {limits}")
    pattern = re.search(r"pattern: (.+)$", limits)
    if pattern and isinstance(value, str) and not re.search(pattern[1], value):
        found.append(f"{path}: {value!r} does not match {pattern[1]}")
    return found


def _property(shape: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in shape["properties"] if each["name"] == name)
