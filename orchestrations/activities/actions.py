"""Activities on actions: proposed from the catalogue, begun once and within the cap, carried out, ended.

An action is carried out only by the hash that was approved, and only what can be read from the action itself is done.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df

from orchestrations.activities import action_checks, versions
from orchestrations.outcome import Value, answers_outcome
from shared.domain.action import action_history, action_policy, actions, candidates, editing, remediation
from shared.domain.action.action_policy import Asked, Judgement
from shared.domain.action.candidates import Facts
from shared.domain.approvals import action_hash
from shared.domain.gate.gate_history import failed_commits
from shared.errors import VendorRefused
from shared.services import services

bp = df.Blueprint()

_MAIN = "refs/heads/main"


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def plan_action(payload: dict) -> Value:  # type: ignore[type-arg]
    """The best action that answers the cause, can be done now and may be. Value: a remediation.Proposal.

    payload: {"service": name, "diagnosis": {"category", "component", "confidence"}, "runs", "names", "migration",
    "fingerprint"}.
    """
    service = await services().registry.get(payload["service"])
    diagnosis, confidence = payload["diagnosis"], float(payload["diagnosis"]["confidence"])
    if service is None or not service["azure_devops"].get("pipeline_id"):
        return dict(remediation.nothing("no_service"))
    facts = await _facts(payload, service)
    faults: dict[str, str] = {}
    while True:
        facts["faults"] = faults
        proposal = remediation.propose(diagnosis, service, payload["runs"], facts)
        action = proposal["action"]
        if action is None:
            return dict(proposal)
        judged = await _judged(action, service, proposal["risk"], payload["fingerprint"], confidence)
        reason = judged["reason"] or await action_checks.fault(action, service)
        if not reason:
            return {**proposal, **_told(action, judged), "confidence": confidence}
        faults = {**faults, action_hash(action): reason}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def plan_undo(payload: dict) -> Value:  # type: ignore[type-arg]
    """What takes a done action back, if that can be done now. Value: a remediation.Proposal.

    payload: {"action", "made", "fingerprint"}.
    """
    from shared.runbooks.catalogue import runbooks

    told = runbooks()[payload["action"]["type"]].undo
    if told and told.get("after_minutes"):
        return dict(remediation.nothing("by_itself"))
    action = actions.undo_of(payload["action"], payload["made"])
    if action is None:
        return dict(remediation.nothing("no_undo"))
    service = await services().registry.get(action["service"])
    if reason := await action_checks.fault(action, service):
        return dict(remediation.nothing(reason))
    assert service is not None
    risk = _risk(action, service)
    judged = await _judged(action, service, risk, payload["fingerprint"], 0.0, undo=True)
    if judged["reason"]:
        return dict(remediation.nothing(judged["reason"]))
    proposal = remediation.Proposal(action=action, risk=risk, reason="", confidence=0.0)
    return {**proposal, **_told(action, judged)}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def plan_edited(payload: dict) -> Value:  # type: ignore[type-arg]
    """The action that a person chose instead, if it can be done now and may be. Value: a remediation.Proposal.

    payload: {"service": name, "action", "confidence": of the cause, "migration", "fingerprint"}. Whatever it is, other
    people must allow it. A restart becomes one in the way that the pipeline takes.
    """
    action, service = payload["action"], await services().registry.get(payload["service"])
    if action.get("type") not in candidates.types():
        return dict(remediation.nothing("not_in_catalogue"))
    for way in editing.ways(action):
        if (reason := await action_checks.fault(way, service)) != "parameters_refused":
            action = way
            break
    if reason:
        return dict(remediation.nothing(reason))
    assert service is not None
    raised = payload["migration"] and action["type"] == actions.ROLL_BACK
    risk = _risk(action, service, raised=raised)
    confidence = float(payload["confidence"])
    judged = await _judged(action, service, risk, payload["fingerprint"], confidence, by_itself=False)
    if judged["reason"]:
        return dict(remediation.nothing(judged["reason"]))
    proposal = remediation.Proposal(
        action=action, risk=risk, reason="", confidence=confidence, migration=payload["migration"]
    )
    return {**proposal, **_told(action, judged)}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def plan_version_back(payload: dict) -> Value:  # type: ignore[type-arg]
    """What puts the good version before a failed one back, if it can be done now. Value: a remediation.Proposal.

    payload: {"service": name, "environment", "run_id": of the failed version or None, "commit" or None, "fingerprint"}.
    """
    service = await services().registry.get(payload["service"])
    if service is None or not service["azure_devops"].get("pipeline_id"):
        return dict(remediation.nothing("no_service"))
    entries = await services().gates.history(payload["service"], payload["environment"])
    found = await versions.back(service, payload["run_id"], payload["commit"], failed_commits(entries))
    if isinstance(found, str):
        return dict(remediation.nothing(found))
    if reason := await action_checks.fault(found.action, service):
        return dict(remediation.nothing(reason))
    risk = _risk(found.action, service, raised=found.migration)
    judged = await _judged(
        found.action, service, risk, payload["fingerprint"], 1.0, because=action_policy.GATE
    )
    if judged["reason"]:
        return dict(remediation.nothing(judged["reason"]))
    proposal = remediation.Proposal(
        action=found.action, risk=risk, reason="", confidence=1.0, migration=found.migration
    )
    return {**proposal, **_told(found.action, judged)}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def begin_action(payload: dict) -> Value:  # type: ignore[type-arg]
    """Look once more, and write down that the action begins. Value: {"go": bool, "reason": "" or why not}.

    payload: {"action", "action_hash", "risk", "confidence", "fingerprint", "judgement", "people", "takes_s", "undo",
    "because"?}. judgement: what was allowed; people: how many approved. Begun before by the same step, it goes on.
    """
    action = _bound(payload, "begin_action")
    log, service = services().action_log, await services().registry.get(action["service"])
    known = await log.entries(action["service"])
    if any(entry["key"] == payload["key"] and entry["state"] == "begun" for entry in known):
        return {"go": True, "reason": "", "result": "adopted"}
    undo = payload["undo"]
    if reason := await action_checks.fault(action, service):
        return _stopped(reason)
    assert service is not None
    confidence = float(payload["confidence"])
    risk = action_policy.higher(payload["risk"], _risk(action, service))
    because = payload.get("because", action_policy.DIAGNOSIS)
    judged = await _judged(
        action, service, risk, payload["fingerprint"], confidence, undo=undo, because=because
    )
    if judged["reason"]:
        return _stopped(judged["reason"])
    if not action_policy.still_allowed(payload["judgement"], judged, payload["people"]):
        return _stopped("needs_more")
    now_ms = _now_ms()
    entry = {
        "key": payload["key"],
        "operation_id": _operation(payload),
        "fingerprint": payload["fingerprint"],
        "type": _counted_as(action, undo=undo),
        "action_hash": payload["action_hash"],
        "until_ms": now_ms + round(1000 * payload["takes_s"]),
    }
    begun = await log.begin(action["service"], entry, services().policies["cap"], now_ms)
    if begun in ("busy", "repeated"):
        return _stopped(begun)
    return {"go": True, "reason": "", "result": "created"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def start_action_run(payload: dict) -> Value:  # type: ignore[type-arg]
    """Start one of the action's pipeline runs, once per key. Value: {"run_id", "url", "result"}.

    payload: {"action", "action_hash", "part": which of its runs, "undo": those of what takes it back by itself}.
    """
    action: actions.Action | None = _bound(payload, "start_action_run")
    if payload["undo"]:
        action = actions.undo_of(payload["action"], {})
    run = actions.runs_of(action)[payload["part"]] if action else None
    if run is None:
        raise VendorRefused("azure_devops", "start_action_run", "the action has no such run")
    started = await services().azure_devops.runs.start(
        run.project, run.pipeline_id, payload["key"], run.ref_name, run.commit, run.parameters
    )
    return {"run_id": started["run_id"], "url": started["url"], "result": started["outcome"]}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def switch_flag(payload: dict) -> Value:  # type: ignore[type-arg]
    """Switch the action's feature flag, once per key. Value: {"etag", "finished_at"}; etag "" when it has changed."""
    action = _bound(payload, "switch_flag")
    store = services().app_configuration
    if store is None or action["type"] not in actions.FLAGS:
        raise VendorRefused("app_configuration", "switch_flag", "there is no flag to switch")
    on = action["type"] == actions.ENABLE_FLAG
    flag = await store.switch(action["flag"], action["label"], on=on, etag=action["etag"], key=payload["key"])
    told = "created" if flag else "left"
    return {"etag": flag["etag"] if flag else "", "finished_at": _now().isoformat(), "result": told}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def end_action(payload: dict) -> Value:  # type: ignore[type-arg]
    """Write down how the action ended. payload: {"service", "began": the key it began with, "state", "reason"}."""
    log = services().action_log
    await log.end(payload["service"], payload["began"], payload["state"], payload["reason"], _now_ms())
    return {}


