"""Tokens of people and callers: OpenID Connect, checked for issuer, audience, signature, time and roles.

Rules: https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import Forbidden, Unauthenticated, VendorUnavailable

READER = "Platform.Reader"
REQUESTER = "Platform.Requester"
APPROVER = "Platform.Approver"
ADMIN = "Platform.Admin"

CLOCK_SKEW_S = 60
KEYS_KEPT_S = 3600
REFRESH_AT_MOST_EVERY_S = 30


@dataclass(frozen=True)
class Caller:
    """Somebody whose token was valid. `id` is stable, `name` is for showing."""

    id: str
    name: str
    roles: frozenset[str]

    def must_be(self, role: str) -> None:
        """Raises: Forbidden when the caller lacks the role."""
        if role not in self.roles:
            raise Forbidden(f"This needs the role {role}. Ask the platform team for it.")


class TokenValidator:
    """Validates tokens of one issuer for one audience; the issuer's keys are fetched once and kept an hour.

    fetch: reads a JSON document at an address (raises VendorUnavailable).
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        fetch: Callable[[str], Awaitable[Mapping[str, Any]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer, self._audience, self._fetch, self._clock = issuer, audience, fetch, clock
        self._keys: dict[str, Any] = {}
        self._fetched_at: float | None = None

    async def caller(self, token: str | None) -> Caller:
        """Who holds this token.

        Raises: Unauthenticated; VendorUnavailable when the issuer's keys cannot be had.
        """
        import jwt

        if not token:
            raise Unauthenticated("A token is needed: sign in, or send Authorization: Bearer <token>.")
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._audience,
                issuer=self._issuer,
                leeway=CLOCK_SKEW_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError:
            raise Unauthenticated("The token is not valid here, or has expired. Sign in again.") from None
        return _caller(claims)

    async def _key(self, key_id: str) -> Any:
        if key_id not in self._keys or self._age() > KEYS_KEPT_S:
            await self._refresh()
        if key_id not in self._keys:
            raise Unauthenticated("The token was not signed by the issuer this platform trusts.")
        return self._keys[key_id]

    async def _refresh(self) -> None:
        if self._age() < REFRESH_AT_MOST_EVERY_S:
            return
        from jwt import PyJWKSet

        configuration = await self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if configuration.get("issuer") != self._issuer:
            raise VendorUnavailable("entra", "read_keys", "the issuer's configuration names another issuer")
        keys = PyJWKSet.from_dict(dict(await self._fetch(configuration["jwks_uri"]))).keys
        self._keys = {str(key.key_id): key for key in keys if key.key_id}
        self._fetched_at = self._clock()

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._clock() - self._fetched_at


def _caller(claims: Mapping[str, Any]) -> Caller:
    roles = claims.get("roles", [])
    return Caller(
        id=str(claims.get("oid") or claims["sub"]),
        name=str(
            claims.get("name") or claims.get("preferred_username") or claims.get("azp") or claims["sub"]
        ),
        roles=frozenset(role for role in roles if isinstance(role, str))
        if isinstance(roles, list)
        else frozenset(),
    )
