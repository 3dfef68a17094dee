"""The issuer over HTTP: discovery, sign-in, tokens."""

import base64
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
import pytest

from sandbox.vendors.entra import page
from sandbox.vendors.entra.tokens import Tokens
from sandbox.vendors.store import Store
from tests.unit.sandbox.vendors.rig import Rig

TENANT = "contoso"
REDIRECT = "http://localhost:7071/.auth/login/aad/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
REQUEST = {
    "client_id": "valueflow",
    "redirect_uri": REDIRECT,
    "response_type": "code",
    "scope": "openid profile",
    "state": "s&1",
    "nonce": "n1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def authorize_url(rig: Rig) -> str:
    return f"{rig.urls['entra']}/{TENANT}/oauth2/v2.0/authorize"


def token_url(rig: Rig) -> str:
    return f"{rig.urls['entra']}/{TENANT}/oauth2/v2.0/token"


async def choose(rig: Rig, **changes: str) -> dict[str, str]:
    """What comes back to the client after somebody was chosen."""
    answer = await rig.http.post(authorize_url(rig), data={**REQUEST, "person": "ana", **changes})
    assert answer.status_code == 302, answer.text
    location = urlsplit(answer.headers["Location"])
    assert location.geturl().startswith(REDIRECT)
    return dict(parse_qsl(location.query))


async def redeem(rig: Rig, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": "valueflow",
        "client_secret": rig.credentials["entra"]["client_secret"],
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        **changes,
    }
    return await rig.http.post(token_url(rig), data={name: value for name, value in form.items() if value})


async def claims(rig: Rig, token: str, audience: str = "valueflow", tenant: str = TENANT) -> dict[str, Any]:
    """The token's claims, checked with nothing but what discovery tells."""
    issuer = f"{rig.urls['entra']}/{tenant}/v2.0"
    configuration = (await rig.http.get(f"{issuer}/.well-known/openid-configuration")).json()
    assert configuration["issuer"] == issuer
    keys = jwt.PyJWKSet.from_dict((await rig.http.get(configuration["jwks_uri"])).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    checked: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=issuer)
    return checked


async def test_a_chosen_person_comes_back_with_tokens_that_validate(rig: Rig) -> None:
    back = await choose(rig)
    assert back["state"] == "s&1"

    body = (await redeem(rig, code=back["code"])).json()

    identity = await claims(rig, body["id_token"])
    assert identity["name"] == "Ana Souza"
    assert identity["preferred_username"] == "ana.souza@sandbox.example"
    assert (identity["nonce"], identity["tid"]) == ("n1", TENANT)
    assert sorted(identity["roles"]) == ["Platform.Approver", "Platform.Reader"]
    access = await claims(rig, body["access_token"])
    assert (access["oid"], access["azp"]) == (identity["oid"], "valueflow")
    assert access["exp"] - access["iat"] == body["expires_in"] == 3600


async def test_a_code_is_good_once(rig: Rig) -> None:
    code = (await choose(rig))["code"]

    answers = [await redeem(rig, code=code) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_verifier": "x" * 64}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "http://localhost:1/"}, "invalid_grant"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody"}, "unauthorized_client"),
        ({"code": "x"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
async def test_a_code_is_not_redeemed_by_others(rig: Rig, change: dict[str, str], error: str) -> None:
    code = (await choose(rig))["code"]

    answer = await redeem(rig, **{"code": code, **change})

    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == error
    assert answer.json()["error_description"].startswith("AADSTS")


async def test_a_client_with_a_challenge_needs_no_secret_and_one_without_does(rig: Rig) -> None:
    public = await redeem(rig, code=(await choose(rig))["code"], client_secret="")
    bare = {"code_challenge": "", "code_challenge_method": ""}
    none = await redeem(rig, code=(await choose(rig, **bare))["code"], client_secret="", code_verifier="")
    proven = await redeem(rig, code=(await choose(rig, **bare))["code"], code_verifier="")

    assert (public.status_code, none.status_code, proven.status_code) == (200, 401, 200)


async def test_a_code_expires(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.vendors.entra.authorize.CODE_LIFETIME_S", 0)

    assert (await redeem(rig, code=(await choose(rig))["code"])).status_code == 400


@pytest.mark.parametrize(
    ("client", "roles"),
    [
        ("backstage", {"Platform.Requester", "Platform.Reader"}),
        ("operator", {"Platform.Admin", "Platform.Reader", "Platform.Approver"}),
    ],
)
async def test_a_client_gets_a_token_in_its_own_name(rig: Rig, client: str, roles: set[str]) -> None:
    secret = rig.credentials["entra"][f"{client}_secret"]
    form = {"grant_type": "client_credentials", "scope": "api://valueflow/.default"}

    answer = await rig.http.post(token_url(rig), data=form, auth=(client, secret))

    found = await claims(rig, answer.json()["access_token"])
    assert set(found["roles"]) == roles
    assert found["azp"] == client
    assert "name" not in found


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"scope": "openid"}, 400, "invalid_scope"),
        ({"scope": "a/.default b/.default"}, 400, "invalid_scope"),
    ],
)
async def test_a_client_without_secret_or_scope_gets_none(
    rig: Rig, change: dict[str, str], status: int, error: str
) -> None:
    form = {"grant_type": "client_credentials", "scope": "valueflow/.default", **change}

    answer = await redeem(rig, code_verifier="", redirect_uri="", **form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_the_page_names_the_sandbox_and_every_person_without_script(rig: Rig) -> None:
    answer = await rig.http.get(authorize_url(rig), params=REQUEST, headers={"Accept-Language": "en"})

    text = answer.text
    assert answer.status_code == 200
    assert "sandbox" in text
    assert "not Microsoft" in text
    assert all(name in text for name in ("Ana Souza", "Bruno Lima", "Carla Dias", "Davi Rocha"))
    assert "<script" not in text
    assert 'name="viewport"' in text
    assert 'name="state" value="s&amp;1"' in text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_the_page_speaks_portuguese_to_whom_it_should(rig: Rig) -> None:
    header = {"Accept-Language": "pt-BR,pt;q=0.9,en;q=0.8"}

    text = (await rig.http.get(authorize_url(rig), params=REQUEST, headers=header)).text

    assert '<html lang="pt-BR">' in text
    assert "escolha quem você é" in text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("pt", "pt"),
        ("fr, pt;q=0.5", "pt"),
        ("pt;q=0.4, en;q=0.9", "en"),
        ("de", "en"),
        ("pt;q=0", "en"),
    ],
)
def test_the_language_is_the_best_of_those_wanted(header: str, language: str) -> None:
    assert page.language(header) == language


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1@evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": ""},
        {"client_id": "<script>"},
    ],
)
async def test_nobody_is_sent_elsewhere_than_to_this_machine(rig: Rig, change: dict[str, str]) -> None:
    for answer in (
        await rig.http.get(authorize_url(rig), params={**REQUEST, **change}),
        await rig.http.post(authorize_url(rig), data={**REQUEST, "person": "ana", **change}),
    ):
        assert answer.status_code == 400
        assert "Location" not in answer.headers
        assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"person": "nobody"}, "access_denied"),
    ],
)
async def test_other_faults_go_back_to_the_client_with_its_state(
    rig: Rig, change: dict[str, str], error: str
) -> None:
    back = await choose(rig, **change)

    assert (back["error"], back["state"]) == (error, "s&1")


