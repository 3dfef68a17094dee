"""Microsoft Teams, the megaphone: notices as Adaptive Cards, through a Workflows webhook.

The activities call it. Vendor's page:
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from shared.clients.http import TIMEOUT_S, call, http_client, nothing
from shared.clients.idempotency import certainly_not_done, retrying

if TYPE_CHECKING:
    import httpx

VENDOR = "teams"
_NO_TEXT = frozenset({"url", "type", "$schema", "version", "lang"})
"""Parts of a card that nobody reads; signed addresses stand among them."""


def teams_client(
    webhook_url: str, transport: httpx.AsyncBaseTransport | None = None, timeout_s: float = TIMEOUT_S
) -> TeamsClient:
    """webhook_url: the whole address, which is the secret."""
    return TeamsClient(http_client(transport=transport, timeout_s=timeout_s), webhook_url)


class TeamsClient:
    """One channel.

    http: a client with a timeout (seconds) already set. webhook_url: never in an error or a log.
    """

    def __init__(self, http: httpx.AsyncClient, webhook_url: str) -> None:
        self._call = partial(call, http, VENDOR)
        self._webhook_url = webhook_url
        self.aclose = http.aclose

    async def post_card(self, card: dict[str, Any]) -> None:
        """Post one Adaptive Card (version 1.5 at most), without personal data and secrets.

        card["people"]: who may be named in it all the same, because they act in what it tells; not part of the card.
        A notice cannot be looked up, so only what was certainly not posted is tried again.

        Raises: OutcomeUnknown (it may stand in the channel), VendorUnavailable (it does not), VendorRefused.
        """
        attachment = {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": _redacted(card),
        }
        body = {"type": "message", "attachments": [attachment]}
        await retrying(
            lambda: self._call("post_card", "POST", self._webhook_url, json=body, parse=nothing),
            on=certainly_not_done,
        )


def _redacted(card: dict[str, Any]) -> dict[str, Any]:
    from shared.redaction import redacted_in

    shown = {name: value for name, value in card.items() if name != "people"}
    return dict(redacted_in(shown, readable=card.get("people", ()), untouched=_NO_TEXT))
