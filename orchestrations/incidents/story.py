"""What one run of remediate_problem knows so far: each phase reads it and adds what it found."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from durabletask import task

from orchestrations.incidents.acting import Acting, Done
from orchestrations.incidents.hearing import Hearing
from orchestrations.saga import Saga, Steps
from orchestrations.telling import Teller
from shared.domain.action.remediation import Proposal
from shared.domain.diagnosis import evidence
from shared.domain.incident import correlation, incidents
from shared.domain.incident.case import Case, people_of
from shared.domain.incident.causes import Suspect
from shared.domain.plain import plain

REQUESTER = "valueflow"
MOST_NOTED = 10
"""Problems of a storm that get a work note of their own."""


class Ending(NamedTuple):
    """outcome: of domain.incidents. words: that tell it to people."""

    outcome: str
    words: str


class Story:
    """Filled in as it goes: what has not happened yet is None or empty."""

    case: Case
    proposal: Proposal
    acting: Acting

    def __init__(self, context: task.OrchestrationContext, request: Mapping[str, Any]) -> None:
        self.context, self.request = context, request
        self.problem: Mapping[str, Any] = request["problem"]
        self.policy: Mapping[str, Any] = request["policy"]
        self.language: str = request["language"]
        self.saga = Saga(context, "remediate_problem", self.policy)
        self.tell = Teller(context, self.saga, self.language)
        self.hearing = Hearing(context, self.problem)
        self.unnoted: list[Mapping[str, Any]] = []
        self.service: Mapping[str, Any] | None = None
        self.bundle: evidence.Bundle = {"items": [], "missing": []}
        self.runs: Mapping[str, Any] | None = None
        self.diagnosis: Mapping[str, Any] = {}
        self.suspect: Suspect | None = None
        self.incident: Mapping[str, Any] | None = None
        self.detected_at = self.tell.now()
        self.opened_at = self.acknowledged_at = self.mitigated_at = ""
        self.approval: dict[str, Any] | None = None
        self.decisions: list[dict[str, Any]] = []
        self.earlier: list[dict[str, Any]] = []
        self.done: Done | None = None
        self.recovery: Mapping[str, Any] | None = None
        self.proof = self.undone = ""
        self.holds = 0

    def say(self, key: str, **values: object) -> str:
        return self.tell.say(key, **values)

    @property
    def fingerprint(self) -> str:
        return correlation.fingerprint(self.problem, self.service)

    @property
    def action_type(self) -> str:
        """Of what is proposed, "none" where nothing is."""
        return self.proposal["action"]["type"] if self.proposal["action"] else "none"

    @property
    def approval_url(self) -> str:
        return f"{self.request['public_url']}/api/approvals/{self.context.instance_id}"

    @property
    def people(self) -> list[str]:
        """Who decided."""
        return people_of(self.decisions)

    def listen(self) -> Steps:
        """Hear problems before there is an incident to note them in. Returns what `hear` returns."""
        yield from ()
        self.unnoted += self.hearing.hear()
        return incidents.SELF_RESOLVED if self.hearing.all_resolved else None

    def hear(self) -> Steps:
        """Note the problems that joined. Returns the outcome when all problems are over, else None."""
        heard, self.unnoted = [*self.unnoted, *self.hearing.hear()], []
        for told in heard:
            if len(self.hearing.joined) <= MOST_NOTED:
                reason = self.say(f"joined.{told['reason']}") if told["reason"] else ""
                about = {name: plain(told["problem"][name], 160) for name in ("display_id", "title")}
                note = self.say("note.joined", reason=reason, **about)
                yield from self.tell.note(f"note_joined_{told['identity']}", note)
        self.saga.show(joined=len(self.hearing.joined))
        return incidents.SELF_RESOLVED if self.hearing.all_resolved else None

    def others_are_over(self) -> bool:
        """Whether the problems that joined are over; the first one's proof is Dynatrace's own word."""
        self.unnoted += self.hearing.hear()
        return self.hearing.others_resolved
