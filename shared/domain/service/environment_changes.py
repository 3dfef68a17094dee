"""How an environment's entry in the registry changes: what people ask for, and an action's way from due to done.

Each takes an entry and gives a new one, None where nothing is to change. They are applied to what the registry holds
at that moment and are applied again when somebody else wrote first: done twice they change nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.domain.service import environments as rule
from shared.domain.service import working_hours
from shared.domain.service.environments import Environment, Rules, due, iso, moment
from shared.errors import Conflict, InvalidRequest

Change = Callable[[Environment], Environment | None]


def in_service(service: Mapping[str, Any], name: str, change: Change) -> dict[str, Any] | None:
    """The service's document with this environment changed; None where it has none or nothing changes."""
    environment = service.get("environments", {}).get(name)
    changed = change(environment) if environment is not None else None
    if changed is None or changed == environment:
        return None
    return {**service, "environments": {**service["environments"], name: changed}}


def mark(
    service: str, name: str, environment: Mapping[str, Any], now: datetime, rules: Rules
) -> Environment | None:
    """Claim what is due, before its orchestration is started: until it ends, nothing else is due."""
    action = due(name, environment, now, rules)
    if action is None:
        return None
    marked = {**action, "id": rule.action_id(service, name, action), "begun": False}
    return {**environment, "action": {**marked, "state_before": environment["state"]}}


def begin(
    name: str, environment: Mapping[str, Any], action_id: str, now: datetime, rules: Rules
) -> Environment | None:
    """Begin the marked action if it is still due exactly so; else take the mark away.

    An environment that was extended, or whose working hours have come, meanwhile is left as it is. People who are
    told of the end late are left some time: the end moves.
    """
    action = _marked(environment, action_id)
    if action is None or action["begun"]:
        return None
    free = {**environment, "action": None}
    again = due(name, free, now, rules)
    if again is None or (again["action"], again["since"]) != (action["action"], action["since"]):
        return free
    begun = {**free, "action": {**action, "begun": True}}
    if action["action"] in rule.RUNS:
        begun["state"] = rule.RUNS[action["action"]][0]
    if action["action"] == rule.ANNOUNCE:
        begun["ends_at"] = iso(max(moment(environment["ends_at"]), now + rules.notice))
    return begun


def finish(
    environment: Mapping[str, Any], action_id: str, *, told: str | None = None, run_id: int | None = None
) -> Environment | None:
    """The action is done. told: the end, or the extension's time, that people were told."""
    action = _marked(environment, action_id)
    if action is None:
        return None
    done = {**environment, "action": None, "failure": _without(environment, action["action"])}
    if _is_ours(environment, action):
        done |= {"state": rule.RUNS[action["action"]][1], "run_id": run_id}
    if action["action"] == rule.ANNOUNCE:
        done["announced_for"] = told
    extension = environment.get("extension")
    if action["action"] == rule.EXTEND and extension and extension["at"] == told:
        done["extension"] = {**extension, "told": True}
    return done


def fail(
    environment: Mapping[str, Any],
    action_id: str,
    at: datetime,
    reason: str,
    incident: Mapping[str, Any] | None = None,
    run_id: int | None = None,
) -> Environment | None:
    """The action came to nothing: it is due again a day later. An environment half destroyed stays in its end."""
    action = _marked(environment, action_id)
    if action is None:
        return None
    failure = {
        "action": action["action"],
        "at": iso(at),
        "retry_at": iso(at + rule.RETRY_AFTER),
        "reason": reason[:500],
        "incident": dict(incident) if incident else None,
    }
    failed = {**environment, "action": None, "failure": failure}
    if _is_ours(environment, action):
        failed["state"] = rule.DESTROY_FAILED if action["action"] == rule.DESTROY else action["state_before"]
        failed["run_id"] = run_id or environment.get("run_id")
    return failed


def extend(
    environment: Mapping[str, Any], until: datetime, now: datetime, *, by: str, by_name: str, max_hours: float
) -> Environment | None:
    """End later. until: whole seconds, UTC.

    Raises: Conflict when it has ended or never ends; InvalidRequest when `until` is no extension or too long a one.
    """
    if environment["state"] in rule.ENDING:
        raise Conflict(f"The environment has ended or is about to: it is {environment['state']}.")
    if not environment.get("ends_at"):
        raise Conflict("The environment has no end: there is nothing to extend.")
    if iso(until) == environment["ends_at"]:
        return None
    limit = now + timedelta(hours=max_hours)
    if until > limit:
        raise _fault(f"may be at most {max_hours:g} hours from now: {iso(limit)}")
    if until < moment(environment["ends_at"]):
        raise _fault(f"must be later than the present end: {environment['ends_at']}")
    pending = environment.get("extension")
    first = pending["from"] if pending and not pending["told"] else environment["ends_at"]
    extension = {"at": iso(now), "by": by, "by_name": by_name, "from": first, "told": False}
    failure = _without(environment, rule.ANNOUNCE, rule.EXTEND)
    return {**environment, "ends_at": iso(until), "extension": extension, "failure": failure}


def wish(environment: Mapping[str, Any], state: str, now: datetime, *, by_name: str) -> Environment | None:
    """Be stopped until its working hours begin next, or be started for KEPT_STARTED whatever the hour.

    Raises: Conflict when it has ended.
    """
    if environment["state"] in rule.ENDING:
        raise Conflict(f"The environment has ended or is about to: it is {environment['state']}.")
    hours = environment.get("working_hours")
    until = None
    if hours:
        until = now + rule.KEPT_STARTED if state == rule.RUNNING else _next_opening(hours, now)
    asked = {"state": state, "at": iso(now), "until": iso(until) if until else None, "by_name": by_name}
    return {**environment, "wish": asked, "failure": _without(environment, rule.STOP, rule.START)}


def _next_opening(hours: Mapping[str, Any], now: datetime) -> datetime | None:
    span = working_hours.span(hours, now)
    if not span.is_open:
        return span.until
    return working_hours.span(hours, span.until).until if span.until else None


def _marked(environment: Mapping[str, Any], action_id: str) -> Mapping[str, Any] | None:
    action = environment.get("action")
    return action if action and action["id"] == action_id else None


def _is_ours(environment: Mapping[str, Any], action: Mapping[str, Any]) -> bool:
    """Whether the state is the one that this action's run brought: a decommissioning may have taken over."""
    return action["action"] in rule.RUNS and environment["state"] == rule.RUNS[action["action"]][0]


def _without(environment: Mapping[str, Any], *actions: str) -> Mapping[str, Any] | None:
    """The last failure, forgotten where it is one of these actions'."""
    failure: Mapping[str, Any] | None = environment.get("failure")
    return None if failure and failure["action"] in actions else failure


def _fault(message: str) -> InvalidRequest:
    return InvalidRequest(f"The environment's end {message}.", [{"field": "until", "message": message}])
