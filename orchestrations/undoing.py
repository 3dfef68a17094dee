"""How a saga that cannot end well ends: everything undone, people told; what resists is escalated, never swallowed."""

from typing import Any, NamedTuple

from orchestrations.approving import Refused
from orchestrations.saga import SETTLED, Saga, StepFailed, Steps, Stopped
from orchestrations.telling import Teller
from shared.domain import cards, event_types
from shared.domain.service import provisioning
from shared.texts import say_or

NOTICES_FOR_S = 900
"""How long an end is tried to be told, in seconds."""

_MADE = ("repository", "pipeline", "run", "approval")
"""Links to what is undone by the end."""


class Words(NamedTuple):
    """How an end is told: by the texts `<texts>.<outcome>`, and as a fact of this type."""

    texts: str
    event: str


NOT_MADE = Words("undone", event_types.SERVICE_NOT_PROVISIONED)
NOT_ENDED = Words("kept", event_types.SERVICE_NOT_DECOMMISSIONED)


def undo_all(
    saga: Saga,
    tell: Teller,
    end: StepFailed | Stopped | Refused,
    *,
    about: str,
    words: Words,
) -> Steps:
    """Compensate, tell, and end: as data where people wanted it so, else by raising StepFailed.

    about: the service's name.
    """
    wanted = _wanted(end)
    reason = _why(saga, tell, end)
    saga.show(undoing=True)
    done = yield from saga.compensate()
    if done:
        saga.unlink(_MADE)
    yield from conclude(saga, tell, words, done=done, about=about, reason=reason, outcome=wanted)
    if not done:
        raise failure_of(saga)
    if wanted == provisioning.COMPENSATED:
        assert isinstance(end, StepFailed)
        raise end
    return {"outcome": wanted, "service": about}


def conclude(
    saga: Saga,
    tell: Teller,
    words: Words,
    *,
    done: bool,
    about: str,
    reason: str,
    outcome: str,
) -> Steps:
    """Show the outcome and tell it; a compensation that failed becomes a ServiceNow incident, one per operation."""
    outcome = outcome if done else provisioning.COMPENSATION_FAILED
    saga.show(outcome=outcome)
    sentence = tell.say(f"{words.texts}.{outcome}", service=about, reason=reason)
    notices: dict[str, tuple[str, dict[str, Any]]] = {
        "announce_end": (
            "post_card",
            {"card": cards.notice_card(tell.language, sentence, [], []), "sign_for": ""},
        ),
        "record_end": tell.fact(words.event, {"outcome": outcome}),
    }
    if not done:
        operation_id = tell.about["operation_id"]
        notices["escalate"] = (
            "open_incident",
            {
                "correlation_id": f"{operation_id}/compensation",
                "short_description": tell.say("undone.incident", service=about),
                "description": remains(saga, tell),
                "impact": "2",
                "urgency": "2",
                "cmdb_ci": "",
            },
        )
    told = yield from saga.attempt_all(notices, for_s=NOTICES_FOR_S, once={"announce_end"})
    escalated = told.get("escalate", {})
    if escalated.get("status") == "done":
        saga.show(escalation=escalated["value"])
        saga.link("incident", escalated["value"]["url"])


def remains(saga: Saga, tell: Teller) -> str:
    """What is left of the operation, for who must mend it."""
    left = [
        f"{each['name']}: {each.get('detail', '')}"
        for each in saga.compensations
        if each["state"] not in SETTLED
    ]
    return tell.say("undone.incident_text", operation=tell.about["operation_id"], left="\n".join(left))


def failure_of(saga: Saga) -> StepFailed:
    """The compensation that failed, to end with."""
    failed = next(each for each in saga.compensations if each["state"] == "failed")
    return StepFailed(failed["name"], failed.get("detail", ""))


def _why(saga: Saga, tell: Teller, end: StepFailed | Stopped | Refused) -> str:
    """What people are told: the step and its reason, or who cancelled and why."""
    cancelled = saga.cancelled
    if not isinstance(end, StepFailed) and cancelled is not None and cancelled.is_complete:
        said = cancelled.get_result()
        return " ".join(filter(None, (said.get("by", ""), said.get("reason", ""))))
    if isinstance(end, StepFailed):
        return f"{say_or(end.step, tell.language, f'do.{end.step}')}: {end.reason}"
    return str(end)


def _wanted(end: StepFailed | Stopped | Refused) -> str:
    if isinstance(end, Refused):
        return end.decided
    return provisioning.CANCELLED if isinstance(end, Stopped) else provisioning.COMPENSATED
