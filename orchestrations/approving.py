"""How an operation waits for people: one approval of one typed action, decided, expired, or overtaken by events.

The approval is published as the operation's `approval`, which GET /api/approvals/{id} shows; decisions come as the
external event `decision`, sent by functions/operations/approvals.py.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from durabletask import task

from orchestrations.saga import Saga, Steps
from orchestrations.telling import Teller
from shared.domain import approvals, cards, event_types
from shared.domain.plain import plain
from shared.domain.service.provisioning import CANCELLED

DECISION = "decision"
EXPIRED = "expired"
REMIND_AT, ESCALATE_AT = 0.5, 0.8
"""Shares of an approval's time."""


class Notice(NamedTuple):
    """Said once the pause after the one before has passed."""

    pause: timedelta
    say: Callable[[], Steps]


class Names(NamedTuple):
    """What the steps of a question are called. suffix: ends those of its reminders and of its answer."""

    ask: str = "ask"
    wait: str = "await_decision"
    record: str = "record_decision"
    suffix: str = ""


_USUAL = Names()


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
    """What a person is asked to allow, as functions.models.operations.Approval describes it."""
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
    notices: Sequence[Notice] = (),
    edit: Callable[[Mapping[str, Any]], Steps] | None = None,
) -> Steps:
    """Wait for people, for an event that overtakes them, or for the time to run out.

    approval: None where there is nothing to decide and only the events are waited for.
    events: those to watch, asked anew before each wait. hear: what an event decides, None to go on waiting; without
    it every event is a decision of its name. notices: what is said while nobody decides.
    edit: whether an edit that counts (an approvals.Decision) holds; one that does not leaves all as it was.
    Returns (approvals.APPROVE, REFUSE, EDIT, EXPIRED or what an event decided; the decisions that counted, an edit
    last).
    """
    waiting = saga.begin_wait(step)
    expiry = context.create_timer(timedelta(seconds=for_s))
    decision = context.wait_for_external_event(DECISION) if approval else None
    decisions: list[dict[str, Any]] = []
    decided: str | None = None
    due = list(notices)
    timer = _timer_of(context, due)
    while decided is None:
        watched = dict(events())
        tasks = [expiry, *watched.values(), *(each for each in (decision, timer) if each)]
        first = yield task.when_any(tasks)
        if first is expiry:
            decided = EXPIRED
        elif timer and first is timer:
            yield from due.pop(0).say()
            timer = _timer_of(context, due)
        elif approval and first is decision:
            decided = _weigh(saga, approval, decisions, decision.get_result())
            if decided is not None:
                decided = yield from _hear_out(context, saga, approval, decisions, decided, edit)
            decision = context.wait_for_external_event(DECISION)
        else:
            name = next(name for name, event in watched.items() if event is first)
            decided = (yield from hear(name)) if hear else name
    if decision:
        decision.cancel()
    if approval:
        saga.show(approval={**approval, "state": decided})
    saga.end_wait(waiting, decided)
    return decided, decisions


def _timer_of(context: task.OrchestrationContext, due: Sequence[Notice]) -> task.Task[Any] | None:
    return context.create_timer(due[0].pause) if due else None


def reminders(
    tell: Teller, title: str, url: str, *, sign_for: str, for_s: float, suffix: str = ""
) -> list[Notice]:
    """A card when half of the time has passed, and one that escalates when little of it is left.

    suffix: of the steps' names, for a second approval of the same operation.
    """

    def card(name: str) -> Steps:
        told = cards.notice_card(
            tell.language, tell.say(f"approval.{name}", title=title), [], [("card.open_approval", url)]
        )
        return (yield from tell.post(f"{name}{suffix}", told, sign_for=sign_for))

    half, rest = for_s * REMIND_AT, for_s * (ESCALATE_AT - REMIND_AT)
    return [
        Notice(timedelta(seconds=half), lambda: card("remind")),
        Notice(timedelta(seconds=rest), lambda: card("escalate")),
    ]


