"""Dynatrace, the observer, through the Environment API v2.

One client, composed of rooms: problems, entities, events, metrics, logs, maintenance, settings,
slos. The activities call it.
Vendor's page: https://docs.dynatrace.com/docs/dynatrace-api/environment-api
"""

from shared.clients.dynatrace.api import VENDOR
from shared.clients.dynatrace.client import DynatraceClient, dynatrace_client
from shared.clients.dynatrace.entities import Entity, EntityRef, Node
from shared.clients.dynatrace.events import ANNOTATION, CONFIGURATION, DEPLOYMENT, KEY_PROPERTY, Event
from shared.clients.dynatrace.logs import Record
from shared.clients.dynatrace.maintenance import MaintenanceWindow
from shared.clients.dynatrace.metrics import Series
from shared.clients.dynatrace.problems import OPEN_PROBLEMS_FROM, Evidence, Problem
from shared.clients.dynatrace.settings import Ensured, SettingsObject
from shared.clients.dynatrace.slos import EnsuredSlo, Slo

__all__ = [
    "ANNOTATION",
    "CONFIGURATION",
    "DEPLOYMENT",
    "KEY_PROPERTY",
    "OPEN_PROBLEMS_FROM",
    "VENDOR",
    "DynatraceClient",
    "Ensured",
    "EnsuredSlo",
    "Entity",
    "EntityRef",
    "Event",
    "Evidence",
    "MaintenanceWindow",
    "Node",
    "Problem",
    "Record",
    "Series",
    "SettingsObject",
    "Slo",
    "dynatrace_client",
]
