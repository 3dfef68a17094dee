"""Verify that a webhook comes from the source it names, before anything reads its body."""

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
