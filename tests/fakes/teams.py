"""A Teams channel in memory, behind a Workflows webhook."""

from typing import Any

import httpx

from tests.fakes.vendor import FakeVendor, body_of

SECRET = "Zk3x9-the-signature-of-the-webhook"
URL = f"https://prod.logic.test:443/workflows/0a1b/triggers/manual/paths/invoke?api-version=1&sig={SECRET}"


class FakeTeams(FakeVendor):
    """cards: what the channel shows."""

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[dict[str, Any]] = []

    def respond(self, request: httpx.Request) -> httpx.Response:
        if request.url.params.get("sig") != SECRET:
            return httpx.Response(401, json={"error": {"message": f"no such signature as in {request.url}"}})
        (attachment,) = body_of(request)["attachments"]
        self.cards.append(attachment["content"])
        return httpx.Response(202)
