"""Read a JSON body into a pydantic model; what is wrong comes back by field, never with the value."""

import json
from typing import Any

from pydantic import BaseModel, ValidationError

from shared.errors import InvalidRequest

MOST_LEVELS = 50
"""Of lists and objects in each other: far more than any body of ours has, far fewer than would exhaust the stack."""


def parse_json(body: bytes) -> dict[str, Any]:
    """Raises: InvalidRequest when the body is not one JSON object, or is nested too deep."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequest("The body is not JSON.", [{"field": "", "message": "must be JSON"}]) from None
    if not isinstance(value, dict):
        raise InvalidRequest(
            "The body is not a JSON object.", [{"field": "", "message": "must be a JSON object"}]
        )
    if _is_deeper(value, MOST_LEVELS):
        message = f"must not be nested more than {MOST_LEVELS} levels deep"
        raise InvalidRequest(f"The body {message}.", [{"field": "", "message": message}])
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects hold each other more than so many levels deep."""
    level = [value]
    for _ in range(levels):
        containers = [each for each in level if isinstance(each, dict | list)]
        level = [
            child for each in containers for child in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)


def validate[Model: BaseModel](model: type[Model], value: dict[str, Any]) -> Model:
    """Raises: InvalidRequest that names every field at fault."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = [
            {"field": ".".join(str(part) for part in fault["loc"]), "message": _said(fault["msg"])}
            for fault in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        named = ", ".join(sorted({fault["field"] or fault["message"] for fault in faults}))
        raise InvalidRequest(f"The body does not have the right shape: {named}.", faults) from None


def _said(message: str) -> str:
    """What a validator of ours says, without the word that pydantic puts before it."""
    return message.removeprefix("Value error, ")
