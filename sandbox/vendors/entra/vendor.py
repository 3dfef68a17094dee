"""Entra ID put together: discovery, keys, sign-in and tokens, below any tenant's address."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, override
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.vendors.control import wrong
from sandbox.vendors.entra.authorize import Authorize, is_loopback
from sandbox.vendors.entra.people import CLIENTS, PEOPLE, TENANT, client, person
from sandbox.vendors.entra.redeem import Redeem, denied
from sandbox.vendors.entra.tokens import LIFETIME_S, Tokens
from sandbox.vendors.framework import Operation, Vendor, object_body, reply
from sandbox.vendors.store import Store

_TENANT = r"/{tenant:[A-Za-z0-9][\w.-]*}"


class EntraId(Vendor):
    """One issuer; its tokens name 127.0.0.1 and its port, so the port must stay for tokens to stay valid."""

    name = "entra"
    keep = frozenset({"_key"})

    def __init__(self, store: Store, credentials: Mapping[str, str]) -> None:
        super().__init__(store, credentials)
        codes = self.collection("_code")
        self.tokens = Tokens(self.collection("_key"), self._issuer)
        self._authorize = Authorize(codes)
        self._redeem = Redeem(codes, self.tokens, credentials)

    @override
    def operations(self) -> Sequence[Operation]:
        oauth = f"{_TENANT}/oauth2/v2.0"
        found = [
            (
                "get_configuration",
                "GET",
                f"{_TENANT}/v2.0/.well-known/openid-configuration",
                self._configuration,
            ),
            ("get_keys", "GET", f"{_TENANT}/discovery/v2.0/keys", self._keys),
            ("show_sign_in", "GET", f"{oauth}/authorize", self._authorize.show),
            ("sign_in", "POST", f"{oauth}/authorize", self._authorize.choose),
            ("issue_token", "POST", f"{oauth}/token", self._redeem.token),
            ("sign_out", "GET", f"{oauth}/logout", self._sign_out),
        ]
        return [Operation(name, method, path, handle, open=True) for name, method, path, handle in found]

    @override
    def controls(self) -> Sequence[Operation]:
        return [
            Operation("make_token", "POST", "/tokens", self._make_token),
            Operation("list_people", "GET", "/people", self._people),
        ]

    @override
    def authenticate(self, request: web.Request) -> None:
        """Nothing here needs a token; the endpoints check their clients themselves."""

    @override
    def error(self, status: int, message: str) -> web.Response:
        code = "temporarily_unavailable" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request"
        return denied(f"AADSTS90019: {message}", code, status).answer

    @override
    def start(self) -> None:
        self.in_background(self.tokens.prepare())

    def _issuer(self, tenant: str) -> str:
        return f"{self.url}/{tenant}/v2.0"

    async def _configuration(self, request: web.Request) -> web.Response:
        tenant = request.match_info["tenant"]
        base = f"{self.url}/{tenant}"
        return reply(
            {
                "issuer": self._issuer(tenant),
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "client_credentials"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "profile", "email"],
                "claims_supported": [
                    "sub",
                    "iss",
                    "aud",
                    "exp",
                    "iat",
                    "nonce",
                    "name",
                    "preferred_username",
                    "oid",
                ],
            }
        )

    async def _keys(self, _: web.Request) -> web.Response:
        return reply(self.tokens.jwks())

    async def _sign_out(self, request: web.Request) -> web.Response:
        """There is no session to end: everybody chooses anew who they are."""
        address = request.query.get("post_logout_redirect_uri", "")
        if address and is_loopback(address):
            return web.Response(status=HTTPStatus.FOUND, headers={"Location": urlsplit(address).geturl()})
        return web.Response(text="Signed out. / Você saiu.")

    async def _people(self, _: web.Request) -> web.Response:
        people = [{"key": who.key, "name": who.name, "roles": who.roles, "oid": who.oid} for who in PEOPLE]
        clients = [{"id": app.id, "roles": app.roles, "oid": app.oid} for app in CLIENTS]
        return reply({"people": people, "clients": clients})

    async def _make_token(self, request: web.Request) -> web.Response:
        """{"person" or "client", "audience"?: "valueflow", "tenant"?, "expires_in"?: 3600, "nonce"?} -> tokens.

        A negative expires_in makes a token that has expired.
        """
        body = await object_body(request, wrong)
        tenant, audience = str(body.get("tenant", TENANT)), str(body.get("audience", "valueflow"))
        seconds = body.get("expires_in", LIFETIME_S)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise wrong("expires_in must be a number")
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "expires_in": seconds,
            "issuer": self._issuer(tenant),
        }
        if who := person(str(body.get("person", ""))):
            answer["access_token"] = self.tokens.of_person(who, tenant, audience, "valueflow", seconds)
            nonce = str(body.get("nonce", ""))
            answer["id_token"] = self.tokens.id_of_person(who, tenant, audience, nonce, seconds)
        elif app := client(str(body.get("client", ""))):
            answer["access_token"] = self.tokens.of_client(app, tenant, audience, seconds)
        else:
            raise wrong("person or client must name somebody the directory knows")
        return reply(answer)
