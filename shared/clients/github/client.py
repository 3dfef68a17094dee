"""The client put together: its rooms over one connection."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from shared.clients.github.changes import Changes
from shared.clients.github.connection import VERSION, Connection
from shared.clients.github.deployments import Deployments
from shared.clients.github.workflows import Workflows
from shared.clients.http import TIMEOUT_S, http_client, nothing
from shared.errors import VendorRefused

if TYPE_CHECKING:
    import httpx


def github_client(
    url: str,
    token: str,
    transport: httpx.AsyncBaseTransport | None = None,
    timeout_s: float = TIMEOUT_S,
) -> GitHubClient:
    """url: https://api.github.com, or https://<host>/api/v3. token: fine-grained, that reads the repositories."""
    headers = {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": VERSION,
        "Authorization": f"Bearer {token}",
    }
    return GitHubClient(http_client(url, headers=headers, transport=transport, timeout_s=timeout_s))


class GitHubClient:
    """The part of GitHub's REST API this app uses, in rooms: `client.deployments.ended_since(...)`.

    http: a client with base_url, headers and timeout (seconds) already set. Repositories are named "owner/name".
    All methods raise VendorUnavailable (try later) and VendorRefused (do not).
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        connection = Connection(http)
        self._connection = connection
        self.deployments = Deployments(connection)
        self.workflows = Workflows(connection)
        self.changes = Changes(connection)
        self.aclose = http.aclose

    async def ping(self) -> None:
        """One cheap read, one try, that no limit counts: raises when GitHub does not answer or does not accept us."""
        try:
            await self._connection.call("ping", "/rate_limit", parse=nothing)
        except VendorRefused as error:
            # A server of one's own without limits has no such page.
            if error.status != HTTPStatus.NOT_FOUND:
                raise
