"""GitHub's webhooks: statuses of deployments, runs of workflows, pull requests; signed over the raw body.

https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

from collections.abc import Mapping

from functions.validation import parse_json
from shared import events
from shared.delivery.reporting import reported
from shared.domain.delivery import github_hooks
from shared.security.webhooks import verify_signature
from shared.settings import Settings

SIGNATURE_HEADER = "x-hub-signature-256"


def verify(headers: Mapping[str, str], body: bytes, settings: Settings) -> None:
    """Raises: Unauthenticated."""
    verify_signature(headers.get(SIGNATURE_HEADER), body, settings.github_webhook_secrets)


def to_event(body: bytes) -> events.Event:
    """What the hook reports. Raises: InvalidRequest where it is no JSON object."""
    return reported(*github_hooks.read(parse_json(body)))
