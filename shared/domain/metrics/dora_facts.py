"""What DORA is counted from: changes, deployments, gates, corrections and incidents, out of the events that tell them.

Pure. Events are CloudEvents as dicts, in any order, late, repeated or missing. Of several events about one thing the
latest counts; what cannot be read is None. The warehouse reads the same in SQL (R__core_settling.sql).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from shared.domain import event_types
from shared.domain.delivery.deliveries import PRODUCTION
from shared.domain.incident import incidents
from shared.domain.metrics import response
from shared.domain.metrics.times import FIRST, at

Event = Mapping[str, Any]
Shas = tuple[tuple[str, datetime | None], ...]

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""A time before this is a clock that was never set."""
AHEAD = timedelta(days=1)
"""How far a clock may be ahead of ours."""


class Change(NamedTuple):
    """A merged change. commits: sha and when it was made, the one on the branch among them where it was told."""

    change_id: str
    service: str | None
    commit: str | None
    commits: Shas
    merged_at: datetime | None
    reverts: str | None
    planned: bool | None


class Told(NamedTuple):
    """A deployment as its source tells it."""

    deployment_id: str
    service: str | None
    environment: str | None
    version: str | None
    commit: str | None
    commits: Shas
    started_at: datetime | None
    finished_at: datetime | None
    result: str | None
    how: str | None
    rolls_back: str | None
    operation_id: str | None
    change_number: str | None


class Gate(NamedTuple):
    """A gate's verdict."""

    gate_id: str
    service: str | None
    environment: str | None
    version: str | None
    commit: str | None
    deployment_id: str | None
    verdict: str | None
    decided_at: datetime | None
    rollback: str | None


class Corrected(NamedTuple):
    """What people said of a deployment, all of it. None: nobody said. incidents: by number, whether it caused it."""

    ignored: bool = False
    failed: bool | None = None
    rework: bool | None = None
    incidents: Mapping[str, bool] = {}


class Incident(NamedTuple):
    """An incident. name: as CORE.INCIDENTS.INCIDENT. caused_by: what its events say caused it."""

    name: str
    operations: frozenset[str]
    service: str | None
    environment: str
    started_at: datetime | None
    mitigated_at: datetime | None
    caused_by: Mapping[str, Any]


class Facts(NamedTuple):
    """Everything known."""

    changes: list[Change]
    deployments: list[Told]
    gates: list[Gate]
    corrections: dict[str, Corrected]
    incidents: list[Incident]


def read(events: Iterable[Event], now: datetime) -> Facts:
    """The facts of these events. now: when they were loaded; what lies further ahead than AHEAD has no time."""
    told = list(events)

    def of(type_: str) -> list[Event]:
        return [event for event in told if event["type"] == type_]

    started, finished = of(event_types.DEPLOYMENT_STARTED), of(event_types.DEPLOYMENT_FINISHED)
    deployments = _latest(started, "deployment_id") | _latest(finished, "deployment_id")
    return Facts(
        [_change(*each, now) for each in _latest(of(event_types.CHANGE_MERGED), "change_id").items()],
        [_deployment(*each, now) for each in deployments.items()],
        [_gate(*each, now) for each in _latest(of(event_types.GATE_DECIDED), "gate_id").items()],
        _corrections(_latest(of(event_types.DEPLOYMENT_CORRECTED), "correction_id").values(), now),
        _incidents(told),
    )


def moment(told: object, now: datetime) -> datetime | None:
    """A time as events tell it; one without a zone is UTC. None where no clock can have said it."""
    read = at(told)
    return read if read and EARLIEST <= read <= now + AHEAD else None


def _text(data: Mapping[str, Any], name: str) -> str | None:
    told = data.get(name)
    return told if isinstance(told, str) and told else None


def _latest(events: Iterable[Event], name: str) -> dict[str, Mapping[str, Any]]:
    """What the latest event about each thing says."""
    kept: dict[str, Event] = {}
    for event in events:
        id_ = event["data"].get(name) or event.get("subject")
        if id_ and (id_ not in kept or _order(kept[id_]) < _order(event)):
            kept[id_] = event
    return {id_: event["data"] for id_, event in kept.items()}


