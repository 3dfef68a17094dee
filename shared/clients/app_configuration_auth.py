"""Signs requests to Azure App Configuration with an access key (HMAC-SHA256).

Vendor's page: https://learn.microsoft.com/azure/azure-app-configuration/rest-api-authentication-hmac. Imported by the
client's factory, since it brings httpx in.
"""

import base64
import hashlib
import hmac
from collections.abc import Generator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import override

import httpx

from shared.errors import ConfigurationError

_SIGNED = "x-ms-date;host;x-ms-content-sha256"


class AccessKey(httpx.Auth):
    """credential_id and secret (base64): an access key of the store. Raises: ConfigurationError for another secret."""

    requires_request_body = True

    def __init__(self, credential_id: str, secret: str) -> None:
        self._id = credential_id
        try:
            self._secret = base64.b64decode(secret, validate=True)
        except ValueError:
            raise ConfigurationError("APP_CONFIGURATION_SECRET: must be an access key's value") from None

    @override
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        date = format_datetime(datetime.now(UTC), usegmt=True)
        digest = base64.b64encode(hashlib.sha256(request.content).digest()).decode()
        target, host = request.url.raw_path.decode(), request.headers["Host"]
        signature = sign(self._secret, request.method, target, f"{date};{host};{digest}")
        request.headers["x-ms-date"] = date
        request.headers["x-ms-content-sha256"] = digest
        request.headers["Authorization"] = (
            f"HMAC-SHA256 Credential={self._id}&SignedHeaders={_SIGNED}&Signature={signature}"
        )
        yield request


def sign(secret: bytes, method: str, target: str, signed: str) -> str:
    """The signature of a request. target: path and query as sent. signed: the values of the signed headers."""
    message = f"{method}\n{target}\n{signed}".encode()
    return base64.b64encode(hmac.digest(secret, message, "sha256")).decode()
