"""How an incident was answered: its times and its end, out of the events that tell them.

Pure: docs/incident-metrics.md in Python. The warehouse computes the same in SQL (CORE.INCIDENTS) and is held to this;
shared/domain/metrics/response_figures.py counts. Events are CloudEvents as dicts, in any order, late, repeated or
missing: what is not known is None.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from shared.domain import event_types
from shared.domain.incident import incidents
from shared.domain.metrics.times import FIRST, LAST, at, at_ms, earliest, seconds

Event = Mapping[str, Any]

AUTOMATIC = "automatic"

_TYPES = (event_types.INCIDENT_OPENED, event_types.INCIDENT_CLOSED, event_types.APPROVAL_DECIDED)


class Operation(NamedTuple):
    """One operation of ValueFlow for an incident. told: what opening and end say of it, the opening first."""

    operation_id: str
    incident_number: str | None
    told: Mapping[str, Any]
    opened_at: datetime | None
    acknowledged_at: datetime | None
    mitigated_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    action: str | None
    automatic: bool | None


class Incident(NamedTuple):
    """One incident. name: its number, or its operation's id where it has none. Times: None while not known."""

    name: str
    operations: int
    service: str | None
    fingerprint: str | None
    outcome: str | None
    action: str | None
    automatic: bool | None
    opened_at: datetime | None
    seconds_to_acknowledge: float | None
    seconds_to_mitigate: float | None
    seconds_to_resolve: float | None

    @property
    def fixed_by_runbook(self) -> bool | None:
        """Whether a verified action of the catalogue resolved it. None until it has ended."""
        if self.outcome is None:
            return None
        return self.outcome == incidents.RESOLVED and (self.action or "none") != "none"


def operations(events: Iterable[Event]) -> list[Operation]:
    """Those that were told to open or to end. Of several events of one type the latest counts."""
    grouped: dict[str, dict[str, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for event in _once(events):
        if event["type"] in _TYPES:
            data = event["data"]
            grouped[data.get("operation_id") or event["subject"]][event["type"]].append(event)
    return [
        _operation(name, told)
        for name, told in grouped.items()
        if event_types.INCIDENT_OPENED in told or event_types.INCIDENT_CLOSED in told
    ]


def by_incident(events: Iterable[Event]) -> dict[str, list[Operation]]:
    """The operations of each incident, the latest last: one that was opened again is one, with several operations.

    By its number, or its operation's id where it has none. What passed within announced work is no incident.
    """
    grouped: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations(events):
        if operation.outcome != incidents.PLANNED:
            grouped[operation.incident_number or operation.operation_id].append(operation)
    for of in grouped.values():
        of.sort(key=lambda one: (one.opened_at or one.closed_at or FIRST, one.operation_id))
    return dict(grouped)


def started_at(of: Iterable[Operation]) -> datetime | None:
    """When an incident began: the first start that one of its operations was told."""
    return earliest(at_ms(one.told.get("started_ms")) for one in of)


def read(events: Iterable[Event]) -> list[Incident]:
    """The incidents of these events."""
    return [_incident(name, of) for name, of in by_incident(events).items()]


def _once(events: Iterable[Event]) -> list[Event]:
    """Every event once: where an id came again, the earliest."""
    kept: dict[str, Event] = {}
    for event in events:
        before = kept.get(event["id"])
        if before is None or (at(event["time"]) or LAST) < (at(before["time"]) or LAST):
            kept[event["id"]] = event
    return list(kept.values())


def _operation(name: str, told: Mapping[str, Sequence[Event]]) -> Operation:
    opening, ending = (_latest(told.get(type_, ())) for type_ in _TYPES[:2])
    both = {**ending, **{key: value for key, value in opening.items() if value is not None}}
    decided = told.get(event_types.APPROVAL_DECIDED, ())
    told_at = [at(ending.get("acknowledged_at")), *map(_decided_at, decided)]
    automatic = ending.get(AUTOMATIC)
    if not isinstance(automatic, bool):
        automatic = True if any(event["data"].get("decided") == AUTOMATIC for event in decided) else None
    return Operation(
        operation_id=name,
        incident_number=both.get("incident_number") or None,
        told=both,
        opened_at=at(both.get("opened_at")),
        acknowledged_at=earliest(told_at),
        mitigated_at=at(ending.get("mitigated_at")),
        closed_at=at(ending.get("closed_at")),
        outcome=ending.get("outcome"),
        action=opening.get("action") if ending.get("action") is None else ending["action"],
        automatic=automatic,
    )


def _incident(name: str, of: Sequence[Operation]) -> Incident:
    """Its times begin with the first operation; everything else is what the latest says."""
    latest = of[-1]
    opened_at = earliest(one.opened_at for one in of)
    began_at = started_at(of)
    over = latest.outcome in incidents.CLOSING
    return Incident(
        name=name,
        operations=len(of),
        service=latest.told.get("service"),
        fingerprint=latest.told.get("fingerprint"),
        outcome=latest.outcome,
        action=latest.action,
        automatic=latest.automatic,
        opened_at=opened_at,
        seconds_to_acknowledge=seconds(opened_at, earliest(one.acknowledged_at for one in of)),
        seconds_to_mitigate=seconds(began_at, latest.mitigated_at) if over else None,
        seconds_to_resolve=seconds(began_at, latest.closed_at) if over else None,
    )


def _latest(events: Sequence[Event]) -> Mapping[str, Any]:
    """What the latest of them says."""
    newest = max(events, key=lambda event: (at(event["time"]) or FIRST, event["id"]), default=None)
    return newest["data"] if newest else {}


def _decided_at(event: Event) -> datetime | None:
    """When somebody first answered: a person by deciding, or the app by acting without one."""
    data = event["data"]
    if data.get("decided") == AUTOMATIC:
        return at(event["time"])
    said = data.get("decisions")
    return at(said[0].get("at")) if said else None
