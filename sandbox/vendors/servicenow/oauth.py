"""POST /oauth_token.do: access tokens for client credentials, without a refresh token.

A token is kept as its digest, so that the state holds none.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from aiohttp import web

from sandbox.vendors.clock import now_ms
from sandbox.vendors.framework import Operation, reply
from sandbox.vendors.servicenow.answers import refuse
from sandbox.vendors.store import Collection

LIFETIME_S = 1799
_DENIED = {"error": "server_error", "error_description": "access_denied"}
_CHALLENGE = {"WWW-Authenticate": 'BASIC realm="Service-now"'}


class OAuth:
    """The instance's one OAuth client."""

    def __init__(self, tokens: Collection, credentials: Mapping[str, str]) -> None:
        self._tokens, self._credentials = tokens, credentials

    def operations(self) -> Sequence[Operation]:
        return [Operation("authenticate", "POST", "/oauth_token.do", self._issue, open=True)]

    def controls(self) -> Sequence[Operation]:
        return [Operation("revoke_tokens", "DELETE", "/tokens", self._revoke)]

    def check(self, request: web.Request) -> None:
        """Raises: Refusal, 401."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = self._tokens.get(_digest(token)) if scheme.lower() == "bearer" else None
        if known is None or known["expires_ms"] <= now_ms():
            detail = "Required to provide Auth information"
            raise refuse(HTTPStatus.UNAUTHORIZED, "User Not Authenticated", detail, _CHALLENGE)

    async def _issue(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("grant_type") != "client_credentials":
            text = {"error": "invalid_request", "error_description": "grant_type is not supported"}
            return reply(text, HTTPStatus.BAD_REQUEST)
        same = [
            hmac.compare_digest(str(form.get(name, "")).encode(), self._credentials[name].encode())
            for name in ("client_id", "client_secret")
        ]
        if not all(same):
            return reply(_DENIED, HTTPStatus.UNAUTHORIZED)
        token = secrets.token_urlsafe(48)
        now = now_ms()
        for key, known in list(self._tokens.documents.items()):
            if known["expires_ms"] <= now:
                self._tokens.delete(key)
        self._tokens.put(_digest(token), {"expires_ms": now + LIFETIME_S * 1000})
        return reply(
            {
                "access_token": token,
                "scope": "useraccount",
                "token_type": "Bearer",
                "expires_in": LIFETIME_S,
            }
        )

    async def _revoke(self, _: web.Request) -> web.Response:
        """No token issued so far is valid any more."""
        self._tokens.clear()
        return web.Response(status=HTTPStatus.NO_CONTENT)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