def _order(event: Event) -> tuple[datetime, str]:
    return at(event.get("time")) or FIRST, event["id"]


def _shas(data: Mapping[str, Any], now: datetime) -> Shas:
    told = data.get("commits") or []
    return tuple((one["sha"], moment(one.get("committed_at"), now)) for one in told if one.get("sha"))


def _change(change_id: str, data: Mapping[str, Any], now: datetime) -> Change:
    planned = data.get("planned")
    return Change(
        change_id,
        _text(data, "service"),
        _text(data, "commit"),
        _shas(data, now),
        moment(data.get("merged_at"), now),
        _text(data, "reverts"),
        planned if isinstance(planned, bool) else None,
    )


def _deployment(deployment_id: str, data: Mapping[str, Any], now: datetime) -> Told:
    return Told(
        deployment_id=deployment_id,
        service=_text(data, "service"),
        environment=_text(data, "environment"),
        version=_text(data, "version"),
        commit=_text(data, "commit"),
        commits=_shas(data, now),
        started_at=moment(data.get("started_at"), now),
        finished_at=moment(data.get("finished_at"), now),
        result=_text(data, "result"),
        how=_text(data, "how"),
        rolls_back=_text(data, "rolls_back"),
        operation_id=_text(data, "operation_id"),
        change_number=_text(data, "change_number"),
    )


def _gate(gate_id: str, data: Mapping[str, Any], now: datetime) -> Gate:
    return Gate(
        gate_id=gate_id,
        service=_text(data, "service"),
        environment=_text(data, "environment"),
        version=_text(data, "version"),
        commit=_text(data, "commit"),
        deployment_id=_text(data, "deployment_id"),
        verdict=_text(data, "verdict"),
        decided_at=moment(data.get("decided_at"), now),
        rollback=_text(data, "rollback"),
    )


def _corrections(said: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, Corrected]:
    """By deployment. The latest word counts, of each kind and incident; "restore" makes all before it void."""
    grouped: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in said:
        if one.get("deployment_id") and moment(one.get("at"), now):
            grouped[one["deployment_id"]].append(one)
    return {
        name: _corrected(sorted(of, key=lambda one: (moment(one["at"], now), one["correction_id"])))
        for name, of in grouped.items()
    }


def _corrected(said: Iterable[Mapping[str, Any]]) -> Corrected:
    now = Corrected()
    for one in said:
        number = one.get("incident_number")
        match one.get("kind"):
            case "restore":
                now = Corrected()
            case "ignore":
                now = now._replace(ignored=True)
            case "failed" | "not_failed" as kind:
                now = now._replace(failed=kind == "failed")
            case "rework" | "not_rework" as kind:
                now = now._replace(rework=kind == "rework")
            case "incident" | "not_incident" as kind if number:
                now = now._replace(incidents={**now.incidents, number: kind == "incident"})
    return now


def _incidents(events: Iterable[Event]) -> list[Incident]:
    """As CORE.INCIDENTS has them: one that was opened again is one, and says what its last operation says."""
    told = list(events)
    caused = _latest(
        [
            event
            for event in told
            if event["type"] in (event_types.INCIDENT_OPENED, event_types.INCIDENT_CLOSED)
            and event["data"].get("caused_by")
        ],
        "operation_id",
    )
    return [_incident(name, of, caused) for name, of in response.by_incident(told).items()]


def _incident(name: str, of: list[response.Operation], caused: Mapping[str, Mapping[str, Any]]) -> Incident:
    latest = of[-1]
    named = [one.operation_id for one in of if one.operation_id in caused]
    return Incident(
        name,
        frozenset(one.operation_id for one in of),
        _text(latest.told, "service"),
        _text(latest.told, "environment") or PRODUCTION,
        response.started_at(of),
        latest.mitigated_at if latest.outcome in incidents.CLOSING else None,
        caused[named[-1]]["caused_by"] if named else {},
    )
