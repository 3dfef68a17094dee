"""Signed tokens for links and forms: what we gave out is all that comes back in.

A token is `<expiry, seconds since 1970>.<HMAC-SHA256 of purpose, parts and expiry>`. The purpose keeps
a link's token from passing as a form's.
"""

import hashlib
import hmac
from collections.abc import Sequence

from shared.errors import Forbidden
from shared.settings import Secret

_APPROVAL, _ENVIRONMENT = "approval", "environment"


def sign(secrets: Sequence[Secret], purpose: str, *parts: str, expires_at_s: int) -> str:
    """A token that `verify` accepts for the same purpose and parts until `expires_at_s`."""
    return f"{expires_at_s}.{_mac(secrets[0], purpose, parts, expires_at_s)}"


def verify(secrets: Sequence[Secret], token: str | None, purpose: str, *parts: str, now_s: float) -> None:
    """Raises: Forbidden when the token is missing, altered, expired or meant for something else."""
    expiry, _, mac = (token or "").partition(".")
    if not expiry.isdecimal() or len(expiry) > 12:
        raise Forbidden("The link is not complete. Open it from the card or the incident again.")
    good = [
        hmac.compare_digest(mac.encode(), _mac(secret, purpose, parts, int(expiry)).encode())
        for secret in secrets
    ]
    if not any(good):
        raise Forbidden("The link has been altered. Open it from the card or the incident again.")
    if int(expiry) < now_s:
        raise Forbidden("The link has expired.")


def approval_address(address: str, secrets: Sequence[Secret], operation_id: str, *, expires_at_s: int) -> str:
    """The address of an operation's approval page, signed."""
    return f"{address}?token={sign(secrets, _APPROVAL, operation_id, expires_at_s=expires_at_s)}"


def verify_approval(secrets: Sequence[Secret], token: str | None, operation_id: str, *, now_s: float) -> None:
    """Raises: Forbidden, as `verify`."""
    verify(secrets, token, _APPROVAL, operation_id, now_s=now_s)


def environment_address(
    address: str, secrets: Sequence[Secret], service: str, environment: str, *, expires_at_s: int
) -> str:
    """The address of an environment's page, signed."""
    return f"{address}?token={sign(secrets, _ENVIRONMENT, service, environment, expires_at_s=expires_at_s)}"


def verify_environment(
    secrets: Sequence[Secret], token: str | None, service: str, environment: str, *, now_s: float
) -> None:
    """Raises: Forbidden, as `verify`."""
    verify(secrets, token, _ENVIRONMENT, service, environment, now_s=now_s)


def _mac(secret: Secret, purpose: str, parts: Sequence[str], expires_at_s: int) -> str:
    message = "\x1f".join((purpose, *parts, str(expires_at_s)))
    return hmac.new(secret.get_secret_value().encode(), message.encode(), hashlib.sha256).hexdigest()
