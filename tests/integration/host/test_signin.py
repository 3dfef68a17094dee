"""App Service Authentication, against a small OpenID issuer."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
import pytest_asyncio
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.integration.host.harness import Host, StartHost

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Knows one person; can be told to lie. url: where it listens."""

    def __init__(self) -> None:
        self.url = ""
        self.key = PRIVATE
        self.changes: dict[str, object] = {}
        self.nonce = ""
        self.forms: list[dict[str, str]] = []

    async def describe(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }
        )

    async def keys(self, request: web.Request) -> web.Response:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(PRIVATE.public_key()))
        return web.json_response({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]})

    async def token(self, request: web.Request) -> web.Response:
        self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        if self.forms[-1]["code"] != "good":
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": self.url,
            "aud": "valueflow",
            "sub": "s-1",
            "oid": "o-1",
            "nonce": self.nonce,
        }
        claims |= {
            "preferred_username": "ana@example.com",
            "roles": ["Approver"],
            "iat": now,
            "exp": now + 60,
        }
        token = jwt.encode({**claims, **self.changes}, self.key, "RS256", headers={"kid": "k1"})
        return web.json_response({"id_token": token, "access_token": "a", "token_type": "Bearer"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", issuer.describe)
    app.router.add_get("/keys", issuer.keys)
    app.router.add_post("/token", issuer.token)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield issuer
    await runner.cleanup()


@pytest.fixture
def issuer(running: Issuer) -> Issuer:
    """The issuer, honest again."""
    running.key, running.changes, running.forms = PRIVATE, {}, []
    return running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def host(start_host: StartHost, running: Issuer) -> Host:
    return await asyncio.to_thread(start_host, sign_in=running.url)


async def begin(client: httpx.AsyncClient, issuer: Issuer, back_to: str = "/api/echo") -> dict[str, str]:
    """Follow the login to the issuer; return what the issuer is asked for."""
    answer = await client.get("/.auth/login/aad", params={"post_login_redirect_uri": back_to})
    target = urlsplit(answer.headers["location"])
    assert (answer.status_code, target.path) == (302, "/authorize")
    asked = {name: values[0] for name, values in parse_qs(target.query).items()}
    issuer.nonce = asked["nonce"]
    return asked


async def test_a_person_signs_in_is_known_to_the_app_and_signs_out(host: Host, issuer: Issuer) -> None:
    async with httpx.AsyncClient(base_url=host.url) as client:
        assert (await client.get("/.auth/me")).status_code == 401
        asked = await begin(client, issuer)
        assert (asked["response_type"], asked["client_id"]) == ("code", "valueflow")
        assert asked["code_challenge_method"] == "S256"
        back = await client.get("/.auth/login/aad/callback", params={"code": "good", "state": asked["state"]})
        assert (back.status_code, back.headers["location"]) == (302, "/api/echo")
        session = next(
            one for one in back.headers.get_list("set-cookie") if one.startswith("AppServiceAuthSession")
        )
        assert "HttpOnly" in session
        assert "SameSite=Lax" in session
        assert issuer.forms[0]["redirect_uri"] == asked["redirect_uri"]
        assert len(issuer.forms[0]["code_verifier"]) >= 43
        forged = {"X-MS-CLIENT-PRINCIPAL-NAME": "root@example.com", "X-MS-TOKEN-AAD-ID-TOKEN": "forged"}
        echoed = await client.get("/api/echo", headers=forged)
        seen = json.loads(echoed.headers["X-Seen"])["headers"]
        assert seen["x-ms-client-principal-name"] == "ana@example.com"
        token = jwt.decode(
            seen["x-ms-token-aad-id-token"], PRIVATE.public_key(), algorithms=["RS256"], audience="valueflow"
        )
        assert token["roles"] == ["Approver"]
        me = (await client.get("/.auth/me")).json()
        assert me[0]["user_id"] == "ana@example.com"
        out = await client.get("/.auth/logout", params={"post_logout_redirect_uri": "https://evil.example"})
        assert (out.status_code, out.headers["location"]) == (302, "/")
        assert (await client.get("/.auth/me")).status_code == 401


async def test_without_a_session_requests_pass_and_forged_identities_are_stripped(
    host: Host, issuer: Issuer
) -> None:
    async with httpx.AsyncClient(base_url=host.url) as client:
        forged = {"X-MS-CLIENT-PRINCIPAL-NAME": "root@example.com", "X-MS-CLIENT-PRINCIPAL": "e30="}
        answer = await client.get("/api/echo", headers={**forged, "Cookie": "AppServiceAuthSession=guess"})
        seen = json.loads(answer.headers["X-Seen"])["headers"]
        assert answer.status_code == 200
        assert not [name for name in seen if name.startswith("x-ms-")]


async def test_a_sign_in_leads_back_to_this_site_only(host: Host, issuer: Issuer) -> None:
    async with httpx.AsyncClient(base_url=host.url) as client:
        for target in ("https://evil.example", "//evil.example", "/\\evil.example"):
            asked = await begin(client, issuer, target)
            given = {"code": "good", "state": asked["state"]}
            back = await client.get("/.auth/login/aad/callback", params=given)
            assert (back.status_code, back.headers["location"]) == (302, "/")


async def test_an_answer_that_is_not_to_this_browsers_question_is_refused(host: Host, issuer: Issuer) -> None:
    async with httpx.AsyncClient(base_url=host.url) as mine, httpx.AsyncClient(base_url=host.url) as other:
        asked = await begin(mine, issuer)
        callback = "/.auth/login/aad/callback"
        unknown = await mine.get(callback, params={"code": "good", "state": "unknown"})
        assert unknown.status_code == 401
        planted = await other.get(callback, params={"code": "good", "state": asked["state"]})
        assert planted.status_code == 401
        replayed = await mine.get(callback, params={"code": "good", "state": asked["state"]})
        assert replayed.status_code == 401
        asked = await begin(mine, issuer)
        refused = await mine.get(callback, params={"code": "bad", "state": asked["state"]})
        assert refused.status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "https://another"},
        {"exp": 1},
        {"key": "another"},
    ],
)
async def test_an_identity_token_that_is_not_right_in_every_part_is_refused(
    host: Host, issuer: Issuer, changes: dict[str, object]
) -> None:
    issuer.changes = {name: value for name, value in changes.items() if name != "key"}
    issuer.key = OTHER if "key" in changes else PRIVATE
    async with httpx.AsyncClient(base_url=host.url) as client:
        asked = await begin(client, issuer)
        back = await client.get("/.auth/login/aad/callback", params={"code": "good", "state": asked["state"]})
        assert back.status_code == 401
        assert (await client.get("/.auth/me")).status_code == 401
    assert asked["state"] not in host.child.log.read_text()
