"""How an incident was answered: its times and its end, out of the events that tell them.

Pure: docs/incident-metrics.md in Python. The warehouse computes the same in SQL (CORE.INCIDENTS) and is held to this;
shared/domain/metrics/response_figures.py counts. Events are CloudEvents as dicts, in any order, late, repeated or
missing: what is not known is None.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from shared.domain import event_types
from shared.domain.incident import incidents

Event = Mapping[str, Any]

AUTOMATIC = "automatic"

_TYPES = (event_types.INCIDENT_OPENED, event_types.INCIDENT_CLOSED, event_types.APPROVAL_DECIDED)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST, _FIRST = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)


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


def seconds(since: datetime | None, until: datetime | None) -> float | None:
    """Between the two. None where one is not known, or where clocks disagree about which came first."""
    if since is None or until is None or until < since:
        return None
    return (until - since) / timedelta(seconds=1)


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


def read(events: Iterable[Event]) -> list[Incident]:
    """The incidents of these events. One that was opened again is one, with several operations."""
    grouped: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations(events):
        if operation.outcome != incidents.PLANNED:
            grouped[operation.incident_number or operation.operation_id].append(operation)
    return [_incident(name, of) for name, of in grouped.items()]


def _once(events: Iterable[Event]) -> list[Event]:
    """Every event once: where an id came again, the earliest."""
    kept: dict[str, Event] = {}
    for event in events:
        before = kept.get(event["id"])
        if before is None or (_at(event["time"]) or _LAST) < (_at(before["time"]) or _LAST):
            kept[event["id"]] = event
    return list(kept.values())


def _operation(name: str, told: Mapping[str, Sequence[Event]]) -> Operation:
    opening, ending = (_latest(told.get(type_, ())) for type_ in _TYPES[:2])
    both = {**ending, **{key: value for key, value in opening.items() if value is not None}}
    decided = told.get(event_types.APPROVAL_DECIDED, ())
    told_at = [_at(ending.get("acknowledged_at")), *map(_decided_at, decided)]
    automatic = ending.get(AUTOMATIC)
    if not isinstance(automatic, bool):
        automatic = True if any(event["data"].get("decided") == AUTOMATIC for event in decided) else None
    return Operation(
        operation_id=name,
        incident_number=both.get("incident_number") or None,
        told=both,
        opened_at=_at(both.get("opened_at")),
        acknowledged_at=_earliest(told_at),
        mitigated_at=_at(ending.get("mitigated_at")),
        closed_at=_at(ending.get("closed_at")),
        outcome=ending.get("outcome"),
        action=opening.get("action") if ending.get("action") is None else ending["action"],
        automatic=automatic,
    )


def _incident(name: str, of: Sequence[Operation]) -> Incident:
    """Its times begin with the first operation; everything else is what the latest says."""
    latest = max(of, key=lambda one: (one.opened_at or one.closed_at or _FIRST, one.operation_id))
    opened_at = _earliest(one.opened_at for one in of)
    started_at = _earliest(_at_ms(one.told.get("started_ms")) for one in of)
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
        seconds_to_acknowledge=seconds(opened_at, _earliest(one.acknowledged_at for one in of)),
        seconds_to_mitigate=seconds(started_at, latest.mitigated_at) if over else None,
        seconds_to_resolve=seconds(started_at, latest.closed_at) if over else None,
    )


def _latest(events: Sequence[Event]) -> Mapping[str, Any]:
    """What the latest of them says."""
    newest = max(events, key=lambda event: (_at(event["time"]) or _FIRST, event["id"]), default=None)
    return newest["data"] if newest else {}


def _decided_at(event: Event) -> datetime | None:
    """When somebody first answered: a person by deciding, or the app by acting without one."""
    data = event["data"]
    if data.get("decided") == AUTOMATIC:
        return _at(event["time"])
    said = data.get("decisions")
    return _at(said[0].get("at")) if said else None


def _earliest(times: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in times if at is not None), default=None)


def _at_ms(told: object) -> datetime | None:
    """A time told in milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=told) if type(told) is int else None


def _at(told: object) -> datetime | None:
    """A time as events tell it: ISO 8601 with its zone."""
    if not isinstance(told, str):
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
