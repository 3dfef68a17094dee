"""A production deployment failed its gate: the good version before goes back, as policy has it, and must prove itself.

The pipeline that waits for the verdict ends first, so that two runs never deploy at once. Then the action is planned,
allowed (by the owner and the policies, or by people), carried out and proven as any action of the catalogue is
(orchestrations/incidents/acting.py); the same objectives over a window of the same length are the proof.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orchestrations.approving import EXPIRED, ask_people
from orchestrations.gates.story import GateStory
from orchestrations.incidents.acting import AUTOMATIC, PLAN_FOR_S, Acting, Done
from orchestrations.saga import StepFailed, Steps
from shared.domain import approvals, cards
from shared.domain.action import remediation
from shared.domain.action.action_policy import GATE
from shared.domain.action.action_texts import action_text
from shared.domain.action.remediation import Proposal
from shared.domain.gate import gates
from shared.domain.gate.gate_results import facts_of

REQUESTER = "valueflow"


def go_back(story: GateStory) -> Steps:
    """Fills in story.result["rollback"], and says what became of it."""
    acting = Acting(
        story.context,
        story.saga,
        story.tell,
        story.policy,
        fingerprint=story.fingerprint,
        public_url=story.request["public_url"],
        because=GATE,
    )
    yield from _await_pipeline(story)
    proposal = yield from _plan(story)
    if proposal["action"] is None:
        reason = story.tell.say(f"handed_over.{proposal['reason']}")
        yield from _told(story, "none", reason=reason)
        return
    text = action_text(story.language, proposal["action"])
    if story.asked["dry_run"]:
        yield from _told(story, "would", action=text)
        return
    approval, decided = yield from _allow(story, acting, proposal, text)
    if decided not in (approvals.APPROVE, AUTOMATIC):
        yield from _told(story, "expired" if decided == EXPIRED else "refused", action=text)
        return
    done: Done = yield from acting.carry_out(proposal, approval)
    if done.status != "done":
        yield from _told(story, "failed", action=text, reason=done.reason)
        return
    proven = yield from _prove(story, done)
    yield from _told(story, "verified" if proven else "unverified", action=text, done=True)
    yield from story.record("record_gate_again")


def _await_pipeline(story: GateStory) -> Steps:
    """Its job reads the verdict and fails; what does not end in time is told as `run_under_way`."""
    run_id, place = story.asked["run_id"], story.service["azure_devops"]
    if run_id is None or not place.get("pipeline_id"):
        return
    yield from story.saga.poll(
        "await_pipeline",
        "get_run",
        {"project": place["project"], "pipeline_id": place["pipeline_id"], "run_id": run_id},
        until=lambda run: run["state"] == "completed",
        every_s=story.policy["run_poll_s"],
        for_s=story.policy["action_timeout_s"],
    )


def _plan(story: GateStory) -> Steps:
    asked = {
        "service": story.service["name"],
        **{name: story.asked[name] for name in ("environment", "run_id", "commit")},
        "fingerprint": story.fingerprint,
    }
    try:
        return (yield from story.saga.step("plan_back", "plan_version_back", asked, for_s=PLAN_FOR_S))
    except StepFailed:
        return remediation.nothing("state_unknown")


def _allow(story: GateStory, acting: Acting, proposal: Proposal, text: str) -> Steps:
    """Returns (approval, what was decided)."""
    approval = acting.approval(proposal, REQUESTER)
    title = story.tell.say(
        "gate.case", **{name: story.asked[name] for name in ("service", "version", "environment")}
    )
    case = {
        "title": title,
        "service": story.service["name"],
        "facts": facts_of(story.language, story.result),
        "action_text": text,
        "risk": proposal["risk"],
    }
    story.saga.show(case=case)
    if proposal["judgement"]["verdict"] == AUTOMATIC:
        yield from acting.allow_automatically(proposal, approval)
        return approval, AUTOMATIC
    url = f"{acting.public_url}/api/approvals/{story.context.instance_id}"
    links = [("card.open_approval", url), ("card.open_gate", story.url)]
    asked = story.tell.say("gate.rollback.asked", action=text)
    told = [{"title": story.tell.say("gate.rollback"), "value": asked}]
    story.result["rollback"] = {"state": "asked", "action": text, "reason": "", "done": False}
    yield from story.saga.step("keep_asked", "keep_gate", {"result": story.result})
    decided, _ = yield from ask_people(
        story.context,
        story.saga,
        story.tell,
        approval,
        title=title,
        card=cards.notice_card(story.language, title, told, links),
        url=url,
        for_s=story.policy["approval_timeout_s"],
        events=dict,
    )
    return approval, decided


def _prove(story: GateStory, done: Done) -> Steps:
    """Whether the same objectives hold over a window that began after the action ended. No data proves nothing."""
    since = datetime.fromisoformat(done.finished_at) if done.finished_at else story.now
    asked = story.measuring(int(since.timestamp() * 1000), None)

    def holds(seen: Mapping[str, Any]) -> bool:
        return gates.evaluate(story.rules, seen["measured"])["verdict"] in gates.GOOD

    window_s = asked["length_ms"] / 1000
    seen = yield from story.saga.poll(
        "verify_back",
        "measure_gate",
        asked,
        until=holds,
        good=holds,
        every_s=story.policy["verification_poll_s"],
        for_s=window_s + story.policy["verification_timeout_s"],
    )
    return bool(seen and holds(seen))


def _told(story: GateStory, state: str, *, action: str = "", reason: str = "", done: bool = False) -> Steps:
    """Keep what became of it and tell it where the verdict was told. state: ends "gate.rollback.<state>"."""
    words = story.tell.say(f"gate.rollback.{state}", action=action, reason=reason)
    story.result["rollback"] = {"state": state, "action": action, "reason": reason, "done": done}
    yield from story.saga.step("keep_again", "keep_gate", {"result": story.result})
    if story.asked["dry_run"]:
        return
    yield from story.tell.note("note_back", words)
    card = cards.notice_card(story.language, words, [], [("card.open_gate", story.url)])
    yield from story.tell.post("announce_back", card)
