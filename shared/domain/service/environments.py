"""Environments that end: what is due for one now. Its entry in the registry's document is the whole truth.

service["environments"]["development"] = {
  "state": "running" | "stopping" | "stopped" | "starting" | "destroying" | "destroy_failed" | "destroyed",
  "requested_by", "requested_by_name": who asked for it, "created_at", "ends_at": None where it does not end,
  "announced_for": the ends_at that people were told, "working_hours": domain.working_hours or None,
and, when there is something to say:
  "wish": {"state": "running" | "stopped", "at", "until", "by_name"}: what a person asked for, over the working hours,
  "extension": {"at", "by", "by_name", "from", "told"}, "action": Action, the one under way,
  "failure": {"action", "at", "retry_at", "reason", "incident"}, "run_id": of its last pipeline run}

Nothing here remembers a tick: a timer that was missed, late or doubled decides the same. All times: ISO 8601, UTC.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypedDict
from zoneinfo import ZoneInfo

from shared.domain.service import working_hours

RUNNING, STOPPED, DESTROYED, DESTROY_FAILED = "running", "stopped", "destroyed", "destroy_failed"
STOPPING, STARTING, DESTROYING = "stopping", "starting", "destroying"
ANNOUNCE, EXTEND, STOP, START, DESTROY = "announce", "extend", "stop", "start", "destroy"

RUNS = {STOP: (STOPPING, STOPPED), START: (STARTING, RUNNING), DESTROY: (DESTROYING, DESTROYED)}
"""The actions that are pipeline runs: the environment's state during and after."""
TENDED = frozenset({"development", "preview"})
"""Others, production above all, are neither stopped nor ended from here, whatever their document says."""
KEPT_STARTED = timedelta(hours=8)
"""How long a start outside working hours holds, and how long a new environment is left alone."""
RETRY_AFTER = timedelta(hours=24)

ENDING = frozenset({DESTROYING, DESTROY_FAILED, DESTROYED})
"""From here there is no way back: neither extended nor started."""

_SETTLED = frozenset({RUNNING, STOPPED, DESTROY_FAILED})

Environment = dict[str, Any]


class Rules(NamedTuple):
    """announce_before: how long before the end people are told. notice: what they are left at least, told late."""

    announce_before: timedelta
    notice: timedelta


def rules(announce_hours: float, notice_minutes: float) -> Rules:
    """The rules that the settings make."""
    return Rules(timedelta(hours=announce_hours), timedelta(minutes=notice_minutes))


class Due(TypedDict):
    """since: when it became due, which makes the action's identity."""

    action: str
    since: str


class Action(Due):
    """The action under way. id: of its orchestration. begun: False while it can still be left."""

    id: str
    begun: bool
    state_before: str


def due(name: str, environment: Mapping[str, Any], now: datetime, rules: Rules) -> Due | None:
    """What is to be done for this environment now; None: nothing, or something is under way."""
    if name not in TENDED or environment.get("action") or environment["state"] not in _SETTLED:
        return None
    failure = environment.get("failure") or {}
    for action, since in _candidates(environment, now, rules):
        if failure.get("action") == action:
            since = max(since, moment(failure["retry_at"]))
        if since <= now:
            return {"action": action, "since": iso(since)}
    return None


def action_id(service: str, environment: str, action: Due) -> str:
    """The same for the same action that became due at the same time, and for no other."""
    stamp = moment(action["since"]).strftime("%Y%m%dT%H%M%SZ")
    return f"environment-{service}-{environment}-{action['action']}-{stamp}"


def moment(at: str) -> datetime:
    return datetime.fromisoformat(at).astimezone(UTC)


def iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(at: datetime, environment: Mapping[str, Any]) -> str:
    """A time for people: by the clock of their working hours, else in UTC."""
    return f"{local(at, environment)} ({_zone(environment)})"


def local(at: datetime, environment: Mapping[str, Any]) -> str:
    """As `shown`, where it is clear whose clock it is."""
    return f"{at.astimezone(ZoneInfo(_zone(environment))):%Y-%m-%d %H:%M}"


def page_path(service: str, environment: str) -> str:
    """Where its owner extends it; the link on the card is to this path, signed."""
    return f"/api/services/{service}/environments/{environment}/extend"


def _zone(environment: Mapping[str, Any]) -> str:
    zone: str = (environment.get("working_hours") or {}).get("time_zone", "UTC")
    return zone


def _candidates(
    environment: Mapping[str, Any], now: datetime, rules: Rules
) -> Iterator[tuple[str, datetime]]:
    """What is or will be due, the most urgent first."""
    extension = environment.get("extension")
    if extension and not extension["told"]:
        yield EXTEND, moment(extension["at"])
    ends_at = environment.get("ends_at")
    if ends_at and environment.get("announced_for") == ends_at:
        yield DESTROY, moment(ends_at)
    elif ends_at:
        yield ANNOUNCE, moment(ends_at) - rules.announce_before
    if environment["state"] in (RUNNING, STOPPED):
        yield from _power(environment, now)


def _power(environment: Mapping[str, Any], now: datetime) -> Iterator[tuple[str, datetime]]:
    """Stop or start, where the state is not the one that is wanted now."""
    created_at = moment(environment["created_at"])
    wish = environment.get("wish")
    if wish:
        wanted, since = wish["state"], moment(wish["at"])
        until = moment(wish["until"]) if wish["until"] else None
    else:
        wanted, since, until = RUNNING, created_at, created_at + KEPT_STARTED
    if until and now >= until:
        hours = environment.get("working_hours")
        if not hours:
            return
        span = working_hours.span(hours, now)
        wanted = RUNNING if span.is_open else STOPPED
        since = max(span.since or created_at, until)
    if wanted != environment["state"]:
        yield (START if wanted == RUNNING else STOP), since
