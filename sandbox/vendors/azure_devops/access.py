"""Who may use the organisation, and with which API version.

A personal access token goes as Basic with an empty user, an Entra ID token for Azure DevOps as Bearer. Without
credentials Azure DevOps does not answer 401 but 203 with its sign-in page.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web

from sandbox.vendors.azure_devops.answers import refuse
from sandbox.vendors.framework import Refusal

AUDIENCE = "499b84ac-1321-427f-aa17-267ca6975798"
"""Azure DevOps, as Entra ID knows it."""

_LATEST = (7, 2)
_VERSION = re.compile(r"(\d{1,2})\.(\d)(?:-preview(?:\.\d+)?)?")
_SIGN_IN = "<!DOCTYPE html><html><head><title>Azure DevOps Services | Sign In</title></head></html>"
_DENIED = "<!DOCTYPE html><html><head><title>Access Denied</title></head></html>"


def check_credentials(request: web.Request, token: str, entra_accepts: Callable[[str, str], bool]) -> None:
    """entra_accepts: whether (token, audience) is one of Entra ID's. Raises: Refusal."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not given:
        raise Refusal(_page(HTTPStatus.NON_AUTHORITATIVE_INFORMATION, _SIGN_IN))
    if scheme.lower() == "basic":
        accepted = hmac.compare_digest(_password(given).encode(), token.encode())
    else:
        accepted = scheme.lower() == "bearer" and entra_accepts(given, AUDIENCE)
    if not accepted:
        raise Refusal(_page(HTTPStatus.UNAUTHORIZED, _DENIED))


def check_version(request: web.Request) -> None:
    """Raises: Refusal, where the API version is missing or unknown."""
    named = re.search(r"api-version=([\w.-]+)", request.headers.get("Accept", ""))
    version = request.query.get("api-version") or (named[1] if named else "")
    if not version:
        message = (
            f'No api-version was supplied for the "{request.method}" request. The version must be supplied either '
            'as part of the Accept header (e.g. "application/json; api-version=1.0") or as a query parameter '
            '(e.g. "?api-version=1.0").'
        )
        raise refuse(HTTPStatus.BAD_REQUEST, message, "VssVersionNotSpecifiedException")
    found = _VERSION.fullmatch(version)
    if found is None or (int(found[1]), int(found[2])) > _LATEST:
        message = f"The requested REST API version of {version} is out of range for this server."
        raise refuse(HTTPStatus.BAD_REQUEST, message, "VssVersionOutOfRangeException")


def _password(basic: str) -> str:
    try:
        return base64.b64decode(basic, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _page(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text, content_type="text/html")
