"""How ServiceNow words refusals: {"error": {"message", "detail"}, "status": "failure"}."""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from sandbox.vendors.framework import Refusal, reply


def error(
    status: int, message: str, detail: str | None = None, headers: Mapping[str, str] | None = None
) -> web.Response:
    return reply({"error": {"message": message, "detail": detail}, "status": "failure"}, status, headers)


def refuse(
    status: int, message: str, detail: str | None = None, headers: Mapping[str, str] | None = None
) -> Refusal:
    return Refusal(error(status, message, detail, headers))


def unreadable(message: str) -> Refusal:
    """400 for a body that is not what it should be."""
    return refuse(HTTPStatus.BAD_REQUEST, "Exception while reading request", message)


def no_record() -> Refusal:
    detail = "Record doesn't exist or ACL restricts the record retrieval"
    return refuse(HTTPStatus.NOT_FOUND, "No Record found", detail)
