"""Bearer tokens for httpx: cached until shortly before they expire, one refresh at a time.

Imported by the factories of the clients that need it, since it brings httpx in.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from http import HTTPStatus
from typing import Any, override

import httpx

from shared.clients.http import call
from shared.errors import VendorRefused, VendorUnavailable

EARLY_S = 60.0

type Fetch = Callable[[], Awaitable[tuple[str, float]]]
"""Gets a new token; returns it with its lifetime in seconds."""


class TokenAuth(httpx.Auth):
    """Sends a bearer token; when the vendor answers 401 to it, gets a new one and tries once more.

    now_s: the clock, in seconds.
    """

    def __init__(self, fetch: Fetch, now_s: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._now_s = fetch, now_s
        self._lock = asyncio.Lock()
        self._token, self._renew_at_s = "", 0.0

    @override
    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._valid_token()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            request.headers["Authorization"] = f"Bearer {await self._valid_token(refused=token)}"
            yield request

    async def _valid_token(self, refused: str = "") -> str:
        async with self._lock:
            if self._token in {"", refused} or self._now_s() >= self._renew_at_s:
                self._token, lifetime_s = await self._fetch()
                self._renew_at_s = self._now_s() + max(lifetime_s - EARLY_S, lifetime_s / 2)
            return self._token


def client_credentials(
    http: httpx.AsyncClient, vendor: str, path: str, client_id: str, client_secret: str
) -> TokenAuth:
    """OAuth 2.0 client credentials (RFC 6749, 4.4) at `path` of the vendor itself."""

    async def fetch() -> tuple[str, float]:
        return await call(
            http,
            vendor,
            "authenticate",
            "POST",
            path,
            parse=lambda body: (str(body["access_token"]), float(body.get("expires_in", EARLY_S))),
            writes=False,
            form={
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": client_secret,
            },
            authenticated=False,
        )

    return TokenAuth(fetch)


def entra_id(credential: Any, vendor: str, scope: str) -> TokenAuth:
    """Tokens of an Entra ID identity. credential: of azure.identity.aio."""

    async def fetch() -> tuple[str, float]:
        from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError

        try:
            token = await credential.get_token(scope)
        except ClientAuthenticationError:
            message = "Entra ID gives this app no token: check its identity and its rights"
            raise VendorRefused(vendor, "authenticate", message, HTTPStatus.UNAUTHORIZED) from None
        except (HttpResponseError, ServiceRequestError) as error:
            message = f"Entra ID cannot be reached ({type(error).__name__})"
            raise VendorUnavailable(vendor, "authenticate", message) from None
        return str(token.token), token.expires_on - time.time()

    return TokenAuth(fetch)
