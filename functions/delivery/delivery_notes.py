"""Service Bus subscription `delivery-notes`: what gates decided and which files were blamed, for who asks at once.

A gate that failed, and an incident whose probable cause was a deployment, blame the files of that deployment; Azure
DevOps tells them. Read by the change's risk and by scorecards (shared/delivery_notes.py). What deployments came to
after their gates is kept for the next ones (gate_marks.py). The same event, late or twice, changes nothing more; while
Azure DevOps is away the event comes again.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

from functions.delivery.gate_marks import keep_mark
from shared.domain import event_types
from shared.domain.delivery.deliveries import PRODUCTION
from shared.domain.incident import incidents
from shared.errors import PoisonMessage, VendorRefused
from shared.services import services
from shared.settings import EVENTS_TOPIC

if TYPE_CHECKING:
    from shared.clients.azure_devops import Run

bp = df.Blueprint()
log = logging.getLogger(__name__)

_BLAMING, _ROLLED_BACK, _FAIL = "recent_deployment", "roll_back", "fail"
_VERDICTS = ("pass", "warn", "fail", "inconclusive")
_MOST_RUNS_READ = 10


@bp.service_bus_topic_trigger(
    arg_name="message",
    topic_name=EVENTS_TOPIC,
    subscription_name="delivery-notes",
    connection="ServiceBusConnection",
)
async def note_delivery(message: func.ServiceBusMessage) -> None:
    await note(message.get_body())


async def note(body: bytes) -> None:
    """Keep what the event tells. Raises: PoisonMessage, VendorUnavailable."""
    try:
        event = json.loads(body)
        kind, data = event["type"], dict(event["data"])
    except (ValueError, TypeError, LookupError):
        raise PoisonMessage("the message is not a CloudEvent with data") from None
    await keep_mark(kind, data)
    if kind == event_types.GATE_DECIDED:
        await _note_gate(data)
    elif kind == event_types.INCIDENT_CLOSED and data.get("category") == _BLAMING:
        await _note_incident(data)


async def _note_gate(gate: Mapping[str, Any]) -> None:
    known = all(
        isinstance(gate.get(name), str) and gate[name]
        for name in ("gate_id", "service", "environment", "decided_at")
    )
    if not known or gate.get("verdict") not in _VERDICTS:
        raise PoisonMessage("the gate's verdict lacks its id, service, environment, time or verdict")
    _time(gate["decided_at"])
    await services().delivery_notes.keep_gate(gate)
    if gate["verdict"] == _FAIL and gate["environment"] == PRODUCTION and gate.get("commit"):
        await _blame(gate["service"], gate["gate_id"], gate["decided_at"], gate["commit"], proven=True)


async def _note_incident(closed: Mapping[str, Any]) -> None:
    """A deployment is blamed as the cause; taking it back resolved the incident, or nobody proved it."""
    service, key = closed.get("service"), closed.get("operation_id")
    started_ms = closed.get("started_ms")
    if not service or not key or not isinstance(started_ms, int):
        return
    at = datetime.fromtimestamp(started_ms / 1000, UTC).isoformat()
    proven = closed.get("action") == _ROLLED_BACK and closed.get("outcome") == incidents.RESOLVED
    await _blame(service, key, at, "", proven=proven)


async def _blame(name: str, key: str, at: str, commit: str, *, proven: bool) -> None:
    """Keep the files of the last deployment before `at` (of this commit, where it is told)."""
    service = await services().registry.get(name)
    place = (service or {}).get("azure_devops", {})
    if not place.get("pipeline_id"):
        log.info("the files of a blamed deployment are not known: the service has no registered pipeline")
        return
    try:
        paths = await _paths(place, _time(at), commit)
    except VendorRefused as refused:
        log.warning("the files of a blamed deployment cannot be had: %s", refused)
        return
    if paths:
        await services().delivery_notes.keep_blamed(
            name, {"key": key, "at": at, "proven": proven, "paths": paths}
        )


async def _paths(place: Mapping[str, Any], at: datetime, commit: str) -> list[str]:
    client, project = services().azure_devops, place["project"]
    suspect = await _suspect(place, at, commit)
    if suspect is None:
        return []
    good = await client.runs.last_good(project, place["pipeline_id"], suspect["run_id"])
    repository_id = suspect.get("repository_id") or place.get("repository_id")
    if good is None or not repository_id or not good["commit"] or not suspect["commit"]:
        return []
    if good["commit"] == suspect["commit"]:
        return []
    told = await client.comparing.difference(project, repository_id, good["commit"], suspect["commit"])
    return told["paths"]


async def _suspect(place: Mapping[str, Any], at: datetime, commit: str) -> "Run | None":
    runs = services().azure_devops.runs
    listed = await runs.list(place["project"], place["pipeline_id"])
    ended = [run for run in listed if run["result"] == "succeeded" and _ended(run, at)]
    for run in ended[:_MOST_RUNS_READ]:
        found = await runs.get(place["project"], place["pipeline_id"], run["run_id"])
        if commit and found["commit"] != commit:
            continue
        if await runs.deploys(place["project"], found):
            return found
    return None


def _ended(run: Mapping[str, Any], at: datetime) -> bool:
    return bool(run["finished_at"]) and _time(run["finished_at"]) <= at


def _time(told: str) -> datetime:
    """Raises: PoisonMessage for what is no time with a zone."""
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise PoisonMessage("the event's time cannot be read") from None
    if at.tzinfo is None:
        raise PoisonMessage("the event's time has no zone")
    return at
