"""The client: its rooms, and whether ServiceNow answers at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.clients.http import TIMEOUT_S, Params, http_client
from shared.clients.servicenow.changes import Changes
from shared.clients.servicenow.cmdb import Cmdb
from shared.clients.servicenow.incidents import Incidents
from shared.clients.servicenow.past import PastIncidents
from shared.clients.servicenow.tables import VENDOR, Api

if TYPE_CHECKING:
    import httpx


def servicenow_client(
    url: str,
    client_id: str,
    client_secret: str,
    transport: httpx.AsyncBaseTransport | None = None,
    timeout_s: float = TIMEOUT_S,
) -> ServiceNowClient:
    """url: the instance's, for example https://contoso.service-now.com."""
    from shared.clients.auth import client_credentials

    http = http_client(url, transport=transport, timeout_s=timeout_s)
    http.auth = client_credentials(http, VENDOR, "/oauth_token.do", client_id, client_secret)
    return ServiceNowClient(http)


class ServiceNowClient:
    """The part of ServiceNow's Table API this app uses.

    http: a client with base_url, auth and timeout (seconds) already set.
    All methods of all rooms raise VendorUnavailable (try later) and VendorRefused (do not).
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._api = Api(http)
        self.incidents = Incidents(self._api)
        self.past = PastIncidents(self._api)
        self.changes = Changes(self._api)
        self.cmdb = Cmdb(self._api)
        self.aclose = http.aclose

    async def ping(self) -> None:
        """One cheap read, one try: raises when ServiceNow does not answer or does not accept us."""
        params: Params = {"sysparm_limit": 1, "sysparm_fields": "sys_id"}
        await self._api.call(
            "ping", "GET", "/api/now/table/incident", params=params, parse=lambda body: body["result"]
        )
