"""Did the action help? Polled until Dynatrace proves it or the time is up; otherwise people may take it back."""

from orchestrations.incidents.acting import Done
from orchestrations.incidents.reverting import offer_undo
from orchestrations.incidents.story import REQUESTER, Ending, Story
from orchestrations.saga import Steps
from shared.domain.incident import incidents
from shared.domain.incident.proof import proof
from shared.domain.incident.verification import RECOVERED


def prove(story: Story, done: Done) -> Steps:
    """Returns the Ending of an action that was carried out."""
    if (yield from _verify(story, done, "verify")):
        return _resolved(story)
    yield from story.tell.note("note_unverified", story.say("note.unverified", reason=story.proof))
    assert story.approval is not None
    were_over = yield from story.hear()

    def hear(_: str) -> Steps:
        """Problems that were over before it was offered say nothing about it; it waits for people."""
        decided = yield from story.hear()
        return None if were_over else decided

    story.undone = yield from offer_undo(
        story.acting,
        story.approval["action"],
        done,
        story.case,
        REQUESTER,
        events=story.hearing.events,
        hear=hear,
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
            "within_minutes": wanted.get("within_minutes"),
        },
        until=lambda value: value["verdict"] == RECOVERED and story.others_are_over(),
        good=lambda value: value["verdict"] == RECOVERED,
        every_s=story.policy["verification_poll_s"],
        for_s=min(limit_s, story.policy["verification_timeout_s"]),
    )
    if recovery and recovery["verdict"] == RECOVERED and not story.others_are_over():
        recovery = {**recovery, "reason": "others_open", "verdict": "not_yet"}
    story.recovery = recovery
    story.proof = proof(story.language, recovery)
    return bool(recovery and recovery["verdict"] == RECOVERED)


def _resolved(story: Story) -> Ending:
    story.mitigated_at = story.done.finished_at if story.done else ""
    words = story.say("close.resolved", action=story.case["action_text"], proof=story.proof)
    return Ending(incidents.RESOLVED, words)
