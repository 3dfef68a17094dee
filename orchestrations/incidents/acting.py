"""How an operation acts: an action proposed from the catalogue, and carried out as approved.

orchestrations/reverting.py takes it back. Over the saga, for one service and one problem. Every step has its own
idempotency key, so that what was killed anywhere is done once; what is to be done is read from the approved action
alone, by the activities.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from durabletask import task

from orchestrations.approving import audited, new_approval
from orchestrations.saga import Saga, StepFailed, Steps
from orchestrations.telling import Teller
from shared.domain import event_types
from shared.domain.action import actions, remediation
from shared.domain.action.action_texts import action_text
from shared.domain.action.remediation import Proposal

PLAN_FOR_S = 30
"""How long a proposal, and its incident, may wait for vendors that are away: without them nothing is proposed."""
BEGIN_FOR_S = 600
"""How long an approved action may wait for them; then nothing is done."""
SPARE_S = 3600
"""Beyond its runs' own time, how long an action holds its service when nobody ends it."""
AUTOMATIC = "automatic"

Status = Literal["done", "failed", "changed"]


class Done(NamedTuple):
    """What carrying an action out came to.

    status: "changed" when nothing was done, since what was approved does not hold any more. reason: in words.
    run_id, url: of the last pipeline run. finished_at: ISO 8601. made: what undoing needs to know.
    """

    status: Status
    reason: str = ""
    run_id: int | None = None
    url: str = ""
    finished_at: str = ""
    made: Mapping[str, Any] = {}


