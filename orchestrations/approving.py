"""How an operation waits for people: one approval of one typed action, decided, expired, or overtaken by events.

The approval is published as the operation's `approval`, which GET /api/approvals/{id} shows; decisions come as the
external event `decision`, sent by functions/approvals.py.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from durabletask import task

from orchestrations.saga import Saga, Steps
from orchestrations.telling import Teller
from shared.domain import approvals, cards, event_types
from shared.domain.provisioning import CANCELLED

DECISION = "decision"
EXPIRED = "expired"


class Refused(Exception):
    """People said no, or nobody said yes in time. decided: approvals.REFUSE, EXPIRED or CANCELLED."""

    def __init__(self, decided: str) -> None:
        super().__init__(decided)
        self.decided = decided


def new_approval(
    context: task.OrchestrationContext,
    action: Mapping[str, Any],
    *,
    risk: str,
    requested_by: str,
    for_s: float,
) -> dict[str, Any]:
    """What a person is asked to allow, as functions.models.Approval describes it."""
    expires_at = context.current_utc_datetime + timedelta(seconds=for_s)
    return {
        "action": action,
        "action_hash": approvals.action_hash(action),
        "risk": risk,
        "requested_by": requested_by,
        "approvers_needed": approvals.approvers_needed(risk),
        "approved_by": [],
        "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "state": "waiting",
    }


def await_decision(
    context: task.OrchestrationContext,
    saga: Saga,
    step: str,
    approval: dict[str, Any] | None,
    *,
    for_s: float,
    events: Callable[[], Mapping[str, task.Task[Any]]],
    hear: Callable[[str], Steps] | None = None,
) -> Steps:
    """Wait for people, for an event that overtakes them, or for the time to run out.

    approval: None where there is nothing to decide and only the events are waited for.
    events: those to watch, asked anew before each wait. hear: what an event decides, None to go on waiting; without
    it every event is a decision of its name.
    Returns (approvals.APPROVE, approvals.REFUSE, EXPIRED or what an event decided; the decisions that counted).
    """
    waiting = saga.begin_wait(step)
    expiry = context.create_timer(timedelta(seconds=for_s))
    decision = context.wait_for_external_event(DECISION) if approval else None
    decisions: list[dict[str, Any]] = []
    decided: str | None = None
    while decided is None:
        watched = dict(events())
        tasks = [expiry, *watched.values(), *([decision] if decision else [])]
        first = yield task.when_any(tasks)
        if first is expiry:
            decided = EXPIRED
        elif approval and first is decision:
            decided = _weigh(saga, approval, decisions, decision.get_result())
            decision = context.wait_for_external_event(DECISION) if decided is None else decision
        else:
            name = next(name for name, event in watched.items() if event is first)
            decided = (yield from hear(name)) if hear else name
    if approval:
        saga.show(approval={**approval, "state": decided})
    saga.end_wait(waiting, decided)
    return decided, decisions


def _weigh(
    saga: Saga, approval: dict[str, Any], decisions: list[dict[str, Any]], decision: Mapping[str, Any]
) -> str | None:
    """Count a decision. Returns what is decided by now, None while more people are needed."""
    if approvals.objection(approval, decision) is not None:
        return None
    decisions.append(dict(decision))
    approval["approved_by"] = [each["person_id"] for each in decisions]
    saga.show(approval=approval)
    return approvals.verdict(approval, decisions)


def ask(
    context: task.OrchestrationContext,
    saga: Saga,
    tell: Teller,
    request: Mapping[str, Any],
    action: Mapping[str, Any],
    case: Mapping[str, Any],
    *,
    risk: str,
) -> Steps:
    """Let people allow exactly this action, which somebody asked for. Raises: Refused, StepFailed.

    request: the orchestration's input ("requested_by", "policy", "public_url"). case: what people read on the card.
    """
    for_s = request["policy"]["approval_timeout_s"]
    by = request["requested_by"]["id"]
    approval = new_approval(context, action, risk=risk, requested_by=by, for_s=for_s)
    url = f"{request['public_url']}/api/approvals/{context.instance_id}"
    saga.show(approval=approval)
    saga.link("approval", url)
    card = cards.notice_card(tell.language, case["title"], case["facts"], [("card.open_approval", url)])
    yield from tell.post("ask", card, sign_for=context.instance_id)
    assert saga.cancelled is not None
    events = {CANCELLED: saga.cancelled}
    decided, decisions = yield from await_decision(
        context, saga, "await_decision", approval, for_s=for_s, events=lambda: events
    )
    if decisions:
        audit = audited(approval, decided, decisions)
        yield from tell.record("record_decision", event_types.APPROVAL_DECIDED, audit)
    if decided != approvals.APPROVE:
        raise Refused(decided)


def audited(approval: Mapping[str, Any], decided: str, decisions: list[dict[str, Any]]) -> dict[str, Any]:
    """The audit trail's data: who said what when, bound to the action."""
    said = [{name: decision[name] for name in ("decision", "person_id", "at")} for decision in decisions]
    return {"action_hash": approval["action_hash"], "decided": decided, "decisions": said}
