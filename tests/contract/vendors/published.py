"""What vendors publish: API descriptions and sample bodies, looked for beside the checkout.

VALUEFLOW_SPECS names another folder of descriptions; samples lie in `payloads` beside it.
"""

import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_FOLDER = Path(os.environ.get("VALUEFLOW_SPECS") or Path(__file__).parents[4] / "shared" / "specs")
_DOCUMENT = "urn:document"


def read(name: str) -> Any:
    """A published description; skips the test where it is absent."""
    path = _FOLDER / name
    if not path.is_file():
        pytest.skip(
            f"{name} is not there: set VALUEFLOW_SPECS to the folder of the vendors' API descriptions"
        )
    return _parsed(path)


def sample(name: str) -> Any:
    """A published sample body; skips the test where it is absent."""
    path = _FOLDER.parent / "payloads" / name
    if not path.is_file():
        pytest.skip(f"{name} is not there: the vendors' sample bodies lie beside the folder VALUEFLOW_SPECS")
    return _parsed(path)


@cache
def _parsed(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def check(document: Mapping[str, Any], reference: str, instance: Any) -> None:
    """`instance` must be what `reference` (such as "#/definitions/Run") says, and hold no other fields.

    The descriptions do not mark what may be null: a null field counts as absent.
    """
    registry: Registry[Any] = Registry().with_resource(_DOCUMENT, DRAFT202012.create_resource(document))
    present = _without_nulls(instance)
    validator = Draft202012Validator({"$ref": _DOCUMENT + reference}, registry=registry)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(present)] == []


def undeclared(document: Mapping[str, Any], reference: str, instance: Any) -> set[str]:
    """Fields of `instance` that the description does not know, as paths such as "runs.[].colour"."""
    return set(_undeclared(document, {"$ref": reference}, instance, ""))


def resolve(document: Mapping[str, Any], reference: str) -> Any:
    target: Any = document
    for part in reference.removeprefix("#/").split("/"):
        target = target[part.replace("~1", "/").replace("~0", "~")]
    return target


def _undeclared(document: Mapping[str, Any], schema: Any, instance: Any, path: str) -> Iterator[str]:
    whole = _whole(document, schema)
    if isinstance(instance, list):
        for item in instance:
            yield from _undeclared(document, whole.get("items", {}), item, f"{path}[].")
    elif isinstance(instance, dict) and whole.get("properties"):
        for name, value in instance.items():
            known = whole["properties"].get(name)
            if known is None:
                yield f"{path}{name}"
            else:
                yield from _undeclared(document, known, value, f"{path}{name}.")


def _whole(document: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """The schema with its reference followed and its allOf merged in."""
    if "$ref" in schema:
        schema = resolve(document, schema["$ref"])
    properties: dict[str, Any] = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        properties |= _whole(document, part).get("properties", {})
    return {**schema, "properties": properties}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value
