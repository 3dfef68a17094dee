"""App Service Authentication ("Easy Auth") as Azure puts it before a function app, for one OpenID issuer.

GET /.auth/login/aad[?post_login_redirect_uri=/path]   to the issuer (authorization code, state, nonce, PKCE)
GET /.auth/login/aad/callback                          code for tokens, then a session and back to the path
GET /.auth/me, /.auth/logout[?post_logout_redirect_uri=/path]

Unauthenticated requests pass (action AllowAnonymous). A session lives in this process's memory, behind an
HttpOnly cookie; its requests reach the app with X-MS-CLIENT-PRINCIPAL*, X-MS-TOKEN-AAD-ID-TOKEN headers.
"""

import base64
import hashlib
import json
import logging
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from sandbox.host.openid import Issuer, SignInFailed

COOKIE = "AppServiceAuthSession"
_LOGIN_S, _SESSION_S = 600.0, 8 * 3600.0
_MOST_PENDING = 1000
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")
_log = logging.getLogger("Host.SignIn")


@dataclass(frozen=True)
class _Pending:
    nonce: str
    verifier: str
    back_to: str
    redirect_uri: str
    until: float


@dataclass(frozen=True)
class _Session:
    claims: dict[str, Any]
    id_token: str
    access_token: str
    until: float


class SignIn:
    """issuer: address whose /.well-known/openid-configuration describes it."""

    def __init__(self, issuer: str) -> None:
        self._issuer = Issuer(issuer)
        self._pending: dict[str, _Pending] = {}
        self._sessions: dict[str, _Session] = {}

    async def close(self) -> None:
        """Close the connections to the issuer."""
        await self._issuer.close()

    async def handle(self, request: web.BaseRequest, path: str) -> web.Response:
        """Answer one request under /.auth/."""
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=404)
        try:
            match path.rstrip("/"):
                case "/.auth/login/aad":
                    return await self._login(request)
                case "/.auth/login/aad/callback":
                    return await self._callback(request)
                case "/.auth/logout":
                    return self._logout(request)
                case "/.auth/me":
                    return self._me(request)
        except SignInFailed as failure:
            _log.warning("sign-in refused: %s", failure)
            return web.Response(status=401, text=f"Sign-in failed: {failure}")
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.warning("the issuer cannot be reached: %s", type(error).__name__)
            return web.Response(status=502, text="The sign-in service cannot be reached.")
        return web.Response(status=404)

    def principal_headers(self, request: web.BaseRequest) -> dict[str, str]:
        """The headers the app sees for this request: none without a session."""
        session = self._session(request)
        if session is None:
            return {}
        claims = session.claims
        principal = {
            "auth_typ": "aad",
            "name_typ": "name",
            "role_typ": "roles",
            "claims": [
                {"typ": name, "val": str(item)}
                for name, value in claims.items()
                for item in (value if isinstance(value, list) else [value])
            ],
        }
        headers = {
            "x-ms-client-principal": base64.b64encode(json.dumps(principal).encode()).decode(),
            "x-ms-client-principal-id": str(claims.get("oid") or claims["sub"]),
            "x-ms-client-principal-name": _name(claims),
            "x-ms-client-principal-idp": "aad",
            "x-ms-token-aad-id-token": session.id_token,
        }
        if session.access_token:
            headers["x-ms-token-aad-access-token"] = session.access_token
        return headers

    async def _login(self, request: web.BaseRequest) -> web.Response:
        metadata = await self._issuer.metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        self._forget_old()
        redirect_uri = f"{request.scheme}://{request.host}/.auth/login/aad/callback"
        back_to = local_path(request.query.get("post_login_redirect_uri"))
        self._pending[state] = _Pending(nonce, verifier, back_to, redirect_uri, time.monotonic() + _LOGIN_S)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        parameters = {
            "response_type": "code",
            "client_id": self._issuer.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = metadata["authorization_endpoint"]
        answer = _redirect(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}")
        # Ties the callback to the browser that began: a state alone could be planted in another's.
        answer.set_cookie(
            _state_cookie(state), "1", max_age=int(_LOGIN_S), httponly=True, samesite="Lax", path="/.auth"
        )
        return answer

    async def _callback(self, request: web.BaseRequest) -> web.Response:
        state = request.query.get("state", "")
        pending = self._pending.pop(state, None)
        if pending is None or pending.until < time.monotonic():
            raise SignInFailed("unknown or expired state; start again")
        if _state_cookie(state) not in request.cookies:
            raise SignInFailed("the sign-in was begun in another browser")
        if "code" not in request.query:
            raise SignInFailed("the issuer gave no code")
        code, verifier = request.query["code"], pending.verifier
        tokens = await self._issuer.redeem(code, verifier, pending.redirect_uri)
        claims = await self._issuer.verify(tokens.get("id_token", ""), pending.nonce)
        key = secrets.token_urlsafe(32)
        until = time.monotonic() + _SESSION_S
        self._sessions[key] = _Session(claims, tokens["id_token"], tokens.get("access_token", ""), until)
        answer = _redirect(pending.back_to)
        answer.set_cookie(
            COOKIE, key, httponly=True, samesite="Lax", path="/", secure=request.scheme == "https"
        )
        answer.del_cookie(_state_cookie(state), path="/.auth")
        return answer

    def _logout(self, request: web.BaseRequest) -> web.Response:
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)
        answer = _redirect(local_path(request.query.get("post_logout_redirect_uri")))
        answer.del_cookie(COOKIE, path="/")
        return answer

    def _me(self, request: web.BaseRequest) -> web.Response:
        session = self._session(request)
        if session is None:
            return web.Response(status=401)
        claims = [{"typ": name, "val": value} for name, value in session.claims.items()]
        return web.json_response(
            [{"provider_name": "aad", "user_id": _name(session.claims), "user_claims": claims}]
        )

    def _session(self, request: web.BaseRequest) -> _Session | None:
        if "Cookie" not in request.headers:
            return None
        key = request.cookies.get(COOKIE, "")
        session = self._sessions.get(key)
        if session is not None and session.until < time.monotonic():
            del self._sessions[key]
            return None
        return session

    def _forget_old(self) -> None:
        now = time.monotonic()
        self._pending = {state: one for state, one in self._pending.items() if one.until > now}
        while len(self._pending) >= _MOST_PENDING:
            self._pending.pop(next(iter(self._pending)))
        self._sessions = {key: one for key, one in self._sessions.items() if one.until > now}


def local_path(target: str | None) -> str:
    """target when it is a path of this site, else /: a sign-in must not send people elsewhere."""
    return target if target and _LOCAL_PATH.fullmatch(target) else "/"


def _name(claims: dict[str, Any]) -> str:
    return str(claims.get("preferred_username") or claims.get("email") or claims.get("name") or claims["sub"])


def _state_cookie(state: str) -> str:
    return f"AppServiceAuthState_{hashlib.sha256(state.encode()).hexdigest()[:16]}"


def _redirect(location: str) -> web.Response:
    return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})
