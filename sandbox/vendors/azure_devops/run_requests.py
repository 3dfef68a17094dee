"""What a request to run a pipeline says, piece by piece. All of it raises Refusal, 400. Pure."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from sandbox.vendors.azure_devops.answers import refuse
from sandbox.vendors.azure_devops.contents import DEFAULT_BRANCH


def part(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object of the body; {} where it is missing."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid(f"{name} must be an object")
    return value


def variable(name: str, given: object) -> dict[str, Any]:
    """{"value", "isSecret"}"""
    if not isinstance(given, dict) or not isinstance(given.get("value", ""), str):
        raise invalid(f"variable {name} must be an object with a text as value")
    return {"value": given.get("value", ""), "isSecret": bool(given.get("isSecret", False))}


def branch(wanted: object) -> str:
    """The full name of a branch."""
    if wanted is None:
        return DEFAULT_BRANCH
    if not isinstance(wanted, str) or not wanted:
        raise invalid("refName must be a text")
    return wanted if wanted.startswith("refs/") else f"refs/heads/{wanted}"


def invalid(message: str) -> Exception:
    """400 for a run that cannot be."""
    return refuse(HTTPStatus.BAD_REQUEST, message, "PipelineValidationException")
