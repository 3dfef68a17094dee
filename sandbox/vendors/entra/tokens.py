"""Tokens: made, signed and checked. The key is made once and stays in the state."""

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.vendors.entra.people import Client, Person
from sandbox.vendors.store import Collection

LIFETIME_S = 3600
_KEY_BITS = 2048
_SIGNING = "signing"


class Tokens:
    """issuer: of a tenant. keys: where the signing key is kept."""

    def __init__(self, keys: Collection, issuer: Callable[[str], str]) -> None:
        self._keys, self._issuer = keys, issuer
        self._key: Any = None
        self._key_id = ""

    def jwks(self) -> dict[str, Any]:
        """The public key, as the discovery endpoint gives it."""
        numbers = self._signing_key().public_key().public_numbers()
        size = _KEY_BITS // 8
        public = {"n": _base64url(numbers.n.to_bytes(size)), "e": _base64url(numbers.e.to_bytes(3))}
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self._key_id, **public}]}

    def of_person(self, who: Person, tenant: str, audience: str, app: str, lifetime_s: float) -> str:
        """An access token. app: the client that asked for it."""
        claims = self._claims(tenant, audience, who.oid, lifetime_s) | _names(who)
        return self._signed({**claims, "azp": app, "azpacr": "1", "roles": list(who.roles), "scp": "access"})

    def id_of_person(self, who: Person, tenant: str, audience: str, nonce: str, lifetime_s: float) -> str:
        claims = self._claims(tenant, audience, who.oid, lifetime_s) | _names(who)
        return self._signed({**claims, "roles": list(who.roles), **({"nonce": nonce} if nonce else {})})

    def of_client(self, app: Client, tenant: str, audience: str, lifetime_s: float) -> str:
        """An access token of an application in its own name."""
        claims = self._claims(tenant, audience, app.oid, lifetime_s)
        return self._signed(
            {**claims, "azp": app.id, "azpacr": "1", "idtyp": "app", "roles": list(app.roles)}
        )

    def accepts(self, token: str, audience: str) -> bool:
        """Whether the token is one of this issuer's for the audience, valid now."""
        import jwt

        try:
            jwt.decode(token, self._signing_key().public_key(), algorithms=["RS256"], audience=audience)
        except jwt.PyJWTError:
            return False
        return True

    def _claims(self, tenant: str, audience: str, oid: str, lifetime_s: float) -> dict[str, Any]:
        now = int(time.time())
        subject = hashlib.sha256(f"{oid}|{audience}".encode()).digest()
        return {
            "iss": self._issuer(tenant),
            "aud": audience,
            "sub": _base64url(subject),
            "oid": oid,
            "tid": tenant,
            "iat": now,
            "nbf": now,
            "exp": now + int(lifetime_s),
            "uti": secrets.token_urlsafe(12),
            "ver": "2.0",
        }

    def _signed(self, claims: Mapping[str, Any]) -> str:
        import jwt

        key = self._signing_key()
        return jwt.encode(dict(claims), key, algorithm="RS256", headers={"kid": self._key_id})

    async def prepare(self) -> None:
        """Make the key, if there is none, aside: it can take seconds, and others have work to do meanwhile."""
        if self._keys.get(_SIGNING) is None:
            made = await asyncio.to_thread(new_key)
            if self._keys.get(_SIGNING) is None:
                self._keys.put(_SIGNING, made)

    def _signing_key(self) -> Any:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        if self._key is None:
            kept = self._keys.get(_SIGNING) or self._keys.put(_SIGNING, new_key())
            self._key, self._key_id = load_pem_private_key(kept["pem"].encode(), None), kept["kid"]
        return self._key


def new_key() -> dict[str, str]:
    """A signing key as it is kept."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {"pem": pem, "kid": secrets.token_urlsafe(16)}


def _names(who: Person) -> dict[str, str]:
    return {"name": who.name, "preferred_username": who.username, "email": who.username}


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
