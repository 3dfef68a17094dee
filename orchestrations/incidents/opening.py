"""From a problem to an incident that names its cause: look, think, and write it down where people work."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrations.approving import await_decision
from orchestrations.incidents.acting import Acting
from orchestrations.incidents.evidence import gather
from orchestrations.incidents.story import Story
from orchestrations.saga import Steps
from shared.domain import event_types
from shared.domain.action.actions import environment_of
from shared.domain.delivery.deliveries import PRODUCTION
from shared.domain.incident import causes, incidents
from shared.domain.incident.case import describe, incident_draft, opened_note

MOST_SHOWN = 5


def investigate(story: Story) -> Steps:
    """Find service, evidence, cause and what may be done. Returns False where announced work explains it all."""
    problem = story.problem
    found = yield from story.saga.step("find_service", "find_service", {"entities": problem["entities"]})
    story.service = found["service"]
    gathered = yield from gather(story.saga, problem, story.service, story.language)
    if (yield from _sit_out(story, gathered.maintenance)) and (yield from _let_go(story)):
        return False
    story.bundle, story.runs = gathered.bundle, gathered.runs
    question = {"problem": problem, "bundle": story.bundle, "runs": story.runs}
    story.diagnosis = yield from story.saga.step("diagnose", "diagnose", question)
    environment = environment_of(story.service or {}) or PRODUCTION
    story.suspect = causes.suspect(story.diagnosis, story.bundle["items"], environment)
    story.acting = Acting(
        story.context,
        story.saga,
        story.tell,
        story.policy,
        fingerprint=story.fingerprint,
        public_url=story.request["public_url"],
    )
    yield from propose(story)
    return True


def propose(story: Story, again: str = "") -> Steps:
    """Choose the action for the cause, and put the case into words. again: "_2" for a second choice."""
    story.proposal = yield from story.acting.plan(
        story.diagnosis, story.service, story.runs, story.bundle["items"], story.problem, again=again
    )
    show_case(story)


def show_case(story: Story) -> None:
    """Put evidence, cause and proposal into the words that people read everywhere."""
    story.case = describe(
        story.language, story.problem, story.service, story.bundle, story.diagnosis, story.proposal
    )
    story.saga.show(case=story.case)


def open_incident(story: Story) -> Steps:
    """Open the incident, or open again the one that a flapping problem has."""
    story.incident = story.tell.incident = yield from _incident(story)
    named = {name: story.incident[name] for name in ("sys_id", "number", "url")}
    yield from story.saga.step("keep_incident", "keep_incident", {"incident": named})
    story.tell.about |= about(story)
    story.opened_at = story.tell.now()
    story.saga.link("incident", story.incident["url"])
    yield from story.tell.note("note_opened", opened_note(story.language, story.case))
    opened = {
        "display_id": story.problem["display_id"],
        "title": story.case["title"],
        "opened_at": story.opened_at,
        "cause": story.case["hypothesis"],
        "confidence": story.case["confidence"] / 100,
        "reopened": bool(story.request.get("reopens")),
        "caused_by": causes.first_word(story.suspect),
    }
    yield from story.tell.record("record_opened", event_types.INCIDENT_OPENED, opened)


def about(story: Story) -> dict[str, Any]:
    """What every fact of this incident says."""
    service, incident = story.service or {}, story.incident or {}
    return {
        "incident_number": incident.get("number", ""),
        "incident_sys_id": incident.get("sys_id", ""),
        "problem_id": story.problem["problem_id"],
        "fingerprint": story.fingerprint,
        "started_ms": story.problem["start_ms"],
        "detected_at": story.detected_at,
        "severity": story.problem["severity"],
        "service": service.get("name"),
        "product": service.get("product"),
        "tier": service.get("tier"),
        "cost_center": service.get("cost_center"),
        "environment": environment_of(service) or None,
        "category": story.diagnosis.get("category"),
        "action": story.proposal["action"]["type"] if story.diagnosis and story.proposal["action"] else None,
    }


def _incident(story: Story) -> Steps:
    reopens = story.request.get("reopens")
    if reopens:
        again = {"sys_id": reopens["sys_id"], "text": story.say("note.reopened")}
        yield from story.saga.step("reopen_incident", "reopen_incident", again)
        return reopens
    draft = {
        **incident_draft(story.language, story.problem, story.case),
        "correlation_id": story.context.instance_id,
        "impact": incidents.impact(story.problem),
        "urgency": incidents.urgency(story.problem),
        "cmdb_ci": (story.service or {}).get("servicenow_ci") or "",
    }
    return (yield from story.saga.step("open_incident", "open_incident", draft))


def _let_go(story: Story) -> Steps:
    """Have no further problem join. Returns whether that is so: one that joined at the last moment is looked into."""
    left = yield from story.saga.step("end_incident", "end_incident", {"outcome": incidents.PLANNED})
    story.holds = 1
    return not left["open"]


def _sit_out(story: Story, maintenance: Sequence[Mapping[str, Any]]) -> Steps:
    """Wait while announced work goes on. Returns whether all problems are over by then."""
    now_ms = round(story.context.current_utc_datetime.timestamp() * 1000)
    until_ms = max((one["end_ms"] for one in maintenance if one["start_ms"] <= now_ms), default=0)
    if until_ms <= now_ms:
        return False
    story.saga.show(maintenance=[dict(one) for one in maintenance][:MOST_SHOWN])
    decided, _ = yield from await_decision(
        story.context,
        story.saga,
        "await_maintenance",
        None,
        for_s=(until_ms - now_ms) / 1000,
        events=story.hearing.events,
        hear=lambda _: story.listen(),
    )
    return decided == incidents.SELF_RESOLVED
