"""How a done action is taken back: by people, where it did not help, or by itself, when its time is over."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from durabletask import task

from orchestrations.approving import EXPIRED, Names, ask_people
from orchestrations.incidents.acting import PLAN_FOR_S, Acting, Done
from orchestrations.saga import StepFailed, Steps
from shared.domain import approvals, cards
from shared.domain.action import actions, remediation
from shared.domain.action.action_texts import action_text
from shared.domain.action.remediation import Proposal

UNDO = "_undo"
"""Ends the names of its steps."""
_QUESTION = Names("ask_undo", "await_undo", "record_undo_decision", UNDO)


def offer_undo(
    acting: Acting,
    action: Mapping[str, Any],
    done: Done,
    case: Mapping[str, Any],
    requested_by: str,
    *,
    events: Callable[[], Mapping[str, task.Task[Any]]],
    hear: Callable[[str], Steps] | None = None,
) -> Steps:
    """Let people take a done action back, by an approval of its own; say in the incident what came of it.

    case: what the approval's page shows. events, hear: as `await_decision` takes them.
    Returns "undone", "not_possible", "failed", "declined", or what an event decided.
    """
    asked = {"action": action, "made": dict(done.made), "fingerprint": acting.fingerprint}
    try:
        proposal = yield from acting.saga.step("plan_undo", "plan_undo", asked, for_s=PLAN_FOR_S)
    except StepFailed:
        proposal = remediation.nothing("state_unknown")
    if proposal["action"] is None:
        reason = acting.tell.say(f"handed_over.{proposal['reason']}")
        yield from acting.tell.note("note_undo", acting.tell.say("note.undo_not_possible", reason=reason))
        return "not_possible"
    text = action_text(acting.tell.language, proposal["action"])
    yield from acting.tell.note("note_undo", acting.tell.say("note.undo_offered", action=text))
    decided, approval = yield from _ask_undo(acting, proposal, case, text, requested_by, events, hear)
    if decided in (approvals.REFUSE, EXPIRED):
        yield from acting.tell.note("note_undo_declined", acting.tell.say("note.undo_declined"))
        return "declined"
    if decided != approvals.APPROVE:
        return decided
    undone = yield from acting.carry_out(proposal, approval, suffix=UNDO)
    if undone.status == "done":
        yield from acting.tell.note("note_undone", acting.tell.say("note.undone", action=text))
        return "undone"
    told = acting.tell.say("note.undo_failed", reason=undone.reason)
    yield from acting.tell.note("note_undo_failed", told)
    return "failed"


def _ask_undo(
    acting: Acting,
    proposal: Proposal,
    case: Mapping[str, Any],
    text: str,
    requested_by: str,
    events: Callable[[], Mapping[str, task.Task[Any]]],
    hear: Callable[[str], Steps] | None,
) -> Steps:
    approval = acting.approval(proposal, requested_by)
    url = f"{acting.public_url}/api/approvals/{acting.context.instance_id}"
    acting.saga.show(case={**case, "action_text": text, "risk": proposal["risk"]})
    title = acting.tell.say("note.undo_offered", action=text)
    decided, _ = yield from ask_people(
        acting.context,
        acting.saga,
        acting.tell,
        approval,
        title=text,
        card=cards.notice_card(acting.tell.language, title, [], [("card.open_approval", url)]),
        url=url,
        for_s=acting.policy["approval_timeout_s"],
        events=events,
        hear=hear,
        names=_QUESTION,
    )
    return decided, approval


def scale_back(acting: Acting, approval: Mapping[str, Any], done: Done) -> Steps:
    """After a scale_out: wait until its time is over, then as many instances as before. Others: nothing.

    Part of what was approved. To be called last, since it waits for as long as the action says.
    """
    action = approval["action"]
    if action["type"] != actions.SCALE_OUT or done.status == "changed" or done.run_id is None:
        return
    now = acting.context.current_utc_datetime
    since = datetime.fromisoformat(done.finished_at) if done.finished_at else now
    holding = acting.saga.begin_wait("hold_scale")
    until = since.astimezone(now.tzinfo) + timedelta(minutes=action["for_minutes"])
    if until > now:
        yield acting.context.create_timer(until)
    acting.saga.end_wait(holding, "created")
    bound = {"action": action, "action_hash": approval["action_hash"]}
    back = yield from acting.run(bound, 0, "_scale_back", undo=True)
    undo = actions.undo_of(action, {})
    assert undo is not None
    if back.status == "done":
        text = acting.tell.say("note.undone", action=action_text(acting.tell.language, undo))
        yield from acting.tell.note("note_scaled_back", text)
        return
    told = acting.tell.say("note.undo_failed", reason=back.reason)
    yield from acting.tell.note("note_scaled_back", told)
    yield from acting.tell.post("announce_scale_back", cards.notice_card(acting.tell.language, told, [], []))
