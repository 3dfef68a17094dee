"""follow_up_incident: what should follow an incident is shown to people, made once they allow it, told in the incident.

Started by functions/incidents/follow_ups.py, which `begin` below has called, with the instance id
`follow-up-<incident's>`.
Input: {"plan": domain.follow_ups.Plan, "incident": {"sys_id", "number", "url"}, "service": name,
"language", "policy" with "follow_up_timeout_s", "postmortem_url", "public_url"}. External event: `decision`.
Outcomes: "created", "partly_created", "not_created", "refused", "expired". What is made depends on nothing else that is
made: it is done side by side, nothing is undone, and what could not be made is told.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import azure.durable_functions as df
from durabletask import task

from orchestrations.approving import EXPIRED, audited, await_decision, new_approval, tell_decided
from orchestrations.saga import Saga, StepFailed, Steps
from orchestrations.telling import Teller
from shared.domain import approvals, cards, event_types
from shared.domain.incident import incidents
from shared.domain.incident.case import comments, people_of
from shared.domain.incident.follow_ups import ALERT, CREATE_FOLLOW_UPS, Plan, Suggestion
from shared.domain.plain import plain

bp = df.Blueprint()

REQUESTER = "valueflow"
RISK = "low"
CREATED, PARTLY_CREATED, NOT_CREATED = "created", "partly_created", "not_created"
BEGIN_FOR_S = 300


def begin(
    saga: Saga,
    plan: Plan,
    incident: Mapping[str, Any],
    service: str,
    language: str,
    postmortem_url: str,
) -> Steps:
    """Have follow_up_incident started, once, for the incident this saga is about; that it cannot be ends nothing.

    Returns the id of the operation, "" where there is nothing to follow up, or it could not be started.
    """
    if not plan["items"]:
        return ""
    asked = {
        "plan": plan,
        "incident": {name: incident[name] for name in ("sys_id", "number", "url")},
        "service": service,
        "language": language,
        "postmortem_url": postmortem_url,
    }
    name = "start_follow_up"
    outcomes = yield from saga.attempt_all({name: (name, asked)}, for_s=BEGIN_FOR_S)
    if outcomes[name]["status"] != "done":
        return ""
    return outcomes[name]["value"]["operation_id"]


@bp.orchestration_trigger(context_name="context")
def follow_up_incident(context: task.OrchestrationContext, request: dict):  # type: ignore[no-untyped-def, type-arg]
    """Ask, create, tell."""
    flow = _FollowUp(context, request)
    decided, decisions = yield from flow.ask()
    if decided == approvals.APPROVE:
        return (yield from flow.create(decisions))
    return (yield from flow.leave(decided, decisions))


class _FollowUp:
    """One run of follow_up_incident."""

    def __init__(self, context: task.OrchestrationContext, request: Mapping[str, Any]) -> None:
        self.context, self.request = context, request
        self.policy: Mapping[str, Any] = request["policy"]
        self.items: Sequence[Suggestion] = request["plan"]["items"]
        self.saga = Saga(context, "follow_up_incident", self.policy)
        self.tell = Teller(context, self.saga, request["language"])
        self.tell.incident = incident = request["incident"]
        self.tell.about |= {
            "incident_number": incident["number"],
            "service": request["service"],
            "action": CREATE_FOLLOW_UPS,
        }
        action = {
            "type": CREATE_FOLLOW_UPS,
            "incident": incident["number"],
            "incident_url": incident["url"],
            "postmortem_url": request["postmortem_url"],
            "about": request["plan"]["about"],
            "items": list(self.items),
        }
        self.approval = new_approval(
            context, action, risk=RISK, requested_by=REQUESTER, for_s=self.policy["follow_up_timeout_s"]
        )
        named = {"number": plain(incident["number"], 40), "count": len(self.items)}
        self.title = self.tell.say("follow_up.title", service=request["service"], **named)
        self.action_text = self.tell.say("follow_up.action", **named)

    def ask(self) -> Steps:
        """Returns (what was decided, the decisions). Nobody is reminded: nothing burns any more."""
        facts = [{"title": self._kind(item), "value": item["title"]} for item in self.items]
        url = f"{self.request['public_url']}/api/approvals/{self.context.instance_id}"
        self.saga.show(
            case={
                "title": self.title,
                "service": self.request["service"],
                "action_text": self.action_text,
                "facts": facts,
            },
            approval=self.approval,
        )
        for name, address in (
            ("incident", self.request["incident"]["url"]),
            ("postmortem", self.request["postmortem_url"]),
            ("approval", url),
        ):
            self.saga.link(name, address)
        card = cards.notice_card(self.tell.language, self.title, facts, [("card.open_approval", url)])
        with suppress(StepFailed):  # the approval stands without its card, and without a note on that
            yield from self.tell.post(
                "ask_follow_ups",
                card,
                sign_for=self.context.instance_id,
                valid_for_s=self.policy["follow_up_timeout_s"],
            )
        decided, decisions = yield from await_decision(
            self.context,
            self.saga,
            "await_decision",
            self.approval,
            for_s=self.policy["follow_up_timeout_s"],
            events=dict,
        )
        if decisions:
            audit = audited(self.approval, decided, decisions)
            yield from self.tell.record("record_decision", event_types.APPROVAL_DECIDED, audit)
            with suppress(StepFailed):
                yield from tell_decided(self.tell, self.action_text, decided, decisions)
        return decided, decisions

    def create(self, decisions: Sequence[Mapping[str, Any]]) -> Steps:
        """Make what was approved, side by side; tell the incident once what there is now, and what is missing."""
        bound = {"action": self.approval["action"], "action_hash": self.approval["action_hash"]}
        activities = ["create_alert" if item["kind"] == ALERT else "create_work_item" for item in self.items]
        names = [f"{activity}_{number}" for number, activity in enumerate(activities, start=1)]
        asked = {
            name: (activity, {**bound, "item": item["key"], "language": self.tell.language})
            for name, activity, item in zip(names, activities, self.items, strict=True)
        }
        outcomes = yield from self.saga.attempt_all(asked, for_s=self.policy["retry_for_s"])
        told = [(item, outcomes[name]) for name, item in zip(names, self.items, strict=True)]
        made = [item["key"] for item, each in told if each["status"] == "done"]
        outcome = CREATED if len(made) == len(told) else PARTLY_CREATED if made else NOT_CREATED
        self.saga.show(outcome=outcome)
        for number, (_, each) in enumerate(told, start=1):
            if each["status"] == "done" and each["value"].get("url"):
                self.saga.link(f"work_item_{number}", each["value"]["url"])
        who = ", ".join(people_of(decisions))
        listed = "\n".join(self._made(item, each) for item, each in told)
        yield from self._note(self.tell.say("note.follow_ups", people=who, listed=listed))
        return {"outcome": outcome, "made": made}

    def leave(self, decided: str, decisions: Sequence[Mapping[str, Any]]) -> Steps:
        """Nobody allowed it: nothing is made, and the incident says so."""
        outcome = incidents.EXPIRED if decided == EXPIRED else incidents.REFUSED
        self.saga.show(outcome=outcome)
        words = (
            self.tell.say("note.follow_ups_expired", expires_at=self.approval["expires_at"])
            if outcome == incidents.EXPIRED
            else self.tell.say(
                "note.follow_ups_refused", people=", ".join(people_of(decisions)), comment=comments(decisions)
            ).rstrip()
        )
        yield from self._note(words)
        return {"outcome": outcome, "made": []}

    def _note(self, text: str) -> Steps:
        """An incident that was closed for good takes no note: that undoes nothing."""
        with suppress(StepFailed):
            yield from self.tell.note("note_follow_ups", text)

    def _made(self, item: Suggestion, outcome: Mapping[str, Any]) -> str:
        said = {"kind": self._kind(item), "title": item["title"]}
        if outcome["status"] != "done":
            return self.tell.say("follow_up.not_made", reason=plain(outcome["reason"], 200), **said)
        url = outcome["value"].get("url", "")
        return self.tell.say("follow_up.made" if url else "follow_up.made_alert", url=url, **said)

    def _kind(self, item: Suggestion) -> str:
        return self.tell.say(f"follow_up.{item['kind']}")
