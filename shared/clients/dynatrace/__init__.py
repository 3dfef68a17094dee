"""Dynatrace, the observer, through the Environment API v2.

One client, composed of rooms: problems, entities, events, metrics. The activities call it.
Vendor's page: https://docs.dynatrace.com/docs/dynatrace-api/environment-api
"""

from shared.clients.dynatrace.api import VENDOR
from shared.clients.dynatrace.client import DynatraceClient, dynatrace_client
from shared.clients.dynatrace.entities import Entity, EntityRef
from shared.clients.dynatrace.events import Deployment
from shared.clients.dynatrace.problems import OPEN_PROBLEMS_FROM, Evidence, Problem

__all__ = [
    "OPEN_PROBLEMS_FROM",
    "VENDOR",
    "Deployment",
    "DynatraceClient",
    "Entity",
    "EntityRef",
    "Evidence",
    "Problem",
    "dynatrace_client",
]
