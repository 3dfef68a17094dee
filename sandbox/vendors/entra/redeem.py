"""POST /{tenant}/oauth2/v2.0/token: the back half, for authorization codes (with PKCE) and client credentials."""

import base64
import binascii
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import unquote_plus

from aiohttp import web

from sandbox.vendors.clock import now_ms, plain
from sandbox.vendors.entra.people import Client, client, person
from sandbox.vendors.entra.tokens import LIFETIME_S, Tokens
from sandbox.vendors.framework import Refusal, reply
from sandbox.vendors.store import Collection, Document

_OPENID = {"openid", "profile", "email", "offline_access"}


class Redeem:
    """The token endpoint."""

    def __init__(self, codes: Collection, tokens: Tokens, credentials: Mapping[str, str]) -> None:
        self._codes, self._tokens, self._credentials = codes, tokens, credentials

    async def token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        app, proven = self._client(request, form)
        grant = form.get("grant_type")
        if grant == "authorization_code":
            return self._of_code(request, form, app, proven)
        if grant == "client_credentials":
            return self._of_client(request, form, app, proven)
        raise denied(
            f"AADSTS70003: The grant type {grant or '(none)'} is not supported.", "unsupported_grant_type"
        )

    def _of_code(
        self, request: web.Request, form: Mapping[str, str], app: Client, proven: bool
    ) -> web.Response:
        code = form.get("code", "")
        kept = self._codes.get(code)
        if kept is None or kept["expires_ms"] <= now_ms() or kept["client_id"] != app.id:
            raise denied(
                "AADSTS70008: The authorization code is not known, used or expired.", "invalid_grant"
            )
        # A code is good for one try, whatever comes of it.
        self._codes.delete(code)
        if kept["redirect_uri"] != form.get("redirect_uri"):
            raise denied(
                "AADSTS50011: The redirect_uri is not the one the code was made for.", "invalid_grant"
            )
        _check_verifier(kept, form.get("code_verifier", ""), proven)
        who = person(kept["person"])
        if who is None or kept["tenant"] != request.match_info["tenant"]:
            raise denied("AADSTS50020: The person does not exist in this tenant.", "invalid_grant")
        tenant, audience = kept["tenant"], _audience(kept["scope"], app.id)
        return reply(
            {
                "token_type": "Bearer",
                "scope": kept["scope"],
                "expires_in": LIFETIME_S,
                "ext_expires_in": LIFETIME_S,
                "access_token": self._tokens.of_person(who, tenant, audience, app.id, LIFETIME_S),
                "id_token": self._tokens.id_of_person(who, tenant, app.id, kept.get("nonce", ""), LIFETIME_S),
            },
            headers={"Cache-Control": "no-store"},
        )

    def _of_client(
        self, request: web.Request, form: Mapping[str, str], app: Client, proven: bool
    ) -> web.Response:
        if not proven:
            raise _no_secret()
        scope = form.get("scope", "")
        if not scope.endswith("/.default") or " " in scope:
            raise denied(
                "AADSTS1002012: The scope must be one resource with the suffix /.default.", "invalid_scope"
            )
        audience = _audience(scope, app.id)
        return reply(
            {
                "token_type": "Bearer",
                "expires_in": LIFETIME_S,
                "ext_expires_in": LIFETIME_S,
                "access_token": self._tokens.of_client(
                    app, request.match_info["tenant"], audience, LIFETIME_S
                ),
            },
            headers={"Cache-Control": "no-store"},
        )

    def _client(self, request: web.Request, form: Mapping[str, str]) -> tuple[Client, bool]:
        """The client and whether it has shown its secret; a wrong secret is refused at once."""
        named, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            named, secret = _basic(given)
        app = client(named)
        if app is None:
            raise denied(
                "AADSTS700016: The application was not found in the directory.", "unauthorized_client"
            )
        if not secret:
            return app, False
        if not hmac.compare_digest(secret.encode(), self._credentials[app.secret].encode()):
            message = "AADSTS7000215: Invalid client secret provided."
            raise denied(message, "invalid_client", HTTPStatus.UNAUTHORIZED)
        return app, True


def denied(message: str, code: str, status: int = HTTPStatus.BAD_REQUEST) -> Refusal:
    """A refusal of the token endpoint, in Entra ID's shape."""
    number = message.removeprefix("AADSTS").partition(":")[0]
    body = {
        "error": code,
        "error_description": message,
        "error_codes": [int(number)] if number.isdecimal() else [],
        "timestamp": f"{plain(now_ms())}Z",
        "trace_id": str(uuid.uuid4()),
        "correlation_id": str(uuid.uuid4()),
    }
    return Refusal(reply(body, status, {"Cache-Control": "no-store"}))


def _check_verifier(kept: Document, verifier: str, proven: bool) -> None:
    """Raises: Refusal, where neither a secret nor the code's own verifier shows who redeems it."""
    challenge = kept.get("code_challenge")
    if not challenge:
        if not proven:
            raise _no_secret()
        return
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not secrets.compare_digest(made, challenge):
        raise denied("AADSTS501481: The code_verifier does not match the code_challenge.", "invalid_grant")


def _no_secret() -> Refusal:
    message = "AADSTS7000218: The request body must contain client_assertion or client_secret."
    return denied(message, "invalid_client", HTTPStatus.UNAUTHORIZED)


def _audience(scope: str, client_id: str) -> str:
    """Whom the access token is for: the resource among the scopes, else the client itself."""
    for one in scope.split():
        if one not in _OPENID:
            resource = one.rpartition("/")[0] or one
            return resource.removeprefix("api://")
    return client_id


def _basic(given: str) -> tuple[str, str]:
    try:
        name, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)