async def test_the_control_api_makes_tokens_for_people_and_clients_also_expired_ones(rig: Rig) -> None:
    async def made(**body: Any) -> str:
        return str(
            (await rig.control("entra", "POST", "/tokens", {"tenant": TENANT, **body}))["access_token"]
        )

    assert (await claims(rig, await made(person="Bruno Lima")))["name"] == "Bruno Lima"
    assert (await claims(rig, await made(client="operator", audience="other"), "other"))["azp"] == "operator"
    with pytest.raises(jwt.ExpiredSignatureError):
        await claims(rig, await made(person="ana", expires_in=-60))
    unknown = await rig.http.post(f"{rig.urls['entra']}/_sandbox/tokens", json={"person": "nobody"})
    assert unknown.status_code == 400


async def test_the_key_outlives_restart_and_reset_and_is_never_shown(rig: Rig) -> None:
    keys = f"/{TENANT}/discovery/v2.0/keys"
    before = (await rig.http.get(rig.urls["entra"] + keys)).json()

    await rig.control("entra", "POST", "/reset")
    await rig.stop()
    await rig.start()

    assert (await rig.http.get(rig.urls["entra"] + keys)).json() == before
    assert set(before["keys"][0]) == {"kty", "use", "alg", "kid", "n", "e"}
    assert await rig.control("entra", "GET", "/state") == {}


async def test_signing_out_goes_back_to_this_machine_only(rig: Rig) -> None:
    url = f"{rig.urls['entra']}/{TENANT}/oauth2/v2.0/logout"

    home = await rig.http.get(url, params={"post_logout_redirect_uri": "http://localhost:7071/"})
    elsewhere = await rig.http.get(url, params={"post_logout_redirect_uri": "https://evil.example/"})

    assert (home.status_code, home.headers["Location"]) == (302, "http://localhost:7071/")
    assert elsewhere.status_code == 200


async def test_a_key_is_made_where_there_is_none_and_only_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    tokens = [Tokens(store.collection("entra", "_key"), str) for _ in range(2)]

    await tokens[0].prepare()
    prepared = store.collection("entra", "_key").get("signing")
    await tokens[1].prepare()

    assert store.collection("entra", "_key").get("signing") == prepared
    assert tokens[0].jwks() == tokens[1].jwks()
    assert (tmp_path / "state.db").stat().st_mode & 0o077 == 0
    store.close()
