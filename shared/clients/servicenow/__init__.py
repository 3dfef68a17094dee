"""ServiceNow, the system of record, through the Table API.

One client, composed of rooms: incidents, changes, cmdb. The activities call it.
Vendor's page: https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html
"""

from shared.clients.servicenow.changes import Change, ChangeDraft, OpenedChange
from shared.clients.servicenow.client import ServiceNowClient, servicenow_client
from shared.clients.servicenow.cmdb import EnsuredItem, Item
from shared.clients.servicenow.incidents import (
    FINAL_STATES,
    RESOLVED,
    Incident,
    IncidentDraft,
    OpenedIncident,
    ResolvedIncident,
)
from shared.clients.servicenow.planned_changes import PlannedChange
from shared.clients.servicenow.tables import VENDOR

__all__ = [
    "FINAL_STATES",
    "RESOLVED",
    "VENDOR",
    "Change",
    "ChangeDraft",
    "EnsuredItem",
    "Incident",
    "IncidentDraft",
    "Item",
    "OpenedChange",
    "OpenedIncident",
    "PlannedChange",
    "ResolvedIncident",
    "ServiceNowClient",
    "servicenow_client",
]
