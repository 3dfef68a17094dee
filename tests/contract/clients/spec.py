"""Holds requests and answers against an OpenAPI 3.0 or Swagger 2.0 description."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
from jsonschema import Draft4Validator, Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

BASE = "urn:spec"


def operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """The description of this method at this path (without scheme and host).

    Raises: AssertionError when the vendor describes none.
    """
    exact_first = sorted(document["paths"].items(), key=lambda item: item[0].count("{"))
    for template, described in exact_first:
        pattern = re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in described:
            found: dict[str, Any] = described[method.lower()]
            return found
    raise AssertionError(f"the vendor describes no {method} {path}")


def faults(document: dict[str, Any], request: httpx.Request) -> list[str]:
    """What is wrong with a request: unknown or missing parameters, values and bodies of another shape."""
    path = request.url.raw_path.split(b"?")[0].decode()
    described = operation(document, request.method, path)
    parameters = [_resolved(document, parameter) for parameter in described.get("parameters", [])]
    named = {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "query"}
    found = [f"unknown parameter {name}" for name in request.url.params if name not in named]
    found += [
        f"missing parameter {name}"
        for name, parameter in named.items()
        if parameter.get("required") and name not in request.url.params
    ]
    body_schema = _body_schema(described, parameters)
    if request.content and body_schema:
        found += schema_faults(document, body_schema, httpx.Response(200, content=request.content).json())
    elif request.content or (body_schema and request.method == "POST"):
        found.append("a body where none is described, or none where one is")
    return found


def schema_faults(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """Where `value` differs from a schema of the document, and which fields the schema does not know."""
    registry: Any = Registry().with_resource(BASE, DRAFT4.create_resource(document))
    kind = Draft202012Validator if "openapi" in document else Draft4Validator
    validator = kind(_absolute(schema), registry=registry)
    return [error.message for error in validator.iter_errors(value)] + list(
        _unknown_fields(document, schema, value)
    )


def _body_schema(described: dict[str, Any], parameters: list[dict[str, Any]]) -> dict[str, Any] | None:
    for parameter in parameters:
        if parameter["in"] == "body":
            schema: dict[str, Any] = parameter["schema"]
            return schema
    for content in described.get("requestBody", {}).get("content", {}).values():
        found: dict[str, Any] = content["schema"]
        return found
    return None


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/")]
        node = target
    return node


def _absolute(schema: Any) -> Any:
    """The same with references that name the document."""
    if isinstance(schema, dict):
        return {
            key: BASE + value if key == "$ref" and value.startswith("#") else _absolute(value)
            for key, value in schema.items()
        }
    return [_absolute(item) for item in schema] if isinstance(schema, list) else schema


def _unknown_fields(document: dict[str, Any], schema: dict[str, Any], value: Any) -> Iterator[str]:
    """Descriptions leave objects open; we hold ourselves to what they name."""
    schema = _resolved(document, schema)
    if not isinstance(value, dict):
        return
    named = _properties(document, schema)
    extra = schema.get("additionalProperties")
    for key, item in value.items():
        if key in named:
            yield from _unknown_fields(document, named[key], item)
        elif isinstance(extra, dict):
            yield from _unknown_fields(document, extra, item)
        else:
            yield f"unknown field {key}"


def _properties(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    named = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        named |= _properties(document, _resolved(document, part))
    return named
