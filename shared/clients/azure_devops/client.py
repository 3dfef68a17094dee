"""The client put together: its rooms over one connection."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from shared.clients.azure_devops.boards import Boards
from shared.clients.azure_devops.checks import Checks
from shared.clients.azure_devops.comparing import Comparing
from shared.clients.azure_devops.connection import SCOPE, VENDOR, Connection
from shared.clients.azure_devops.deployments import Deployments
from shared.clients.azure_devops.pipelines import Pipelines
from shared.clients.azure_devops.policies import Policies
from shared.clients.azure_devops.projects import Projects
from shared.clients.azure_devops.repositories import Repositories
from shared.clients.azure_devops.runs import Runs
from shared.clients.http import TIMEOUT_S, http_client

if TYPE_CHECKING:
    import httpx


def azure_devops_client(
    url: str,
    token: str = "",
    credential: Any = None,
    transport: httpx.AsyncBaseTransport | None = None,
    timeout_s: float = TIMEOUT_S,
) -> AzureDevOpsClient:
    """url: the organisation's, for example https://dev.azure.com/contoso.

    token: a personal access token; when empty, credential: an identity of azure.identity.aio.
    """
    http = http_client(url, transport=transport, timeout_s=timeout_s)
    if token:
        http.headers["Authorization"] = "Basic " + base64.b64encode(f":{token}".encode()).decode()
    else:
        from shared.clients.auth import entra_id

        http.auth = entra_id(credential, VENDOR, SCOPE)
    return AzureDevOpsClient(http)


class AzureDevOpsClient:
    """The part of Azure DevOps' REST API 7.1 this app uses, in rooms: `client.runs.start(...)`.

    http: a client with base_url, auth and timeout (seconds) already set.
    All methods raise VendorUnavailable (try later) and VendorRefused (do not).
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        connection = Connection(http)
        self._connection = connection
        self.projects = Projects(connection)
        self.repositories = Repositories(connection)
        self.policies = Policies(connection)
        self.pipelines = Pipelines(connection)
        self.runs = Runs(connection)
        self.deployments = Deployments(connection)
        self.comparing = Comparing(connection)
        self.boards = Boards(connection)
        self.checks = Checks(connection)
        self.aclose = http.aclose

    async def ping(self) -> None:
        """One cheap read, one try: raises when Azure DevOps does not answer or does not accept us."""
        await self._connection.call(
            "ping", "GET", "/_apis/projects", params={"$top": 1}, parse=lambda body: body["value"]
        )
