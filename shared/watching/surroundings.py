"""What is going on round about: open problems, maintenance windows, planned changes. They excuse an anomaly from being
told, never from being shown.

Problems and windows are read once a round, changes only for a service that has an anomaly. What cannot be read
excuses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from shared.domain.diagnosis import maintenance
from shared.domain.watch.seasons import MINUTE_MS
from shared.domain.watch.watched import Excuse
from shared.errors import VendorError

if TYPE_CHECKING:
    from shared.clients.dynatrace import DynatraceClient
    from shared.clients.dynatrace.maintenance import MaintenanceWindow
    from shared.clients.dynatrace.problems import Problem
    from shared.clients.servicenow import ServiceNowClient

GRACE_MS = 15 * MINUTE_MS
"""What a change stirred up may take so long to settle after its end."""

_ACTIVE = frozenset({"-2", "-1", "0", "3"})
"""Scheduled, Implement, Review, Closed: a change that nobody allowed yet excuses nothing."""

log = logging.getLogger(__name__)


class Surroundings:
    """Of one round."""

    def __init__(
        self,
        servicenow: ServiceNowClient,
        problems: Collection[Problem],
        windows: Collection[MaintenanceWindow],
    ) -> None:
        self._servicenow, self._problems, self._windows = servicenow, problems, windows

    async def excuse(
        self, service: Mapping[str, Any], known: Mapping[str, Any], now_ms: int
    ) -> Excuse | None:
        """Why an anomaly of this service is no news. known: what its baselines document says about its entity."""
        entity_id = service["dynatrace"]["entity_id"]
        return (
            self._problem({entity_id, *known.get("runs_on", [])})
            or self._maintenance(entity_id, known, now_ms)
            or await self._change(service, now_ms)
        )

    def _problem(self, entity_ids: Collection[str]) -> Excuse | None:
        for problem in self._problems:
            about = [*problem["affected"], *problem["impacted"], problem["root_cause"]]
            if any(entity and entity["entity_id"] in entity_ids for entity in about):
                return {"kind": "problem", "reference": problem["display_id"], "until_ms": None}
        return None

    def _maintenance(self, entity_id: str, known: Mapping[str, Any], now_ms: int) -> Excuse | None:
        kind = entity_id.rpartition("-")[0]
        tags, zones = known.get("tags", []), known.get("zones", [])
        for window in self._windows:
            opening = maintenance.occurrence(window["schedule"], now_ms - GRACE_MS, now_ms)
            if opening and maintenance.covers(window["filters"], entity_id, kind, tags, zones):
                return {"kind": "maintenance", "reference": window["name"], "until_ms": opening[1]}
        return None

    async def _change(self, service: Mapping[str, Any], now_ms: int) -> Excuse | None:
        item = service.get("servicenow_ci")
        if not item:
            return None
        planned = await or_nothing(self._servicenow.changes.planned(item, now_ms - GRACE_MS, now_ms))
        for change in planned:
            if change["state"] in _ACTIVE:
                return {"kind": "change", "reference": change["number"], "until_ms": change["end_ms"]}
        return None


async def look_round(dynatrace: DynatraceClient, servicenow: ServiceNowClient) -> Surroundings:
    """What is going on now; without what cannot be read."""
    return Surroundings(
        servicenow,
        await or_nothing(dynatrace.problems.open()),
        await or_nothing(dynatrace.maintenance.windows()),
    )


async def or_nothing[T](found: Awaitable[list[T]]) -> list[T]:
    """An anomaly told in vain is better than one that was not told because ServiceNow was away."""
    try:
        return await found
    except VendorError as error:
        log.warning("watching goes on without: %s", error)
        return []
