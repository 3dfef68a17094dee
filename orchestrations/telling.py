"""How an operation tells what happens: work notes in its incident, cards in the channel, facts on the event topic."""

from collections.abc import Mapping
from typing import Any

from durabletask import task

from orchestrations.saga import Saga, StepFailed, Steps
from shared.domain.cards import Card
from shared.texts import say

NOTICE_FOR_S = 60
"""How long a notice may hold an operation up."""


class Teller:
    """Tells in one language. `about` is in every fact; `incident` is None until there is one."""

    def __init__(self, context: task.OrchestrationContext, saga: Saga, language: str) -> None:
        self._context, self._saga, self.language = context, saga, language
        self.incident: Mapping[str, Any] | None = None
        self.about: dict[str, Any] = {"operation_id": context.instance_id}

    def say(self, key: str, **values: object) -> str:
        return say(self.language, key, **values)

    def note(self, name: str, text: str) -> Steps:
        """Write a work note, once."""
        assert self.incident is not None
        return (
            yield from self._saga.step(
                name, "add_work_note", {"sys_id": self.incident["sys_id"], "text": text}
            )
        )

    def post(self, name: str, card: Card, *, sign_for: str = "", valid_for_s: float | None = None) -> Steps:
        """Post a card, or say in the incident, where there is one, that it may not have arrived.

        Never twice, never for long. valid_for_s: how long a signed link holds, where it is not the usual time.
        """
        try:
            payload: dict[str, Any] = {"card": card, "sign_for": sign_for}
            if valid_for_s is not None:
                payload["valid_for_s"] = valid_for_s
            yield from self._saga.step(name, "post_card", payload, for_s=NOTICE_FOR_S, repeatable=False)
        except StepFailed as failure:
            if self.incident is not None:
                yield from self.note(f"note_{name}", self.say("note.card_unknown", reason=failure.reason))

    def record(self, name: str, type_: str, data: Mapping[str, Any]) -> Steps:
        """Say a fact on the event topic: for the archive, the warehouse and whoever audits."""
        activity, payload = self.fact(type_, data)
        return (yield from self._saga.step(name, activity, payload))

    def fact(self, type_: str, data: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The activity that says a fact, and its payload."""
        return "publish_event", {
            "type": type_,
            "subject": self._context.instance_id,
            "data": {**self.about, **data},
            "time": self.now(),
        }

    def now(self) -> str:
        """The orchestration's time, which a replay sees again. ISO 8601, UTC."""
        return self._context.current_utc_datetime.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
