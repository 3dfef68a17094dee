"""Maintenance windows of the environment, as they are configured.

Vendor's page: https://docs.dynatrace.com/docs/dynatrace-api/environment-api/settings/schemas/builtin-alerting-maintenance-window
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from shared.clients.dynatrace.api import Api
from shared.clients.http import Params
from shared.clients.idempotency import retrying

SCHEMA = "builtin:alerting.maintenance-window"


class MaintenanceWindow(TypedDict):
    """schedule, filters: as Dynatrace has them; `shared.domain.diagnosis.maintenance` reads them.

    suppression: DETECT_PROBLEMS_AND_ALERT, DETECT_PROBLEMS_DONT_ALERT or DONT_DETECT_PROBLEMS.
    """

    object_id: str
    name: str
    planned: bool
    suppression: str
    schedule: dict[str, Any]
    filters: list[dict[str, Any]]


class Maintenance:
    """`client.maintenance`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def windows(self) -> list[MaintenanceWindow]:
        """Those that are enabled."""
        params: Params = {"schemaIds": SCHEMA, "fields": "objectId,value", "pageSize": 500}
        found = await retrying(
            lambda: self._api.pages("maintenance_windows", "/api/v2/settings/objects", "items", params)
        )
        return [_window(body) for body in found if body["value"].get("enabled")]


def _window(body: Mapping[str, Any]) -> MaintenanceWindow:
    value = body["value"]
    general = value.get("generalProperties") or {}
    return {
        "object_id": body["objectId"],
        "name": general.get("name") or "",
        "planned": general.get("maintenanceType") == "PLANNED",
        "suppression": general.get("suppression") or "",
        "schedule": dict(value.get("schedule") or {}),
        "filters": [dict(one) for one in value.get("filters") or []],
    }
