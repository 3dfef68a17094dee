"""From a proposal to its end: people are told and asked, what they allowed is carried out, and it must be proven."""

from orchestrations.approving import audited, await_decision, tell_decided
from orchestrations.incidents.acting import Done, is_automatic
from orchestrations.incidents.opening import propose
from orchestrations.incidents.proving import prove
from orchestrations.incidents.revising import decide_with_edits, editable
from orchestrations.incidents.story import REQUESTER, Ending, Story
from orchestrations.saga import Steps
from shared.domain import approvals, cards, event_types
from shared.domain.incident import incidents
from shared.domain.incident.case import comments

ROUNDS = ("", "_2")
"""Suffixes of the steps' names. What was allowed may not hold any more when it is begun: then once more, from anew."""


def remedy(story: Story) -> Steps:
    """Announce, decide, act, verify. Returns the Ending."""
    if (yield from story.hear()) == incidents.SELF_RESOLVED:
        return _self_resolved(story)
    for round_ in ROUNDS:
        if round_:
            yield from propose(story, round_)
        if story.proposal["action"] is None:
            return (yield from _wait_for_recovery(story, round_))
        ended = yield from _allow(story, round_)
        if ended:
            return ended
        assert story.approval is not None
        done: Done = yield from story.acting.carry_out(story.proposal, story.approval, suffix=round_)
        if done.status == "failed":
            story.done = done
            return Ending(incidents.ACTION_FAILED, story.say("note.action_failed", reason=done.reason))
        if done.status == "done":
            story.done = done
            return (yield from prove(story, done))
        yield from story.tell.note(
            f"note_changed{round_}", story.say("note.action_changed", reason=done.reason)
        )
    return Ending(incidents.HANDED_OVER, story.say("note.handed_over", reason=done.reason))


def _allow(story: Story, round_: str) -> Steps:
    """Have the action allowed. Returns None, or the Ending where it is not."""
    story.approval = story.acting.approval(story.proposal, REQUESTER)
    if is_automatic(story.proposal):
        yield from story.acting.allow_automatically(story.proposal, story.approval, suffix=round_)
        story.acknowledged_at = story.acknowledged_at or story.tell.now()
        yield from _announce(story, round_, asks=False)
        return None
    story.approval = editable(story.approval, story.proposal)
    story.saga.show(approval=story.approval)
    story.saga.link("approval", story.approval_url)
    yield from _announce(story, round_, asks=True)
    decided = yield from _decide(story, round_)
    if decided == incidents.SELF_RESOLVED:
        yield from _record(story, decided, round_)
        return _self_resolved(story)
    yield from tell_decided(story.tell, story.case["action_text"], decided, story.decisions, suffix=round_)
    yield from _record(story, decided, round_)
    if decided == incidents.EXPIRED:
        words = story.say("note.expired", expires_at=story.approval["expires_at"])
        return Ending(incidents.EXPIRED, words)
    who, why = ", ".join(story.people), comments(story.decisions)
    if decided == approvals.REFUSE:
        return Ending(incidents.REFUSED, story.say("note.refused", people=who, comment=why))
    text = story.say("note.approved", people=who, action=story.case["action_text"])
    yield from story.tell.note(f"note_approved{round_}", text)
    return None


def _record(story: Story, decided: str, round_: str) -> Steps:
    """Keep the audit trail of what people said."""
    if not story.decisions:
        return
    assert story.approval is not None
    story.acknowledged_at = story.acknowledged_at or story.decisions[0]["at"]
    audit = audited(story.approval, decided, story.decisions)
    yield from story.tell.record(f"record_decision{round_}", event_types.APPROVAL_DECIDED, audit)


def _wait_for_recovery(story: Story, round_: str) -> Steps:
    """Nothing safe to propose: tell people, and see whether the problem closes by itself."""
    yield from _announce(story, round_, asks=False)
    decided, _ = yield from await_decision(
        story.context,
        story.saga,
        f"await_recovery{round_}",
        None,
        for_s=story.policy["approval_timeout_s"],
        events=story.hearing.events,
        hear=lambda _: story.hear(),
    )
    if decided == incidents.SELF_RESOLVED:
        return _self_resolved(story)
    return Ending(incidents.HANDED_OVER, story.say("note.handed_over", reason=story.case["action_text"]))


def _self_resolved(story: Story) -> Ending:
    story.mitigated_at = story.tell.now()
    return Ending(incidents.SELF_RESOLVED, story.say("close.self_resolved"))


def _announce(story: Story, round_: str, *, asks: bool) -> Steps:
    assert story.incident is not None
    url = story.approval_url if asks else None
    card = cards.incident_card(story.language, story.incident, story.case, url)
    yield from story.tell.post(f"announce{round_}", card, sign_for=story.context.instance_id if asks else "")


def _decide(story: Story, round_: str) -> Steps:
    """Wait for people, who may propose another action, for all problems to close, or for the time to run out."""
    assert story.approval is not None
    told = yield from decide_with_edits(
        story.acting,
        story.proposal,
        story.approval,
        story.case,
        events=story.hearing.events,
        hear=lambda _: story.hear(),
        suffix=round_,
    )
    story.proposal, story.approval, story.case = told.proposal, told.approval, told.case
    story.decisions, story.earlier = told.decisions, [*story.earlier, *told.earlier]
    if told.earlier:
        story.acknowledged_at = story.acknowledged_at or told.earlier[0]["at"]
    return told.decided