async def _facts(payload: Mapping[str, Any], service: Mapping[str, Any]) -> Facts:
    from shared.runbooks.catalogue import runbooks

    place = service["azure_devops"]
    suspect = (payload["runs"] or {}).get("suspect")
    ref_name = suspect["ref_name"] if suspect else _MAIN
    told = suspect.get("environment") if suspect else None
    newest = await action_checks.deployed(place["project"], place["pipeline_id"], ref_name, told)
    return Facts(
        runbooks={
            type_: {
                "answers": book.answers,
                "elsewhere": book.elsewhere,
                "risk": book.risk,
                "undo": book.undo,
            }
            for type_, book in runbooks().items()
        },
        deployed=newest,
        flags=await action_checks.flags_of(service),
        own_names=[service["name"], service["dynatrace"]["entity_id"], *payload["names"]],
        migration=bool(payload["migration"]),
        faults={},
    )


async def _judged(
    action: Mapping[str, Any],
    service: Mapping[str, Any],
    risk: str,
    fingerprint: str,
    confidence: float,
    *,
    undo: bool = False,
    by_itself: bool = True,
    because: str = action_policy.DIAGNOSIS,
) -> Judgement:
    """by_itself: whether it may be done without a person at all."""
    rules, automation = services().policies, service.get("automation") or {}
    known = await services().action_log.entries(service["name"])
    counted = _counted_as(action, undo=undo)
    asked = Asked(
        type=action["type"],
        risk=risk,
        tier=service.get("tier"),
        owner_allows=by_itself and action["type"] in (automation.get("allow") or []),
        confidence=confidence,
        done=action_history.count(known, fingerprint, counted, rules["cap"]["hours"], _now_ms()),
        time_zone=automation.get("time_zone") or "",
        undo=undo,
        because=because,
    )
    return action_policy.judge(rules, asked, _now())


