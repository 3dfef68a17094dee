"""How people change what is proposed: an edit is a new proposal, with an approval and a time of its own.

Who edited counts as who asks for it, so that somebody else must allow it; what was said of the proposal before is
void. An edit that does not hold (the catalogue, live state or the policies are against it) leaves all as it was, and
the page and the incident say why.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from durabletask import task

from orchestrations.approving import audited, await_decision, reminders
from orchestrations.incidents.acting import PLAN_FOR_S, Acting
from orchestrations.saga import StepFailed, Steps
from shared.domain import approvals, cards, event_types
from shared.domain.action import editing, remediation
from shared.domain.action.action_texts import action_text
from shared.domain.action.remediation import Proposal
from shared.domain.incident.case import Case
from shared.domain.plain import plain


class Decided(NamedTuple):
    """What became of a question to people, and of which proposal.

    decided, decisions: as `await_decision` returns them, of the last proposal. case: as people read it by then.
    earlier: what was said of the proposals before it: edits, and approvals that they made void.
    """

    decided: str
    decisions: list[dict[str, Any]]
    proposal: Proposal
    approval: dict[str, Any]
    case: Case
    earlier: list[dict[str, Any]]


def editable(approval: Mapping[str, Any], proposal: Proposal) -> dict[str, Any]:
    """The approval, open to edits, with what may be proposed instead: to be shown before people are told."""
    return {**approval, "editable": True, "options": list(proposal.get("options") or [])}


def decide_with_edits(
    acting: Acting,
    proposal: Proposal,
    approval: dict[str, Any],
    case: Case,
    *,
    events: Callable[[], Mapping[str, task.Task[Any]]],
    hear: Callable[[str], Steps] | None = None,
    suffix: str = "",
) -> Steps:
    """Wait for people, as `await_decision` does; ask anew for every edit that holds. Returns Decided.

    approval: `editable`, shown and announced. suffix: of the steps' names, for a second action of one operation.
    """
    edits, for_s = _Edits(acting, suffix), acting.policy["approval_timeout_s"]
    earlier: list[dict[str, Any]] = []
    while True:
        decided, decisions = yield from await_decision(
            acting.context,
            acting.saga,
            f"await_decision{edits.suffix}",
            approval,
            for_s=for_s,
            events=events,
            hear=hear,
            notices=reminders(
                acting.tell,
                case["action_text"],
                _url(acting),
                sign_for=acting.context.instance_id,
                for_s=for_s,
                suffix=edits.suffix,
            ),
            edit=edits.judge(proposal, approval),
        )
        if decided != approvals.EDIT:
            return Decided(decided, decisions, proposal, approval, case, earlier)
        earlier += decisions
        proposal, approval, case = yield from edits.ask_anew(approval, case, decisions)


class _Edits:
    """The edits of one question to people, counted over all its proposals. revised: the one that held last."""

    revised: Proposal

    def __init__(self, acting: Acting, suffix: str) -> None:
        self.acting, self.first_suffix = acting, suffix
        self.tries = self.held = 0

    @property
    def suffix(self) -> str:
        """Of the steps about the present proposal."""
        return self.first_suffix + (f"_edited_{self.held}" if self.held else "")

    def judge(self, proposal: Proposal, approval: dict[str, Any]) -> Callable[[Mapping[str, Any]], Steps]:
        """Whether an edit of this proposal holds, as `await_decision` asks it."""

        def judged(decision: Mapping[str, Any]) -> Steps:
            self.tries += 1
            self.revised = yield from self._plan(proposal, approval, decision)
            if self.revised["action"] is not None:
                self.held += 1
                return True
            by, reason = plain(decision["person_name"], 80), self.revised["reason"]
            approval.update(editable=self._may_edit(), edit_refused={"by": by, "reason": reason})
            self.acting.saga.show(approval=approval)
            why = self.acting.tell.say(f"handed_over.{reason}")
            text = self.acting.tell.say("note.edit_refused", people=by, reason=why)
            yield from self.acting.tell.note(f"note_edit_refused{self.first_suffix}_{self.tries}", text)
            return False

        return judged

    def ask_anew(self, approval: Mapping[str, Any], case: Case, decisions: list[dict[str, Any]]) -> Steps:
        """Show the edited proposal, and tell everybody. Returns it with its approval and case."""
        acting, edit, action = self.acting, decisions[-1], self.revised["action"]
        assert action is not None
        before = [approval["action"], *approval.get("options", [])]
        proposal: Proposal = {**self.revised, "options": editing.alternatives(before, action)}
        by, text = plain(edit["person_name"], 80), action_text(acting.tell.language, action)
        anew = editable(acting.approval(proposal, edit["person_id"]), proposal)
        anew |= {"editable": self._may_edit(), "edited_by": by, "edited_from": approval["action_hash"]}
        case_anew: Case = {**case, "action_text": text, "risk": proposal["risk"]}
        acting.saga.show(approval=anew, case=case_anew)
        if "action" in acting.tell.about:
            acting.tell.about["action"] = action["type"]
        audit = audited(approval, approvals.EDIT, decisions) | {"edited_to": anew["action_hash"]}
        yield from acting.tell.record(f"record{self.suffix}", event_types.APPROVAL_DECIDED, audit)
        said = {"people": by, "before": case["action_text"], "after": text}
        note = acting.tell.say("note.edited", comment=plain(edit["comment"]), **said)
        yield from acting.tell.note(f"note{self.suffix}", note)
        facts = [
            {"title": acting.tell.say("card.action"), "value": text},
            {
                "title": acting.tell.say("card.risk"),
                "value": acting.tell.say(f"risk.{proposal['risk']}"),
            },
        ]
        words, links = acting.tell.say("approval.edit", **said), [("card.open_approval", _url(acting))]
        card = cards.notice_card(acting.tell.language, words, facts, links, [by])
        yield from acting.tell.post(f"announce{self.suffix}", card, sign_for=acting.context.instance_id)
        return proposal, anew, case_anew

    def _plan(self, proposal: Proposal, approval: Mapping[str, Any], decision: Mapping[str, Any]) -> Steps:
        """The Proposal of the edited action, or none and why."""
        action = decision["action"]
        if approvals.action_hash(action) == approval["action_hash"]:
            return remediation.nothing("same_action")
        asked = {
            "service": approval["action"]["service"],
            "action": action,
            "confidence": proposal.get("confidence", 0.0),
            "migration": proposal.get("migration", False),
            "fingerprint": self.acting.fingerprint,
        }
        name = f"plan_edited{self.first_suffix}_{self.tries}"
        try:
            return (yield from self.acting.saga.step(name, "plan_edited", asked, for_s=PLAN_FOR_S))
        except StepFailed:
            return remediation.nothing("state_unknown")

    def _may_edit(self) -> bool:
        return self.held < editing.MOST_EDITS and self.tries < editing.MOST_TRIES


def _url(acting: Acting) -> str:
    return f"{acting.public_url}/api/approvals/{acting.context.instance_id}"
