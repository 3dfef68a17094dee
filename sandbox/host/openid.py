"""The OpenID issuer that sign-in relies on: its endpoints, codes redeemed for tokens, tokens checked."""

import os
import secrets
from typing import Any

import aiohttp
import jwt

CLIENT_ID_SETTING, DEFAULT_CLIENT_ID = "WEBSITE_AUTH_CLIENT_ID", "valueflow"
CLIENT_SECRET_SETTING = "MICROSOFT_PROVIDER_AUTHENTICATION_SECRET"  # noqa: S105  # the setting's name
_TIMEOUT = aiohttp.ClientTimeout(total=10)


class SignInFailed(Exception):
    """The issuer's answer cannot be trusted or used; the message is safe to show."""


class Issuer:
    """address: whose /.well-known/openid-configuration describes it.

    Methods raise SignInFailed, and aiohttp.ClientError or TimeoutError when it cannot be reached.
    """

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self.client_id = os.environ.get(CLIENT_ID_SETTING) or DEFAULT_CLIENT_ID
        self._http: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()

    async def metadata(self) -> dict[str, Any]:
        """Its configuration, read now."""
        async with self._client().get(f"{self._address}/.well-known/openid-configuration") as answer:
            answer.raise_for_status()
            metadata: dict[str, Any] = await answer.json(content_type=None)
            return metadata

    async def redeem(self, code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
        """The tokens for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        if secret := os.environ.get(CLIENT_SECRET_SETTING):
            form["client_secret"] = secret
        metadata = await self.metadata()
        async with self._client().post(metadata["token_endpoint"], data=form) as answer:
            if answer.status != 200:
                raise SignInFailed(f"the issuer refused the code ({answer.status})")
            tokens = await answer.json(content_type=None)
        if not isinstance(tokens, dict):
            raise SignInFailed("the issuer's tokens are malformed")
        return tokens

    async def verify(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an identity token that was made for this sign-in."""
        metadata = await self.metadata()
        async with self._client().get(metadata["jwks_uri"]) as answer:
            keys = jwt.PyJWKSet.from_dict(await answer.json(content_type=None))
        try:
            key = keys[jwt.get_unverified_header(id_token)["kid"]]
            claims = jwt.decode(
                id_token,
                key.key,
                algorithms=["RS256", "ES256"],
                audience=self.client_id,
                issuer=metadata["issuer"],
                options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
            )
        except (jwt.PyJWTError, KeyError) as error:
            raise SignInFailed(f"the identity token is not valid ({type(error).__name__})") from error
        if not secrets.compare_digest(str(claims["nonce"]), nonce):
            raise SignInFailed("the identity token is for another sign-in")
        return dict(claims)

    def _client(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=_TIMEOUT)
        return self._http
