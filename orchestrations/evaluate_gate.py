"""evaluate_gate: judge a deployment by what it did to the service, once its window is over and late data has come.

Started by functions/delivery/quality_gates.py with the instance id `gate-<service>-<digest>`. Input: {"asked": what was
asked, of gate_results.ASKED and "check", "service": document, "rules", "policy", "language", "public_url"}.
External event: `decision` on taking a failed version back. Its outcome is the verdict.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df
from durabletask import task

from orchestrations.gates.going_back import go_back
from orchestrations.gates.story import GateStory
from orchestrations.saga import StepFailed, Steps
from orchestrations.telling import NOTICE_FOR_S
from shared.domain import cards
from shared.domain.delivery.deliveries import PRODUCTION
from shared.domain.gate import gates
from shared.domain.gate.gate_results import facts_of, note_of, result_of, title_of
from shared.domain.gate.gates import evaluate

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def evaluate_gate(context: task.OrchestrationContext, request: dict):  # type: ignore[no-untyped-def, type-arg]
    """Wait, measure, judge, tell; where a production deployment failed, put the version before back."""
    story = GateStory(context, request)
    try:
        return (yield from _play(story))
    except StepFailed as failure:
        yield from story.tell_failure(failure)
        raise


def _play(story: GateStory) -> Steps:
    yield from _await_window(story)
    measured = yield from _measure(story)
    story.result = result_of(
        story.context.instance_id, story.asked, story.rules, evaluate(story.rules, measured), story.tell.now()
    )
    story.saga.show(outcome=story.result["verdict"])
    story.saga.link("gate", story.url)
    yield from story.saga.step("keep", "keep_gate", {"result": story.result})
    yield from _tell(story)
    if story.result["verdict"] == gates.FAIL and story.asked["environment"] == PRODUCTION:
        yield from go_back(story)
    return {"verdict": story.result["verdict"], "rollback": story.result["rollback"]}


def _await_window(story: GateStory) -> Steps:
    """The window must be over, and what Dynatrace gets late must have had its time."""
    waiting = story.saga.begin_wait("await_window")
    ends = datetime.fromtimestamp(story.asked["until_ms"] / 1000, UTC)
    left = ends + timedelta(seconds=story.policy["gate_settle_s"]) - story.now
    if left > timedelta(0):
        yield story.context.create_timer(left)
    story.saga.end_wait(waiting, "done")


def _measure(story: GateStory) -> Steps:
    """{name: Measured}. Looked at again while anything is missing; then it is missing."""
    seen = yield from story.saga.poll(
        "measure",
        "measure_gate",
        story.measuring(story.asked["from_ms"], story.asked["until_ms"]),
        until=_is_whole,
        every_s=story.policy["gate_poll_s"],
        for_s=story.policy["gate_patience_s"],
    )
    if seen is None:
        return {one["name"]: gates.unmeasured(gates.VENDOR) for one in story.rules["objectives"]}
    return seen["measured"]


def _is_whole(seen: Mapping[str, Any]) -> bool:
    """Whether nothing is missing that may still come."""
    return not any(one["reason"] not in ("", gates.NOT_MEASURED) for one in seen["measured"].values())


def _tell(story: GateStory) -> Steps:
    """The pipeline first, which waits; then people. A dry run is told to nobody."""
    yield from _answer_check(story)
    if story.asked["dry_run"]:
        return
    yield from story.record("record_gate")
    yield from story.tell.note("note_gate", note_of(story.language, story.result))
    title, facts = title_of(story.language, story.result), facts_of(story.language, story.result)
    card = cards.notice_card(story.language, title, facts, [("card.open_gate", story.url)])
    yield from story.tell.post("announce_gate", card)


def _answer_check(story: GateStory) -> Steps:
    """A check that Azure Pipelines does not hear of ends by its own time-out, as not passed."""
    check = story.asked.get("check")
    if not check:
        return
    asked = {"check": check, "proceed": story.result["decision"] == "proceed"}
    try:
        yield from story.saga.step("answer_check", "answer_check", asked, for_s=NOTICE_FOR_S)
    except StepFailed:
        return
