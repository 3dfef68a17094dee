"""ServiceNow, the system of record, through the Table API.

One client, composed of rooms: incidents. The activities call it.
Vendor's page: https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html
"""

from shared.clients.servicenow.client import ServiceNowClient, servicenow_client
from shared.clients.servicenow.incidents import (
    FINAL_STATES,
    RESOLVED,
    Incident,
    IncidentDraft,
    OpenedIncident,
    ResolvedIncident,
)
from shared.clients.servicenow.tables import VENDOR

__all__ = [
    "FINAL_STATES",
    "RESOLVED",
    "VENDOR",
    "Incident",
    "IncidentDraft",
    "OpenedIncident",
    "ResolvedIncident",
    "ServiceNowClient",
    "servicenow_client",
]