def _risk(action: Mapping[str, Any], service: Mapping[str, Any], *, raised: bool = False) -> str:
    from shared.runbooks.catalogue import runbooks

    return action_policy.risk_of(runbooks()[action["type"]].risk, service.get("tier"), raised=raised)


def _told(action: Mapping[str, Any], judged: Judgement) -> dict[str, Any]:
    """What people must know of an action beside itself."""
    from shared.runbooks.catalogue import runbooks

    runbook = runbooks()[action["type"]]
    return {
        "judgement": dict(judged),
        "blast_radius": runbook.blast_radius,
        "verification": dict(runbook.verification),
    }


def _bound(payload: Mapping[str, Any], operation: str) -> actions.Action:
    """The action that was approved. Raises: VendorRefused for another one."""
    if action_hash(payload["action"]) != payload["action_hash"]:
        raise VendorRefused("azure_devops", operation, "the action is not the one that was approved")
    return dict(payload["action"])


def _stopped(reason: str) -> Value:
    return {"go": False, "reason": reason, "result": "left"}


def _counted_as(action: Mapping[str, Any], *, undo: bool) -> str:
    return f"undo:{action['type']}" if undo else str(action["type"])


def _operation(payload: Mapping[str, Any]) -> str:
    return str(payload["key"]).partition("/")[0]


def _now() -> datetime:
    return datetime.now(UTC)


def _now_ms() -> int:
    return int(time.time() * 1000)
