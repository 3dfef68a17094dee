"""Shared access signatures: whether a token is good, and what a connection may reach with the ones it put.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas
"""

import base64
import hashlib
import hmac
import urllib.parse

from sandbox.servicebus.broker.clock import Clock
from sandbox.servicebus.broker.errors import unauthorized
from sandbox.servicebus.broker.namespace import path_of

_PREFIX = "SharedAccessSignature "


def check_signature(token: object, keys: dict[str, str], now_s: float) -> tuple[str, int]:
    """(what the token is for, when it expires in s since the epoch). Raises: Refused (unauthorized)."""
    if not isinstance(token, str) or not token.startswith(_PREFIX):
        raise unauthorized("MalformedToken: a shared access signature is expected.")
    parts = dict(part.split("=", 1) for part in token[len(_PREFIX) :].split("&") if "=" in part)
    resource, expiry = parts.get("sr", ""), parts.get("se", "")
    key = keys.get(urllib.parse.unquote_plus(parts.get("skn", "")))
    signature = urllib.parse.unquote_plus(parts.get("sig", ""))
    # An unknown key's name is refused like a wrong signature, and takes as long.
    digest = hmac.new((key or "").encode(), f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
    good = hmac.compare_digest(base64.b64encode(digest), signature.encode())
    if key is None or not good or not (expiry.isascii() and expiry.isdigit()):
        raise unauthorized("InvalidSignature: The token has an invalid signature.")
    if int(expiry) <= now_s:
        raise unauthorized("ExpiredToken: The token is expired.")
    return urllib.parse.unquote_plus(resource), int(expiry)


class Tokens:
    """The tokens put on one connection. keys: key name to key."""

    def __init__(self, keys: dict[str, str], clock: Clock) -> None:
        self._keys, self._clock = keys, clock
        self._expiry_s: dict[str, int] = {}

    def put(self, token: object, audience: object) -> float:
        """Accept a token for an audience; in how many seconds it expires. Raises: Refused."""
        now_s = self._clock.now_ms() / 1000
        resource, expiry_s = check_signature(token, self._keys, now_s)
        path, within = path_of(audience if isinstance(audience, str) else ""), path_of(resource)
        if not _covers(within, path):
            raise unauthorized("InvalidAudience: The token is for another entity.")
        self._expiry_s[path] = expiry_s
        return expiry_s - now_s

    def check(self, path: str) -> None:
        """Raises: Refused (unauthorized-access) unless a token that is good now covers the path."""
        if not self.cover(path):
            raise unauthorized("Unauthorized access. A valid token for the entity is required.")

    def cover(self, path: str) -> bool:
        now_s = self._clock.now_ms() / 1000
        return any(
            expiry_s > now_s and _covers(audience, path.lower())
            for audience, expiry_s in self._expiry_s.items()
        )


def _covers(audience: str, path: str) -> bool:
    return not audience or path == audience or path.startswith(audience + "/")
