"""Verify that a webhook comes from the source it names, before anything reads its body."""

import hashlib
import hmac
from collections.abc import Sequence

from shared.errors import Unauthenticated
from shared.settings import Secret


def verify_shared_secret(presented: str | None, secrets: Sequence[Secret]) -> None:
    """Accept either of the current secrets; takes the same time whichever matches, or none.

    Raises: Unauthenticated.
    """
    given = (presented or "").encode()
    matches = [hmac.compare_digest(given, secret.get_secret_value().encode()) for secret in secrets]
    if not presented or not any(matches):
        raise Unauthenticated(
            "The webhook's secret is missing or wrong. Compare it with the one in the app's settings."
        )


def verify_signature(presented: str | None, body: bytes, secrets: Sequence[Secret]) -> None:
    """Accept "sha256=<hex>", the HMAC of the raw body by either of the current secrets; in the same time for all.

    Raises: Unauthenticated.
    """
    given = (presented or "").strip().lower().encode("utf-8", "replace")
    matches = [hmac.compare_digest(given, b"sha256=" + _hmac(secret, body).encode()) for secret in secrets]
    if not presented or not any(matches):
        raise Unauthenticated(
            "The webhook's signature is missing or wrong. Compare its secret with the one in the app's settings."
        )


def _hmac(secret: Secret, body: bytes) -> str:
    return hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()
