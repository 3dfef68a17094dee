"""Who may use the store: requests signed with its access key (HMAC-SHA256), or Entra ID tokens for it.

https://learn.microsoft.com/azure/azure-app-configuration/rest-api-authentication-hmac
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from aiohttp import web

from sandbox.vendors.framework import Refusal

AUDIENCE = "https://azconfig.io"
"""App Configuration, as Entra ID knows it."""
_SKEW = timedelta(minutes=15)
_REQUIRED = {"host", "x-ms-content-sha256"}


def unauthorized(scheme: str, message: str) -> Refusal:
    """401, with the reason in the header, as the store gives it."""
    header = f'{scheme} error="invalid_token", error_description="{message}"'
    return Refusal(web.Response(status=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": header}))


async def check_signature(request: web.Request, given: str, credential_id: str, secret: str) -> None:
    """given: what follows the scheme's name. Raises: Refusal."""
    parts = dict(part.split("=", 1) for part in given.split("&") if "=" in part)
    names = parts.get("SignedHeaders", "").split(";")
    if not hmac.compare_digest(parts.get("Credential", "").encode(), credential_id.encode()):
        raise unauthorized("HMAC-SHA256", "Invalid Credential")
    if not _REQUIRED.issubset(name.lower() for name in names) or not {"x-ms-date", "date"} & set(names):
        raise unauthorized("HMAC-SHA256", "SignedHeaders lack a required header")
    date = request.headers.get("x-ms-date") or request.headers.get("Date")
    if not _is_now(date or ""):
        raise unauthorized("HMAC-SHA256", "The access token has expired")
    digest = base64.b64encode(hashlib.sha256(await request.read()).digest()).decode()
    if request.headers.get("x-ms-content-sha256") != digest:
        raise unauthorized("HMAC-SHA256", "The content hash does not match")
    values = ";".join(request.headers.get(name, "") for name in names)
    message = f"{request.method}\n{request.raw_path}\n{values}".encode()
    wanted = base64.b64encode(hmac.digest(_decoded(secret), message, "sha256")).decode()
    if not hmac.compare_digest(parts.get("Signature", "").encode(), wanted.encode()):
        raise unauthorized("HMAC-SHA256", "Invalid Signature")


def _is_now(date: str) -> bool:
    try:
        return abs(parsedate_to_datetime(date) - datetime.now(UTC)) <= _SKEW
    except (ValueError, TypeError):
        return False


def _decoded(secret: str) -> bytes:
    try:
        return base64.b64decode(secret, validate=True)
    except binascii.Error:
        return b""
