"""How an incident ends: postmortem, incident, channel, warehouse and memory say the same, each once."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrations.approving import await_decision
from orchestrations.follow_up import begin
from orchestrations.incidents.opening import about
from orchestrations.incidents.story import Ending, Story
from orchestrations.saga import StepFailed, Steps
from shared.domain import approvals, cards, event_types
from shared.domain.incident import causes, follow_ups, incidents, postmortem

REMEMBER_FOR_S = 300
MOST_HOLDS = 5
"""How often an incident waits for problems that joined while it ended."""


def let_go(story: Story, ending: Ending) -> Steps:
    """Have no further problem join, once those that joined at the last moment are over, too. Returns the Ending."""
    for number in range(story.holds + 1, story.holds + MOST_HOLDS + 1):
        suffix = f"_{number}" if number > 1 else ""
        asked = {"outcome": ending.outcome}
        left = yield from story.saga.step(f"end_incident{suffix}", "end_incident", asked)
        if not left["open"]:
            return ending
        if not (yield from _rest_is_over(story, left["open"], suffix)):
            break
    given_up = {"outcome": incidents.HANDED_OVER}
    yield from story.saga.step("end_incident_anyway", "end_incident", given_up)
    return Ending(incidents.HANDED_OVER, story.say("note.others_open"))


def end(story: Story, ending: Ending) -> Steps:
    """Write the postmortem; tell incident, channel and warehouse how it ended. Returns the operation's output."""
    assert story.incident is not None
    # Problems that were on their way to an incident that is left open are still noted.
    yield from story.hear()
    outcome_text = story.say(f"outcome.{ending.outcome}")
    plan = _follow_ups(story, ending)
    link = yield from _write_postmortem(story, ending, outcome_text, plan)
    told = f"{ending.words}\n{story.say('postmortem.link', url=link)}"
    if ending.outcome in incidents.CLOSING:
        closing = {"sys_id": story.incident["sys_id"], "close_notes": told}
        yield from story.saga.step("resolve_incident", "resolve_incident", closing)
    else:
        yield from story.tell.note("note_ended", told)
    story.saga.show(outcome=ending.outcome)
    card = cards.ended_card(story.language, story.incident, outcome_text, ending.words, people=story.people)
    yield from story.tell.post("announce_end", card)
    yield from _remember(story, ending, link)
    run_id = story.done.run_id if story.done else None
    output = {"outcome": ending.outcome, "run_id": run_id, "postmortem_url": link}
    yield from story.tell.record(
        "record_closed", event_types.INCIDENT_CLOSED, {**output, **_closed(story, ending.outcome)}
    )
    service = story.service["name"] if story.service else ""
    yield from begin(story.saga, plan, story.incident, service, story.language, link)
    named = {"incident_number": story.incident["number"], "incident_sys_id": story.incident["sys_id"]}
    return {**output, **named}


def end_quietly(story: Story) -> Steps:
    """The problem came and went with work that was announced: no incident, one fact."""
    story.saga.show(outcome=incidents.PLANNED)
    story.tell.about |= about(story)
    fact = {
        "outcome": incidents.PLANNED,
        "run_id": None,
        "postmortem_url": "",
        **_closed(story, incidents.PLANNED),
    }
    yield from story.tell.record("record_closed", event_types.INCIDENT_CLOSED, fact)
    return {"outcome": incidents.PLANNED, "incident_number": "", "incident_sys_id": ""}


def tell_failure(story: Story, failure: StepFailed) -> Steps:
    """A step cannot be done: say so wherever that still works, without failing again."""
    words = story.say("outcome.failed", reason=f"{failure.step}: {failure.reason}")
    story.saga.show(outcome=incidents.FAILED)
    incident = story.incident or {"number": story.context.instance_id, "url": story.problem["url"]}
    card = cards.ended_card(story.language, incident, words, failure.reason)
    notices: dict[str, tuple[str, Mapping[str, Any]]] = {
        "announce_failure": ("post_card", {"card": card}),
        "end_incident": ("end_incident", {"outcome": incidents.FAILED}),
    }
    if story.incident:
        notices["note_failure"] = ("add_work_note", {"sys_id": story.incident["sys_id"], "text": words})
        fact = {"outcome": incidents.FAILED, "run_id": None, "postmortem_url": ""}
        fact |= _closed(story, incidents.FAILED)
        notices["record_failure"] = story.tell.fact(event_types.INCIDENT_CLOSED, fact)
    yield from story.saga.attempt_all(notices)


