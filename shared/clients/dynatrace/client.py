"""The client: its rooms, and whether Dynatrace answers at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.clients.dynatrace.api import Api
from shared.clients.dynatrace.entities import Entities
from shared.clients.dynatrace.events import Events
from shared.clients.dynatrace.logs import Logs
from shared.clients.dynatrace.maintenance import Maintenance
from shared.clients.dynatrace.metrics import Metrics
from shared.clients.dynatrace.problems import Problems
from shared.clients.dynatrace.settings import Settings
from shared.clients.dynatrace.slos import Slos
from shared.clients.http import TIMEOUT_S, http_client

if TYPE_CHECKING:
    import httpx


def dynatrace_client(
    url: str, token: str, transport: httpx.AsyncBaseTransport | None = None, timeout_s: float = TIMEOUT_S
) -> DynatraceClient:
    """url: the environment's address, without /api/v2."""
    headers = {"Authorization": f"Api-Token {token}"}
    return DynatraceClient(http_client(url, headers=headers, transport=transport, timeout_s=timeout_s))


class DynatraceClient:
    """The part of Dynatrace's Environment API v2 this app uses.

    http: a client with base_url, token and timeout (seconds) already set.
    All methods of all rooms raise VendorUnavailable (try later) and VendorRefused (do not).
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._api = Api(http)
        self.problems = Problems(self._api)
        self.entities = Entities(self._api)
        self.events = Events(self._api)
        self.metrics = Metrics(self._api)
        self.logs = Logs(self._api)
        self.maintenance = Maintenance(self._api)
        self.settings = Settings(self._api)
        self.slos = Slos(self._api)
        self.aclose = http.aclose

    async def ping(self) -> None:
        """One cheap read, one try: raises when Dynatrace does not answer or does not accept us."""
        await self._api.call(
            "ping", "GET", "/api/v2/problems", params={"pageSize": 1}, parse=lambda body: body["problems"]
        )
