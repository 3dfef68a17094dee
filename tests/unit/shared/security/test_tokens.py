"""Tokens of people: issuer, audience, signature, time and roles are all checked."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from shared.errors import Forbidden, Unauthenticated, VendorUnavailable
from shared.security.tokens import APPROVER, READER, TokenValidator

ISSUER = "https://issuer.example/tenant/v2.0"


class Issuer:
    """An issuer with one key at a time; counts how often its keys are read."""

    def __init__(self) -> None:
        self.reads = 0
        self.away = False
        self.new_key("k1")

    def new_key(self, key_id: str) -> None:
        self.key_id = key_id
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def token(self, *, key: Any = None, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": "app",
            "sub": "s",
            "oid": "ana",
            "name": "Ana",
            "roles": [READER],
            "iat": now,
            "exp": now + 600,
        } | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key or self.key, algorithm="RS256", headers={"kid": self.key_id})

    async def fetch(self, address: str) -> Mapping[str, Any]:
        if self.away:
            raise VendorUnavailable("entra", "read_keys", "away")
        if address == f"{ISSUER}/.well-known/openid-configuration":
            return {"issuer": ISSUER, "jwks_uri": "https://issuer.example/keys"}
        assert address == "https://issuer.example/keys"
        self.reads += 1
        return {"keys": [RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True) | {"kid": self.key_id}]}


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def validator(issuer: Issuer, clock: Callable[[], float] = time.monotonic) -> TokenValidator:
    return TokenValidator(ISSUER, "app", issuer.fetch, clock)


async def test_a_valid_token_tells_who_calls(issuer: Issuer) -> None:
    caller = await validator(issuer).caller(issuer.token())

    assert (caller.id, caller.name, caller.roles) == ("ana", "Ana", frozenset({READER}))


async def test_a_role_that_is_missing_forbids(issuer: Issuer) -> None:
    caller = await validator(issuer).caller(issuer.token())

    caller.must_be(READER)
    with pytest.raises(Forbidden, match=APPROVER):
        caller.must_be(APPROVER)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "other-app"},
        {"exp": 1},
        {"exp": None},
        {"aud": None},
        {"nbf": 4102444800},
    ],
    ids=["issuer", "audience", "expired", "no expiry", "no audience", "not yet"],
)
async def test_a_token_with_a_wrong_claim_is_refused(issuer: Issuer, changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await validator(issuer).caller(issuer.token(**changes))


async def test_a_token_of_another_key_is_refused(issuer: Issuer) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(Unauthenticated):
        await validator(issuer).caller(issuer.token(key=other))


@pytest.mark.parametrize("token", [None, "", "no.token", "a.b.c", "é"])
async def test_what_is_no_token_is_refused(issuer: Issuer, token: str | None) -> None:
    with pytest.raises(Unauthenticated):
        await validator(issuer).caller(token)


async def test_an_unsigned_token_is_refused(issuer: Issuer) -> None:
    checking = validator(issuer)
    await checking.caller(issuer.token())
    claims = {"iss": ISSUER, "aud": "app", "sub": "s"}
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": "k1"})
    with pytest.raises(Unauthenticated):
        await checking.caller(unsigned)


async def test_keys_are_read_once(issuer: Issuer) -> None:
    checking = validator(issuer)
    for _ in range(3):
        await checking.caller(issuer.token())

    assert issuer.reads == 1


async def test_a_new_key_of_the_issuer_is_found_but_made_up_key_ids_cause_no_storm(issuer: Issuer) -> None:
    now = [0.0]
    checking = validator(issuer, lambda: now[0])
    await checking.caller(issuer.token())
    issuer.new_key("k2")
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await checking.caller(issuer.token())
    assert issuer.reads == 1

    now[0] = 31.0
    assert (await checking.caller(issuer.token())).id == "ana"
    assert issuer.reads == 2


async def test_an_issuer_that_is_away_is_not_a_wrong_token(issuer: Issuer) -> None:
    issuer.away = True
    with pytest.raises(VendorUnavailable):
        await validator(issuer).caller(issuer.token())


async def test_roles_of_a_wrong_shape_are_no_roles(issuer: Issuer) -> None:
    assert (await validator(issuer).caller(issuer.token(roles="Platform.Admin"))).roles == frozenset()
