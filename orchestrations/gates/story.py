"""What one run of evaluate_gate knows so far, and how it tells it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from durabletask import task

from orchestrations.saga import Saga, StepFailed, Steps
from orchestrations.telling import NOTICE_FOR_S, Teller
from shared.domain import cards, event_types


class GateTeller(Teller):
    """Notes go into the deployment's change record, where it has one; where they cannot, they hold a gate up once."""

    change_number = ""
    _is_away = False

    def note(self, name: str, text: str) -> Steps:
        if not self.change_number:
            return
        asked = {"number": self.change_number, "text": text}
        try:
            for_s = 0 if self._is_away else NOTICE_FOR_S
            yield from self._saga.step(name, "note_change", asked, for_s=for_s)
        except StepFailed:
            self._is_away = True


class GateStory:
    """result: shared.domain.gate.gate_results; filled in once the verdict is there."""

    result: dict[str, Any]

    def __init__(self, context: task.OrchestrationContext, request: Mapping[str, Any]) -> None:
        self.context, self.request = context, request
        self.asked: Mapping[str, Any] = request["asked"]
        self.service: Mapping[str, Any] = request["service"]
        self.rules: Mapping[str, Any] = request["rules"]
        self.policy: Mapping[str, Any] = request["policy"]
        self.language: str = request["language"]
        self.saga = Saga(context, "evaluate_gate", self.policy)
        self.tell = GateTeller(context, self.saga, self.language)
        self.tell.change_number = self.asked["change_number"] or ""
        self.saga.show(case={"title": self._title(), "service": self.service["name"], "facts": []})

    @property
    def url(self) -> str:
        return f"{self.request['public_url']}/api/quality-gates/{self.context.instance_id}"

    @property
    def now(self) -> datetime:
        """The orchestration's time, aware: durabletask may give it without a zone."""
        now = self.context.current_utc_datetime
        return now if now.tzinfo else now.replace(tzinfo=UTC)

    @property
    def fingerprint(self) -> str:
        """Of the cap on repeats: a version is taken back once or twice, not for ever."""
        return f"gate/{self.service['name']}/{self.asked['environment']}/{self.asked['version']}"

    def measuring(self, from_ms: int, until_ms: int | None) -> dict[str, Any]:
        """What `measure_gate` takes. until_ms: None for a window that ends when it is looked at."""
        return {
            "service": {name: self.service[name] for name in ("name", "dynatrace")},
            "environment": self.asked["environment"],
            "version": self.asked["version"],
            "rules": self.rules,
            "from_ms": from_ms,
            "until_ms": until_ms,
            "length_ms": self.asked["until_ms"] - self.asked["from_ms"],
            "deployed_ms": self.asked["from_ms"],
        }

    def record(self, step: str) -> Steps:
        """Say the verdict on the event topic: a domain.deliveries.GateDecided. Said again, it corrects the first."""
        rollback = self.result["rollback"]
        names = (
            "service",
            "environment",
            "version",
            "commit",
            "deployment_id",
            "verdict",
            "score",
            "decided_at",
        )
        fact = {
            "gate_id": self.context.instance_id,
            **{name: self.result[name] for name in names},
            "rollback": self.context.instance_id if rollback and rollback["done"] else None,
        }
        yield from self.tell.record(step, event_types.GATE_DECIDED, fact)

    def tell_failure(self, failure: StepFailed) -> Steps:
        """A step cannot be done: say so wherever that still works, without failing again."""
        if self.asked["dry_run"]:
            return
        words = self.tell.say("outcome.failed", reason=f"{failure.step}: {failure.reason}")
        card = cards.notice_card(
            self.language, f"{self._title()}: {words}", [], [("card.open_gate", self.url)]
        )
        notices: dict[str, tuple[str, Mapping[str, Any]]] = {
            "announce_failure": ("post_card", {"card": card})
        }
        if self.tell.change_number:
            asked = {"number": self.tell.change_number, "text": f"{self._title()}: {words}"}
            notices["note_failure"] = ("note_change", asked)
        yield from self.saga.attempt_all(notices)

    def _title(self) -> str:
        return f"{self.service['name']} {self.asked['version']} ({self.asked['environment']})"