def tell_decided(
    tell: Teller, title: str, decided: str, decisions: Sequence[Mapping[str, Any]], *, suffix: str = ""
) -> Steps:
    """Tell everybody who saw the question what became of it. suffix: as in `reminders`."""
    people = [plain(each["person_name"], 80) for each in decisions]
    words = tell.say(f"approval.{decided}", title=title, people=", ".join(people))
    card = cards.notice_card(tell.language, words, [], [], people)
    yield from tell.post(f"announce_decision{suffix}", card)


def _weigh(
    saga: Saga, approval: dict[str, Any], decisions: list[dict[str, Any]], decision: Mapping[str, Any]
) -> str | None:
    """Count a decision, unless it says once more what its person said. Returns what is decided by now, or None."""
    if approvals.objection(approval, decision) is None and not approvals.repeats(decisions, decision):
        decisions.append(dict(decision))
        approval["approved_by"] = approvals.approvers(decisions)
        saga.show(approval=approval)
    return approvals.verdict(approval, decisions)


def _hear_out(
    context: task.OrchestrationContext,
    saga: Saga,
    approval: dict[str, Any],
    decisions: list[dict[str, Any]],
    decided: str | None,
    edit: Callable[[Mapping[str, Any]], Steps] | None,
) -> Steps:
    """What else was said at the same moment: a refusal outweighs all, an edit that holds outweighs approvals.

    Returns what is decided by then, or None.
    """
    while decided in (approvals.APPROVE, approvals.EDIT):
        if decided == approvals.EDIT:
            if edit and (yield from edit(decisions[-1])):
                break
            decisions.pop()
            decided = approvals.verdict(approval, decisions)
            continue
        decision = context.wait_for_external_event(DECISION)
        moment = context.create_timer(timedelta(0))
        first = yield task.when_any([decision, moment])
        if first is moment:
            decision.cancel()
            break
        decided = _weigh(saga, approval, decisions, decision.get_result())
    return decided


def ask_people(
    context: task.OrchestrationContext,
    saga: Saga,
    tell: Teller,
    approval: dict[str, Any],
    *,
    title: str,
    card: cards.Card,
    url: str,
    for_s: float,
    events: Callable[[], Mapping[str, task.Task[Any]]],
    hear: Callable[[str], Steps] | None = None,
    names: Names = _USUAL,
) -> Steps:
    """Ask, remind, say to all who saw the question what became of it, and keep who said what.

    title: of the question, as reminders and the answer say it. url: of the approval's page. events, hear: as
    `await_decision` takes them; what overtakes people is for the caller to tell. Returns what `await_decision` does.
    """
    saga.show(approval=approval)
    saga.link("approval", url)
    yield from tell.post(names.ask, card, sign_for=context.instance_id)
    decided, decisions = yield from await_decision(
        context,
        saga,
        names.wait,
        approval,
        for_s=for_s,
        events=events,
        hear=hear,
        notices=reminders(tell, title, url, sign_for=context.instance_id, for_s=for_s, suffix=names.suffix),
    )
    if decided in (approvals.APPROVE, approvals.REFUSE, EXPIRED):
        yield from tell_decided(tell, title, decided, decisions, suffix=names.suffix)
    if decisions:
        audit = audited(approval, decided, decisions)
        yield from tell.record(names.record, event_types.APPROVAL_DECIDED, audit)
    return decided, decisions


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
    assert saga.cancelled is not None
    events = {CANCELLED: saga.cancelled}
    decided, _ = yield from ask_people(
        context,
        saga,
        tell,
        approval,
        title=case["title"],
        card=cards.notice_card(tell.language, case["title"], case["facts"], [("card.open_approval", url)]),
        url=url,
        for_s=for_s,
        events=lambda: events,
    )
    if decided != approvals.APPROVE:
        raise Refused(decided)


def audited(approval: Mapping[str, Any], decided: str, decisions: list[dict[str, Any]]) -> dict[str, Any]:
    """The audit trail's data: who said what when, bound to the action."""
    said = [{name: decision[name] for name in ("decision", "person_id", "at")} for decision in decisions]
    return {"action_hash": approval["action_hash"], "decided": decided, "decisions": said}
