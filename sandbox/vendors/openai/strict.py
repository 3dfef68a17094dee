"""The rules of strict structured output, as the vendor enforces them before it answers.

Vendor's page: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
"""

from collections.abc import Mapping
from typing import Any


def schema_fault(schema: object) -> str:
    """What a strict schema lacks, in the vendor's words; "" where nothing."""
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        return "schema must be a JSON Schema of 'type: \"object\"', got another type."
    return _fault(schema, ())


def _fault(schema: Any, context: tuple[str, ...]) -> str:
    if isinstance(schema, list):
        return next(
            (said for number, one in enumerate(schema) if (said := _fault(one, (*context, str(number))))), ""
        )
    if not isinstance(schema, Mapping):
        return ""
    if schema.get("type") == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            return f"In context={context}, 'additionalProperties' is required to be supplied and to be false."
        if missing := [name for name in properties if name not in schema.get("required", [])]:
            return (
                f"In context={context}, 'required' is required to be supplied and to be an array including every "
                f"key in properties. Missing '{missing[0]}'."
            )
    for name in ("properties", "$defs", "definitions"):
        for key, part in schema.get(name, {}).items():
            if said := _fault(part, (*context, name, key)):
                return said
    for name in ("items", "anyOf"):
        if name in schema and (said := _fault(schema[name], (*context, name))):
            return said
    return ""