def _rest_is_over(story: Story, names: Sequence[str], suffix: str) -> Steps:
    """Wait for the problems of these identities, whose events may still be on their way. Returns whether they ended."""

    def hear(_: str) -> Steps:
        decided = yield from story.hear()
        return decided if set(names) <= set(story.hearing.joined) else None

    if (yield from hear("")):
        return True
    decided, _ = yield from await_decision(
        story.context,
        story.saga,
        f"await_rest{suffix}",
        None,
        for_s=story.policy["approval_timeout_s"],
        events=story.hearing.events,
        hear=hear,
    )
    return decided == incidents.SELF_RESOLVED


def _follow_ups(story: Story, ending: Ending) -> follow_ups.Plan:
    """What should follow, by rules; people decide."""
    began_ms = story.problem.get("start_ms")
    now_ms = story.context.current_utc_datetime.timestamp() * 1000
    told = {
        "operation_id": story.context.instance_id,
        "incident": story.incident,
        "service": story.service,
        "case": story.case,
        "items": story.bundle["items"],
        "outcome": ending.outcome,
        "duration_s": (now_ms - began_ms) / 1000 if began_ms else None,
    }
    return follow_ups.suggest(story.language, told)


def _write_postmortem(story: Story, ending: Ending, outcome_text: str, plan: follow_ups.Plan) -> Steps:
    """Returns its link."""
    items = story.bundle["items"]
    told = {
        "incident": story.incident,
        "outcome_text": outcome_text,
        "case": story.case,
        "missing": story.bundle["missing"],
        "decisions": [*story.earlier, *story.decisions],
        "proof": story.proof,
        "steps": story.saga.steps,
        "problem": story.problem,
        "joined": list(story.hearing.joined.values()),
        "items": items,
        "action": story.approval["action"] if story.approval else None,
        "considered": story.proposal.get("considered", []),
        "done": story.done._asdict() if story.done else None,
        "undone": story.undone,
        "recovery": story.recovery,
        "follow_ups": plan["items"],
        "similar": [item for item in items if item["kind"] == "similar"],
        "opened_at": story.opened_at,
        "acknowledged_at": story.acknowledged_at,
        "mitigated_at": story.mitigated_at,
    }
    document = {"text": postmortem.write(story.language, told)}
    written = yield from story.saga.step("write_postmortem", "write_postmortem", document)
    story.saga.link("postmortem", written["url"])
    return written["url"]


def _closed(story: Story, outcome: str) -> dict[str, Any]:
    """What the fact of an end says beside its outcome. Times: ISO 8601, None for what never was."""
    automatic = bool(story.approval and story.done and not story.decisions)
    return {
        "opened_at": story.opened_at or None,
        "acknowledged_at": story.acknowledged_at or None,
        "mitigated_at": story.mitigated_at or None,
        "closed_at": story.tell.now(),
        "automatic": automatic,
        "undone": story.undone or None,
        "joined": len(story.hearing.joined),
        "caused_by": causes.last_word(story.suspect, _decided(story, outcome)),
    }


def _decided(story: Story, outcome: str) -> causes.Decided:
    """What became of the action, as far as it says whether people agree with the cause."""
    approval = story.approval
    allowed = approval and (
        story.done is not None or approvals.verdict(approval, story.decisions) == approvals.APPROVE
    )
    overruled = any(said["decision"] == approvals.EDIT for said in story.earlier)
    return causes.Decided(outcome, approval["action"] if approval and allowed else None, overruled)


def _remember(story: Story, ending: Ending, link: str) -> Steps:
    """Let later incidents find this one; that it cannot be remembered now ends nothing."""
    assert story.incident is not None
    memory = {
        "number": story.incident["number"],
        "title": story.case["title"],
        "service": story.service["name"] if story.service else "",
        "cause": story.case["hypothesis"],
        "category": story.case["category"],
        "action_type": story.action_type,
        "helped": ending.words,
        "outcome": ending.outcome,
        "ended_at": story.tell.now(),
        "link": link,
        "people": story.people,
    }
    remembering = {"remember_incident": ("remember_incident", memory)}
    yield from story.saga.attempt_all(remembering, for_s=REMEMBER_FOR_S)
