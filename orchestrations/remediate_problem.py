"""remediate_problem: from a Dynatrace problem to an incident with evidence, cause, approved action and proof.

Started by functions/problems.py with the instance id `incident-<problem id>-<start>`. Input:
{"problem": Problem, "reopens": incident or None, "policy": {...}, "language": "pt-BR"|"en", "public_url"}.
External events: `decision` (a Decision), `problem_joined` and `problem_resolved` (orchestrations/hearing.py).
Ends with an outcome of domain.incidents; Failed only when a vendor refuses or stays away for too long.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import azure.durable_functions as df
from durabletask import task

from orchestrations.approving import (
    Notice,
    audited,
    await_decision,
    new_approval,
    reminders,
    tell_decided,
)
from orchestrations.evidence import gather
from orchestrations.hearing import Hearing
from orchestrations.saga import Saga, StepFailed, Steps
from orchestrations.telling import Teller
from shared.domain import approvals, cards, event_types, evidence, incidents, postmortem, remediation
from shared.domain.case import Case, comments, describe, incident_draft, opened_note, people
from shared.domain.plain import plain
from shared.domain.problems import RESOLVED as PROBLEM_RESOLVED

bp = df.Blueprint()

REQUESTER = "valueflow"
MOST_NOTED = 10
"""Problems of a storm that get a work note of their own."""
MOST_SHOWN = 5
REMEMBER_FOR_S = 300


@bp.orchestration_trigger(context_name="context")
def remediate_problem(context: task.OrchestrationContext, request: dict):  # type: ignore[no-untyped-def, type-arg]
    """Give a problem an incident, find its cause, and end it by an approved and verified action."""
    flow = _Remediation(context, request)
    try:
        return (yield from flow.run())
    except StepFailed as failure:
        yield from flow.tell_failure(failure)
        raise


class _Remediation:
    """One run of remediate_problem: its phases in order, and what they found."""

    case: Case
    incident: dict[str, Any] | None = None
    service: dict[str, Any] | None = None
    run_id: int | None = None
    proof = ""
    action_type = "none"
    late: list[Mapping[str, Any]]
    """Problems that joined while nobody could note it."""

    def __init__(self, context: task.OrchestrationContext, request: Mapping[str, Any]) -> None:
        self.context, self.request = context, request
        self.problem: Mapping[str, Any] = request["problem"]
        self.policy: Mapping[str, Any] = request["policy"]
        self.language: str = request["language"]
        self.saga = Saga(context, "remediate_problem", self.policy)
        self.tell = Teller(context, self.saga, self.language)
        self.bundle: evidence.Bundle = {"items": [], "missing": []}
        self.decisions: list[dict[str, Any]] = []
        self.hearing, self.late = Hearing(context, self.problem), []

    def run(self) -> Steps:
        found = yield from self.saga.step(
            "find_service", "find_service", {"entities": self.problem["entities"]}
        )
        self.service = found["service"]
        gathered = yield from gather(self.saga, self.problem, self.service, self.language)
        if (yield from self._sit_out(gathered.maintenance)):
            return (yield from self._end_quietly())
        self.bundle = gathered.bundle
        question = {"problem": self.problem, "bundle": self.bundle, "runs": gathered.runs}
        diagnosis = yield from self.saga.step("diagnose", "diagnose", question)
        proposal = remediation.propose(diagnosis, self.service, gathered.runs)
        self.action_type = proposal["action"]["type"] if proposal["action"] else "none"
        self.case = describe(self.language, self.problem, self.service, self.bundle, diagnosis, proposal)
        self.saga.show(case=self.case)
        yield from self._open_incident(proposal)
        outcome, words = yield from self._remedy(proposal)
        return (yield from self._end(outcome, words))

    def _sit_out(self, maintenance: Sequence[Mapping[str, Any]]) -> Steps:
        """Wait while announced work goes on. Returns whether all problems are over by then."""
        now_ms = round(self.context.current_utc_datetime.timestamp() * 1000)
        until_ms = max((one["end_ms"] for one in maintenance if one["start_ms"] <= now_ms), default=0)
        if until_ms <= now_ms:
            return False
        self.saga.show(maintenance=[dict(one) for one in maintenance][:MOST_SHOWN])
        decided, _ = yield from await_decision(
            self.context,
            self.saga,
            "await_maintenance",
            None,
            for_s=(until_ms - now_ms) / 1000,
            events=self.hearing.events,
            hear=lambda _: self._listen(),
        )
        return decided == incidents.SELF_RESOLVED

    def _listen(self) -> Steps:
        """Hear problems before there is an incident to note them in."""
        yield from ()
        self.late += self.hearing.hear()
        return incidents.SELF_RESOLVED if self.hearing.all_resolved else None

    def _end_quietly(self) -> Steps:
        """The problem came and went with work that was announced: no incident, one fact."""
        yield from self.saga.step("end_incident", "end_incident", {"outcome": incidents.PLANNED})
        self.saga.show(outcome=incidents.PLANNED)
        fact = {
            "outcome": incidents.PLANNED,
            "run_id": None,
            "postmortem_url": "",
            "closed_at": self.tell.now(),
        }
        self.tell.about |= {
            "incident_number": "",
            "problem_id": self.problem["problem_id"],
            "service": self.service["name"] if self.service else None,
            "action": None,
        }
        yield from self.tell.record("record_closed", event_types.INCIDENT_CLOSED, fact)
        return {"outcome": incidents.PLANNED, "incident_number": "", "incident_sys_id": ""}

    def _open_incident(self, proposal: remediation.Proposal) -> Steps:
        """Open the incident, or open again the one that a flapping problem has."""
        reopens = self.request.get("reopens")
        if reopens:
            again = {"sys_id": reopens["sys_id"], "text": self.tell.say("note.reopened")}
            yield from self.saga.step("reopen_incident", "reopen_incident", again)
            self.incident = self.tell.incident = reopens
        else:
            draft = {
                **incident_draft(self.language, self.problem, self.case),
                "correlation_id": self.context.instance_id,
                "impact": incidents.impact(self.problem),
                "urgency": incidents.urgency(self.problem),
                "cmdb_ci": (self.service or {}).get("servicenow_ci") or "",
            }
            self.incident = self.tell.incident = yield from self.saga.step(
                "open_incident", "open_incident", draft
            )
        named = {name: self.incident[name] for name in ("sys_id", "number", "url")}
        yield from self.saga.step("keep_incident", "keep_incident", {"incident": named})
        self.tell.about |= {
            "incident_number": self.incident["number"],
            "problem_id": self.problem["problem_id"],
            "service": self.service["name"] if self.service else None,
            "action": proposal["action"]["type"] if proposal["action"] else None,
        }
        self.saga.link("incident", self.incident["url"])
        yield from self.tell.note("note_opened", opened_note(self.language, self.case))
        opened = {
            "incident_sys_id": self.incident["sys_id"],
            "display_id": self.problem["display_id"],
            "title": self.case["title"],
            "severity": self.problem["severity"],
            "opened_at": self.tell.now(),
            "cause": self.case["hypothesis"],
            "confidence": self.case["confidence"] / 100,
        }
        yield from self.tell.record("record_opened", event_types.INCIDENT_OPENED, opened)

    def _remedy(self, proposal: remediation.Proposal) -> Steps:
        """Announce, decide, act, verify. Returns the outcome and the words that tell it."""
        if self.problem["state"] == PROBLEM_RESOLVED:
            return incidents.SELF_RESOLVED, self.tell.say("close.self_resolved")
        if proposal["action"] is None:
            return (yield from self._wait_for_recovery())
        approval = new_approval(
            self.context,
            proposal["action"],
            risk=proposal["risk"],
            requested_by=REQUESTER,
            for_s=self.policy["approval_timeout_s"],
        )
        yield from self._announce(approval)
        decided = yield from self._await(approval)
        if decided != incidents.SELF_RESOLVED:
            yield from tell_decided(self.tell, self.case["action_text"], decided, self.decisions)
        if self.decisions:
            audit = audited(approval, decided, self.decisions)
            yield from self.tell.record("record_decision", event_types.APPROVAL_DECIDED, audit)
        if decided == incidents.SELF_RESOLVED:
            return decided, self.tell.say("close.self_resolved")
        if decided == incidents.EXPIRED:
            return decided, self.tell.say("note.expired", expires_at=approval["expires_at"])
        who, why = people(self.decisions), comments(self.decisions)
        if decided == approvals.REFUSE:
            return incidents.REFUSED, self.tell.say("note.refused", people=who, comment=why)
        yield from self.tell.note(
            "note_approved", self.tell.say("note.approved", people=who, action=self.case["action_text"])
        )
        return (yield from self._act(approval))

    def _wait_for_recovery(self) -> Steps:
        """Nothing safe to propose: tell people, and see whether the problem closes by itself."""
        yield from self._announce(None)
        decided = yield from self._await(None)
        if decided == incidents.SELF_RESOLVED:
            return decided, self.tell.say("close.self_resolved")
        return incidents.HANDED_OVER, self.tell.say("note.handed_over", reason=self.case["action_text"])

    def _announce(self, approval: dict[str, Any] | None) -> Steps:
        assert self.incident is not None
        url = None
        if approval:
            url = self._approval_url()
            self.saga.show(approval=approval)
            self.saga.link("approval", url)
        card = cards.incident_card(self.language, self.incident, self.case, url)
        yield from self.tell.post("announce", card, sign_for=self.context.instance_id if url else "")

    def _await(self, approval: dict[str, Any] | None) -> Steps:
        """Wait for people, for all problems to close by themselves, or for the time to run out."""
        decided, self.decisions = yield from await_decision(
            self.context,
            self.saga,
            "await_decision" if approval else "await_recovery",
            approval,
            for_s=self.policy["approval_timeout_s"],
            events=self.hearing.events,
            hear=lambda _: self._hear(),
            notices=self._reminders() if approval else (),
        )
        return decided

    def _reminders(self) -> list[Notice]:
        return reminders(
            self.tell,
            self.case["action_text"],
            self._approval_url(),
            sign_for=self.context.instance_id,
            for_s=self.policy["approval_timeout_s"],
        )

    def _approval_url(self) -> str:
        return f"{self.request['public_url']}/api/approvals/{self.context.instance_id}"

    def _hear(self) -> Steps:
        """Note the problems that joined. Returns the outcome when all problems are over, else None."""
        heard, self.late = [*self.late, *self.hearing.hear()], []
        for told in heard:
            if len(self.hearing.joined) <= MOST_NOTED:
                reason = self.tell.say(f"joined.{told['reason']}") if told["reason"] else ""
                about = {name: plain(told["problem"][name], 160) for name in ("display_id", "title")}
                note = self.tell.say("note.joined", reason=reason, **about)
                yield from self.tell.note(f"note_joined_{told['identity']}", note)
        self.saga.show(joined=len(self.hearing.joined))
        return incidents.SELF_RESOLVED if self.hearing.all_resolved else None

    def _act(self, approval: Mapping[str, Any]) -> Steps:
        """Run exactly what was approved, follow it, and verify."""
        action = approval["action"]
        try:
            run = yield from self.saga.step(
                "start_run", "start_run", {"action": action, "action_hash": approval["action_hash"]}
            )
        except StepFailed as failure:
            return incidents.ACTION_FAILED, self.tell.say("note.action_failed", reason=failure.reason)
        self.run_id = run["run_id"]
        self.saga.link("run", run["url"])
        yield from self.tell.note(
            "note_started", self.tell.say("note.action_started", run_id=run["run_id"], url=run["url"])
        )
        ended = yield from self.saga.poll(
            "await_run",
            "get_run",
            {"project": action["project"], "pipeline_id": action["pipeline_id"], "run_id": run["run_id"]},
            until=lambda value: value["state"] == "completed",
            good=lambda value: value["result"] == "succeeded",
            every_s=self.policy["run_poll_s"],
            for_s=self.policy["action_timeout_s"],
        )
        if not ended or ended["state"] != "completed":
            reason = self.tell.say("run.timed_out", run_id=run["run_id"])
            return incidents.ACTION_FAILED, self.tell.say("note.action_failed", reason=reason)
        if ended["result"] != "succeeded":
            reason = self.tell.say("run.failed", run_id=run["run_id"], result=ended["result"])
            return incidents.ACTION_FAILED, self.tell.say("note.action_failed", reason=reason)
        return (yield from self._verify(ended))

    def _verify(self, run: Mapping[str, Any]) -> Steps:
        recovery = yield from self.saga.poll(
            "verify",
            "check_recovery",
            {"problem": self.problem, "service": self.service, "since": run["finished_at"]},
            until=lambda value: value["verdict"] == "recovered" and self._others_are_over(),
            every_s=self.policy["verification_poll_s"],
            for_s=self.policy["verification_timeout_s"],
        )
        if recovery and recovery["verdict"] == "recovered" and not self._others_are_over():
            recovery = {**recovery, "reason": "others_open", "verdict": "not_yet"}
        if recovery and recovery["verdict"] == "recovered":
            self.proof = self.tell.say("proof.recovered", **recovery)
            return incidents.RESOLVED, self.tell.say(
                "close.resolved", action=self.case["action_text"], proof=self.proof
            )
        self.proof = (
            self.tell.say(f"proof.{recovery['reason']}", **recovery)
            if recovery
            else self.tell.say("proof.state_unknown")
        )
        return incidents.UNVERIFIED, self.tell.say("note.unverified", reason=self.proof)

    def _others_are_over(self) -> bool:
        """Whether the problems that joined are over; the first one's proof is Dynatrace's own word."""
        self.late += self.hearing.hear()
        return self.hearing.others_resolved

    def _end(self, outcome: str, words: str) -> Steps:
        """Write the postmortem; tell incident, channel and warehouse how it ended."""
        assert self.incident is not None
        # From here on no further problem joins; those that were on their way are heard below.
        yield from self.saga.step("end_incident", "end_incident", {"outcome": outcome})
        yield from self._hear()
        outcome_text = self.tell.say(f"outcome.{outcome}")
        story = {
            "incident": self.incident,
            "outcome_text": outcome_text,
            "case": self.case,
            "missing": self.bundle["missing"],
            "decisions": self.decisions,
            "proof": self.proof,
            "steps": self.saga.steps,
        }
        document = {"text": postmortem.write(self.language, story)}
        written = yield from self.saga.step("write_postmortem", "write_postmortem", document)
        self.saga.link("postmortem", written["url"])
        told = f"{words}\n{self.tell.say('postmortem.link', url=written['url'])}"
        if outcome in incidents.CLOSING:
            closing = {"sys_id": self.incident["sys_id"], "close_notes": told}
            yield from self.saga.step("resolve_incident", "resolve_incident", closing)
        else:
            yield from self.tell.note("note_ended", told)
        self.saga.show(outcome=outcome)
        yield from self.tell.post(
            "announce_end",
            cards.ended_card(self.language, self.incident, outcome_text, words, people=self._people()),
        )
        yield from self._remember(outcome, words, written["url"])
        ending = {"outcome": outcome, "run_id": self.run_id, "postmortem_url": written["url"]}
        yield from self.tell.record(
            "record_closed", event_types.INCIDENT_CLOSED, {**ending, "closed_at": self.tell.now()}
        )
        return {
            **ending,
            "incident_number": self.incident["number"],
            "incident_sys_id": self.incident["sys_id"],
        }

    def _remember(self, outcome: str, words: str, link: str) -> Steps:
        """Let later incidents find this one; that it cannot be remembered now ends nothing."""
        assert self.incident is not None
        memory = {
            "number": self.incident["number"],
            "title": self.case["title"],
            "service": self.service["name"] if self.service else "",
            "cause": self.case["hypothesis"],
            "category": self.case["category"],
            "action_type": self.action_type,
            "helped": words,
            "outcome": outcome,
            "ended_at": self.tell.now(),
            "link": link,
            "people": self._people(),
        }
        yield from self.saga.attempt_all(
            {"remember_incident": ("remember_incident", memory)}, for_s=REMEMBER_FOR_S
        )

    def _people(self) -> list[str]:
        return [decision["person_name"] for decision in self.decisions]

    def tell_failure(self, failure: StepFailed) -> Steps:
        """A step cannot be done: say so wherever that still works, without failing again."""
        words = self.tell.say("outcome.failed", reason=f"{failure.step}: {failure.reason}")
        self.saga.show(outcome="failed")
        incident = self.incident or {"number": self.context.instance_id, "url": self.problem["url"]}
        card = cards.ended_card(self.language, incident, words, failure.reason)
        notices: dict[str, tuple[str, Mapping[str, Any]]] = {
            "announce_failure": ("post_card", {"card": card})
        }
        if self.incident:
            notices["note_failure"] = ("add_work_note", {"sys_id": self.incident["sys_id"], "text": words})
        yield from self.saga.attempt_all(notices)
