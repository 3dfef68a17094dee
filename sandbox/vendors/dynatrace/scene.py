"""A service with what is round about it, and what a story does there: metrics, logs, events.

All of it hangs on the service: when it heals, everything the story did to its neighbours ends with it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.vendors.clock import MINUTE_MS
from sandbox.vendors.dynatrace.entities import Entities, Entity
from sandbox.vendors.dynatrace.events import Events
from sandbox.vendors.dynatrace.logs import Logs
from sandbox.vendors.dynatrace.windows import RAISED, RAMP, Windows

LATENCY, ERRORS = "builtin:service.response.time", "builtin:service.errors.total.rate"
PROCESS_MEMORY, HOST_CPU, HOST_DISK = (
    "builtin:tech.generic.mem.usage",
    "builtin:host.cpu.usage",
    "builtin:host.disk.usedPct",
)
_USUAL_LOGS = (
    ("INFO", "Order {n} accepted", 4.0),
    ("ERROR", "Request {n} failed: the client closed the connection", 0.1),
)


@dataclass(frozen=True)
class Place:
    """Ids. process, host: what the service runs on. dependency: what it calls; caller: what calls it."""

    service: str
    name: str
    process: str
    host: str
    dependency: str
    dependency_name: str
    caller: str


class Scene:
    """What a story may do. start_ms: of the problem; times are minutes before it."""

    def __init__(
        self, entities: Entities, events: Events, windows: Windows, logs: Logs, service: Entity, start_ms: int
    ) -> None:
        self._entities, self._events, self._windows, self._logs = entities, events, windows, logs
        self._start_ms = start_ms
        self.place = self._furnish(service)

    def at(self, minutes_before: float) -> int:
        return self._start_ms - round(minutes_before * MINUTE_MS)

    def raise_metrics(self, entity_id: str, minutes_before: float, *metrics: str) -> None:
        """From then on these metrics are out of bounds; all of the entity's when none is named."""
        self._windows.open(
            entity_id, RAISED, self.at(minutes_before), metrics=list(metrics), story=self.place.service
        )

    def ramp(
        self,
        entity_id: str,
        metric: str,
        from_minutes: float,
        full_minutes: float,
        to_minutes: float | None = None,
    ) -> None:
        """The metric climbs from healthy to out of bounds; what ends there falls back at once."""
        self._windows.open(
            entity_id,
            RAMP,
            self.at(from_minutes),
            None if to_minutes is None else self.at(to_minutes),
            metrics=[metric],
            full_ms=self.at(full_minutes),
            story=self.place.service,
        )

    def log(
        self,
        entity_id: str,
        template: str,
        per_minute: float,
        minutes_before: float,
        status: str = "ERROR",
    ) -> None:
        story = self.place.service
        self._logs.write(entity_id, status, template, per_minute, self.at(minutes_before), story=story)

    def event(
        self,
        entity_id: str,
        event_type: str,
        title: str,
        minutes_before: float,
        properties: Mapping[str, str],
    ) -> None:
        entity = self._entities.get(entity_id)
        assert entity is not None
        body = {"eventType": event_type, "title": title, "startTime": self.at(minutes_before), "timeout": 15}
        self._events.add({**body, "properties": dict(properties)}, entity)

    def _furnish(self, service: Entity) -> Place:
        """The neighbourhood, made where it is missing."""
        mine, name = service["entityId"], service["displayName"]
        place = Place(
            service=mine,
            name=name,
            process=_id(mine, "process", "PROCESS_GROUP_INSTANCE"),
            host=_id(mine, "host", "HOST"),
            dependency=_id(mine, "dependency", "SERVICE"),
            dependency_name=f"{name}-database",
            caller=_id(mine, "caller", "SERVICE"),
        )
        self._ensure(place.host, f"{name}-host")
        self._ensure(place.process, f"{name}-process", runs_on=[place.host])
        self._ensure(place.dependency, place.dependency_name)
        self._ensure(place.caller, f"{name}-gateway", calls=[mine])
        self._entities.relate(mine, calls=[place.dependency], runs_on=[place.process, place.host])
        return place

    def _ensure(
        self, entity_id: str, name: str, calls: Sequence[str] = (), runs_on: Sequence[str] = ()
    ) -> None:
        if self._entities.get(entity_id):
            return
        kind = entity_id.rpartition("-")[0]
        body: dict[str, Any] = {"entity_id": entity_id, "type": kind, "name": name}
        self._entities.put({**body, "calls": calls, "runs_on": runs_on})
        if kind == "SERVICE":
            for status, template, rate in _USUAL_LOGS:
                self._logs.write(entity_id, status, template, rate, self.at(24 * 60))


def _id(service: str, what: str, kind: str) -> str:
    """The same whenever a story is told about this service."""
    return f"{kind}-{hashlib.sha256(f'{service}/{what}'.encode()).hexdigest()[:16].upper()}"
