"""Did the action help? Polled until Dynatrace proves it or the time is up; otherwise people may take it back."""

from orchestrations.incidents.acting import Done
from orchestrations.incidents.reverting import offer_undo
from orchestrations.incidents.story import REQUESTER, Ending, Story
from orchestrations.saga import Steps
from shared.domain import incidents

RECOVERED = "recovered"


def prove(story: Story, done: Done) -> Steps:
    """Returns the Ending of an action that was carried out."""
    if (yield from _verify(story, done, "verify")):
        return _resolved(story)
    yield from story.tell.note("note_unverified", story.say("note.unverified", reason=story.proof))
    assert story.approval is not None
    story.undone = yield from offer_undo(
        story.acting,
        story.approval["action"],
        done,
        story.case,
        REQUESTER,
        events=story.hearing.events,
        hear=lambda _: story.hear(),
    )
    if story.undone == incidents.SELF_RESOLVED and (yield from _verify(story, done, "verify_again")):
        return _resolved(story)
    return Ending(incidents.UNVERIFIED, story.say("note.ended_unverified", reason=story.proof))


def _verify(story: Story, done: Done, step: str) -> Steps:
    """Returns whether recovery is proven, of all problems; what was seen last stays in the story."""
    wanted = story.proposal.get("verification", {})
    limit_s = 60 * float(wanted.get("within_minutes", "inf"))
    recovery = yield from story.saga.poll(
        step,
        "check_recovery",
        {
            "problem": story.problem,
            "service": story.service,
            "since": done.finished_at,
            "indicator": wanted.get("indicator", ""),
        },
        until=lambda value: value["verdict"] == RECOVERED and story.others_are_over(),
        good=lambda value: value["verdict"] == RECOVERED,
        every_s=story.policy["verification_poll_s"],
        for_s=min(limit_s, story.policy["verification_timeout_s"]),
    )
    if recovery and recovery["verdict"] == RECOVERED and not story.others_are_over():
        recovery = {**recovery, "reason": "others_open", "verdict": "not_yet"}
    story.recovery = recovery
    key = "state_unknown" if recovery is None else recovery["reason"] or RECOVERED
    story.proof = story.say(f"proof.{key}", **(recovery or {}))
    return bool(recovery and recovery["verdict"] == RECOVERED)


def _resolved(story: Story) -> Ending:
    story.mitigated_at = story.done.finished_at if story.done else ""
    words = story.say("close.resolved", action=story.case["action_text"], proof=story.proof)
    return Ending(incidents.RESOLVED, words)