class Acting:
    """policy: of the operation's input, its times in seconds. fingerprint: of the problem, for the cap on repeats.

    because: of domain.action_policy, where it is no diagnosis.
    """

    def __init__(
        self,
        context: task.OrchestrationContext,
        saga: Saga,
        tell: Teller,
        policy: Mapping[str, Any],
        *,
        fingerprint: str,
        public_url: str,
        because: str = "",
    ) -> None:
        self.context, self.saga, self.tell, self.policy = context, saga, tell, policy
        self.fingerprint, self.public_url, self.because = fingerprint, public_url, because

    def plan(
        self,
        diagnosis: Mapping[str, Any],
        service: Mapping[str, Any] | None,
        runs: Mapping[str, Any] | None,
        items: Sequence[Mapping[str, Any]],
        problem: Mapping[str, Any],
        *,
        again: str = "",
    ) -> Steps:
        """The Proposal for this cause. items: of the evidence. again: "_2" for a second one of the same operation."""
        if service is None:
            return remediation.nothing("no_service")
        entity_id = service["dynatrace"]["entity_id"]
        asked = {
            "service": service["name"],
            "diagnosis": {name: diagnosis.get(name, "") for name in ("category", "component", "confidence")},
            "runs": runs,
            "names": [one["name"] for one in problem["entities"] if one["id"] == entity_id],
            "migration": _migrates(items),
            "fingerprint": self.fingerprint,
        }
        try:
            return (yield from self.saga.step(f"plan_action{again}", "plan_action", asked, for_s=PLAN_FOR_S))
        except StepFailed:
            return remediation.nothing("state_unknown")

    def approval(self, proposal: Proposal, requested_by: str) -> dict[str, Any]:
        """What is to be allowed, and by whom."""
        judgement = proposal["judgement"]
        approval = new_approval(
            self.context,
            proposal["action"] or {},
            risk=proposal["risk"],
            requested_by=requested_by,
            for_s=self.policy["approval_timeout_s"],
        )
        return {**approval, "approvers_needed": judgement["approvers"], "role": judgement["role"]}

    def allow_automatically(
        self, proposal: Proposal, approval: Mapping[str, Any], *, suffix: str = ""
    ) -> Steps:
        """Say to everybody that nobody was asked, and why. The approval's state says so from then on."""
        rules = ", ".join(proposal["judgement"]["rules"])
        self.saga.show(approval={**approval, "state": AUTOMATIC})
        text = action_text(self.tell.language, approval["action"])
        yield from self.tell.note(
            f"note_automatic{suffix}", self.tell.say("note.automatic", rules=rules, action=text)
        )
        audit = {**audited(approval, AUTOMATIC, []), "rules": proposal["judgement"]["rules"]}
        yield from self.tell.record(f"record_automatic{suffix}", event_types.APPROVAL_DECIDED, audit)

    def carry_out(self, proposal: Proposal, approval: Mapping[str, Any], *, suffix: str = "") -> Steps:
        """Do exactly what was approved, once, and follow it to its end. Returns Done.

        suffix: of the steps' names, for a second action of the same operation ("_2", "_undo").
        """
        action = approval["action"]
        bound = {"action": action, "action_hash": approval["action_hash"]}
        runs = actions.runs_of(action)
        asked = {
            **bound,
            "risk": proposal["risk"],
            "confidence": proposal["confidence"],
            "fingerprint": self.fingerprint,
            "judgement": proposal["judgement"],
            "people": len(approval["approved_by"]),
            "takes_s": (len(runs) + 1) * self.policy["action_timeout_s"] + SPARE_S,
            "undo": suffix == "_undo",
            **({"because": self.because} if self.because else {}),
        }
        began = f"{self.context.instance_id}/begin_action{suffix}"
        try:
            begun = yield from self.saga.step(
                f"begin_action{suffix}", "begin_action", asked, for_s=BEGIN_FOR_S
            )
        except StepFailed:
            return Done("changed", self.tell.say("handed_over.state_unknown"))
        if not begun["go"]:
            return Done("changed", self.tell.say(f"handed_over.{begun['reason']}"))
        done = yield from (self._run_all(bound, suffix) if runs else self._switch(bound, suffix))
        ended = {
            "service": action["service"],
            "began": began,
            "state": {"changed": "withdrawn"}.get(done.status, done.status),
            "reason": done.reason,
        }
        yield from self.saga.step(f"end_action{suffix}", "end_action", ended)
        return done

    def _run_all(self, bound: Mapping[str, Any], suffix: str) -> Steps:
        """The action's runs, one after the other. What was stopped is started whatever became of the stop."""
        action = bound["action"]
        runs = actions.runs_of(action)
        if len(runs) == 1:
            return (yield from self.run(bound, 0, suffix))
        stopped = yield from self.run(bound, 0, f"_{runs[0].verb}{suffix}")
        started = yield from self.run(bound, 1, f"_{runs[1].verb}{suffix}")
        if started.status != "done":
            started = yield from self.run(bound, 1, f"_{runs[1].verb}_again{suffix}")
        if started.status != "done":
            text = self.tell.say("note.stopped_only", reason=started.reason)
            yield from self.tell.note(f"note_stopped_only{suffix}", text)
            return started
        return (
            started if stopped.status == "done" else started._replace(status="failed", reason=stopped.reason)
        )

    def run(self, bound: Mapping[str, Any], part: int, suffix: str, *, undo: bool = False) -> Steps:
        """Start one run and follow it. Returns Done."""
        asked = {**bound, "part": part, "undo": undo}
        try:
            run = yield from self.saga.step(f"start_run{suffix}", "start_action_run", asked)
        except StepFailed as failure:
            return Done("failed", failure.reason)
        self.saga.link("run", run["url"])
        told = self.tell.say("note.action_started", run_id=run["run_id"], url=run["url"])
        yield from self.tell.note(f"note_started{suffix}", told)
        place = {name: bound["action"][name] for name in ("project", "pipeline_id")}
        ended = yield from self.saga.poll(
            f"await_run{suffix}",
            "get_run",
            {**place, "run_id": run["run_id"]},
            until=lambda value: value["state"] == "completed",
            good=lambda value: value["result"] == "succeeded",
            every_s=self.policy["run_poll_s"],
            for_s=self.policy["action_timeout_s"],
        )
        done = Done("done", "", run["run_id"], run["url"], (ended or {}).get("finished_at") or "")
        if not ended or ended["state"] != "completed":
            reason = self.tell.say("run.timed_out", run_id=run["run_id"])
            return done._replace(status="failed", reason=reason)
        if ended["result"] != "succeeded":
            reason = self.tell.say("run.failed", run_id=run["run_id"], result=ended["result"])
            return done._replace(status="failed", reason=reason)
        return done

    def _switch(self, bound: Mapping[str, Any], suffix: str) -> Steps:
        try:
            made = yield from self.saga.step(f"switch_flag{suffix}", "switch_flag", bound)
        except StepFailed as failure:
            return Done("failed", failure.reason)
        if not made["etag"]:
            return Done("changed", self.tell.say("handed_over.flag_changed"))
        told = self.tell.say("note.flag_switched", flag=bound["action"]["flag"])
        yield from self.tell.note(f"note_started{suffix}", told)
        return Done("done", finished_at=made["finished_at"], made={"etag": made["etag"]})


def is_automatic(proposal: Proposal) -> bool:
    """Whether nobody is asked: the owner, the policies and the hour allow it. What says less, asks."""
    judgement = proposal.get("judgement")
    return bool(judgement and judgement["verdict"] == AUTOMATIC and proposal["risk"] == "low")


def _migrates(items: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the suspect deployment changed a database: going back then is not as safe."""
    runs = [item.get("facts", {}) for item in items if item["kind"] == "run"]
    return any(run.get("migration") for run in runs if run.get("role", "suspect") == "suspect")
