"""How Dynatrace words refusals and pages through lists."""

import base64
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.framework import Refusal, reply

type Violation = tuple[str, str, str]
"""(path, message, where it stood: QUERY, PATH or PAYLOAD_BODY)."""


def error(status: int, message: str, violations: Sequence[Violation] = ()) -> web.Response:
    """{"error": {"code", "message", "constraintViolations"}}"""
    body: dict[str, Any] = {"code": int(status), "message": message}
    if violations:
        body["constraintViolations"] = [
            {"path": path, "message": text, "parameterLocation": location}
            for path, text, location in violations
        ]
    return reply({"error": body}, status)


def refuse(status: int, message: str) -> Refusal:
    return Refusal(error(status, message))


def violated(path: str, message: str, location: str = "QUERY") -> Refusal:
    """400 for one parameter or field."""
    return Refusal(error(HTTPStatus.BAD_REQUEST, "Constraints violated.", [(path, message, location)]))


def unreadable(message: str) -> Refusal:
    """400 for a body that is not what it should be."""
    return violated("", f"Could not map JSON: {message}", "PAYLOAD_BODY")


def page(
    query: Mapping[str, str], items: Sequence[Any], name: str, default_size: int, most: int
) -> dict[str, Any]:
    """One page of `items` with the key of the next, if there is one."""
    size = page_size(query, default_size, most)
    start = int(query.get("_offset", "0"))
    answer: dict[str, Any] = {"totalCount": len(items), "pageSize": size, name: items[start : start + size]}
    if start + size < len(items):
        following = {**query, "_offset": str(start + size)}
        answer["nextPageKey"] = base64.urlsafe_b64encode(json.dumps(following).encode()).decode()
    return answer


def page_size(query: Mapping[str, str], default: int, most: int) -> int:
    raw = query.get("pageSize", str(default))
    if not raw.isdecimal() or not 1 <= int(raw) <= most:
        raise violated("pageSize", f"must be between 1 and {most}")
    return int(raw)


def listing_query(request: web.Request, known: frozenset[str]) -> dict[str, str]:
    """The parameters of a list, or those that its nextPageKey stands for, beside which there are no others."""
    query = dict(request.query)
    if unknown := query.keys() - known - {"nextPageKey"}:
        raise violated(min(unknown), "unknown query parameter")
    if "nextPageKey" not in query:
        return query
    if len(query) > 1:
        raise violated("nextPageKey", "no other query parameter is allowed beside nextPageKey")
    try:
        kept = json.loads(base64.urlsafe_b64decode(query["nextPageKey"]))
    except ValueError:
        raise violated("nextPageKey", "the page key is invalid") from None
    return {str(name): str(value) for name, value in kept.items()}
