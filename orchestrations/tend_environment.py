"""tend_environment: one thing that is due for an environment: announce its end, stop, start or destroy it, tell that
it was extended.

Started by functions/services/tending.py with the instance id
`environment-<service>-<environment>-<action>-<when it was due>`,
once the registry holds the action as under way. Input:
{"service", "environment", "action", "policy", "language", "public_url"}.
Outcomes: announced, extended, stopped, started, destroyed; "left" when the registry, looked at once more, says that it
is not to be done any more. Failed when it could not be done: the registry says so, and it is due again a day later.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import azure.durable_functions as df
from durabletask import task

from orchestrations.saga import Saga, StepFailed, Steps
from orchestrations.telling import NOTICE_FOR_S, Teller
from shared.domain import cards, event_types
from shared.domain.service import environments
from shared.domain.service.environments import ANNOUNCE, DESTROY, EXTEND, START, STOP

bp = df.Blueprint()

LEFT, FAILED = "left", "failed"
_OUTCOMES = {
    ANNOUNCE: ("announced", event_types.ENVIRONMENT_ANNOUNCED),
    EXTEND: ("extended", event_types.ENVIRONMENT_EXTENDED),
    STOP: ("stopped", event_types.ENVIRONMENT_STOPPED),
    START: ("started", event_types.ENVIRONMENT_STARTED),
    DESTROY: ("destroyed", event_types.ENVIRONMENT_DESTROYED),
}
_ESCALATED = frozenset({ANNOUNCE, DESTROY})
"""What must not fail unseen: an environment whose end nobody can be told of is never destroyed, and costs for ever."""


@bp.orchestration_trigger(context_name="context")
def tend_environment(context: task.OrchestrationContext, request: dict):  # type: ignore[no-untyped-def, type-arg]
    """Look once more, do it, keep it in the registry, tell it."""
    flow = _Tending(context, request)
    if not (yield from flow.begin()):
        return {"outcome": LEFT}
    try:
        yield from flow.carry_out()
    except StepFailed as failure:
        yield from flow.give_up(failure)
        raise
    return (yield from flow.tell_end())


class _Tending:
    """One run of tend_environment."""

    environment: Mapping[str, Any]
    place: Mapping[str, Any]
    run_id: int | None = None

    def __init__(self, context: task.OrchestrationContext, request: Mapping[str, Any]) -> None:
        self.context, self.request, self.policy = context, request, request["policy"]
        self.service: str = request["service"]
        self.name: str = request["environment"]
        self.action: str = request["action"]
        self.about = {"service": self.service, "environment": self.name}
        self.saga = Saga(context, "tend_environment", self.policy)
        self.tell = Teller(context, self.saga, request["language"])
        self.tell.about |= self.about

    def begin(self) -> Steps:
        """Whether it is still to be done, by the registry's document as it is now."""
        begun = yield from self.saga.step("begin", "begin_environment_action", self.about)
        if not begun["go"]:
            self.saga.show(outcome=LEFT)
            return False
        self.environment, self.place = begun["environment"], begun["place"]
        self.tell.about |= begun["owned_by"]
        return True

    def carry_out(self) -> Steps:
        """Raises: StepFailed; what was to be done is then not done, or not known to be."""
        told: str | None = None
        if self.action == ANNOUNCE:
            # Twice in the channel, after a lost answer, is better than an end that nobody was told of.
            yield from self.saga.step("announce", "post_environment_card", self._card(self._announcement()))
            told = self.environment["ends_at"]
        elif self.action == EXTEND:
            told = self.environment["extension"]["at"]
        else:
            yield from self._run()
        done = {**self.about, "told": told, "run_id": self.run_id}
        yield from self.saga.step("keep", "finish_environment_action", done)

    def _run(self) -> Steps:
        """Have the pipeline do it, and follow the run to its end."""
        asked = {**self.place, "environment": self.name, "action": self.action}
        run = yield from self.saga.step("start_run", "run_pipeline", asked)
        self.run_id = run["run_id"]
        self.saga.link("run", run["url"])
        ended = yield from self.saga.poll(
            "await_run",
            "get_run",
            {**self.place, "run_id": self.run_id},
            until=lambda value: value["state"] == "completed",
            every_s=self.policy["run_poll_s"],
            for_s=self.policy["action_timeout_s"],
        )
        if not ended or ended["state"] != "completed":
            raise StepFailed("await_run", self.tell.say("run.timed_out", run_id=self.run_id))
        if ended["result"] != "succeeded":
            words = self.tell.say("run.failed", run_id=self.run_id, result=ended["result"])
            raise StepFailed("await_run", words)

    def tell_end(self) -> Steps:
        """It is done and kept: say so. What fails here does not undo it."""
        outcome, event_type = _OUTCOMES[self.action]
        self.saga.show(outcome=outcome)
        if self.action != ANNOUNCE:
            yield from self._post("tell", self._sentence(f"environment.{outcome}"))
        if self.action == DESTROY:
            yield from self._close_incident()
        fact: dict[str, Any] = {"ends_at": self.environment.get("ends_at"), "run_id": self.run_id}
        if self.action == EXTEND:
            extension = self.environment["extension"]
            fact |= {"extended_from": extension["from"], "extended_by": extension["by"]}
        yield from self.tell.record("record", event_type, fact)
        return {"outcome": outcome, "run_id": self.run_id}

    def give_up(self, failure: StepFailed) -> Steps:
        """Keep that it failed, so that it is tried again, and tell people; never failing again for a notice."""
        now = self.context.current_utc_datetime
        retry_at = environments.shown(now + environments.RETRY_AFTER, self.environment)
        problem = self._sentence(f"environment.problem.{self.action}")
        words = self.tell.say("environment.failed", problem=problem, reason=failure.reason, retry_at=retry_at)
        incident = (yield from self._open_incident(problem, words)) if self.action in _ESCALATED else None
        failed = {**self.about, "reason": str(failure), "incident": incident, "run_id": self.run_id}
        yield from self.saga.step(
            "keep_failure", "fail_environment_action", {**failed, "at": self.tell.now()}
        )
        self.saga.show(outcome=FAILED)
        if self.action != ANNOUNCE:
            yield from self._post("tell_failure", words)

    def _open_incident(self, problem: str, words: str) -> Steps:
        """One per environment and action, however many days it fails. Returns None when ServiceNow is away."""
        lasting = (self.service, self.name, self.environment["created_at"], self.action)
        draft = {
            "correlation_id": f"environment-{hashlib.sha256('/'.join(lasting).encode()).hexdigest()[:24]}",
            "short_description": problem,
            "description": f"{words}\n\n{self._operation_url()}",
            "impact": "3",
            "urgency": "2",
            "cmdb_ci": self.place["servicenow_ci"],
        }
        told = yield from self.saga.attempt_all(
            {"open_incident": ("open_incident", draft)}, for_s=self.policy["retry_for_s"]
        )
        incident: dict[str, Any] | None = told["open_incident"].get("value")
        if incident is not None:
            self.saga.link("incident", incident["url"])
        return incident

    def _close_incident(self) -> Steps:
        """The one of an earlier day on which this failed."""
        incident = (self.environment.get("failure") or {}).get("incident")
        if incident:
            closing = {
                "sys_id": incident["sys_id"],
                "close_notes": self._sentence("environment.destroyed"),
            }
            yield from self.saga.attempt_all(
                {"resolve_incident": ("resolve_incident", closing)}, for_s=self.policy["retry_for_s"]
            )

    def _post(self, name: str, title: str) -> Steps:
        """A notice is never posted twice and holds nothing up."""
        links = [("card.open_operation", self._operation_url())]
        card = cards.notice_card(self.request["language"], title, self._facts(), links)
        try:
            yield from self.saga.step(
                name, "post_environment_card", self._card(card), for_s=NOTICE_FOR_S, repeatable=False
            )
        except StepFailed:
            return

    def _announcement(self) -> cards.Card:
        how = {
            "title": self.tell.say("environment.keep"),
            "value": self.tell.say("environment.how", name=self.environment["requested_by_name"]),
        }
        page = f"{self.request['public_url']}{environments.page_path(self.service, self.name)}"
        return cards.notice_card(
            self.request["language"],
            self._sentence("environment.ends"),
            [*self._facts(), how],
            [("card.extend", page)],
        )

    def _card(self, card: cards.Card) -> dict[str, Any]:
        return {**self.about, "card": card, "ends_at": self.environment.get("ends_at")}

    def _facts(self) -> list[dict[str, str]]:
        values = {
            "owner": self.tell.about["owner"],
            "requested_by": self.environment["requested_by_name"],
        }
        return [{"title": self.tell.say(f"fact.{name}"), "value": value} for name, value in values.items()]

    def _sentence(self, key: str) -> str:
        ends_at = self.environment.get("ends_at")
        return self.tell.say(
            key,
            **self.about,
            ends_at=environments.shown(environments.moment(ends_at), self.environment) if ends_at else "",
            by=(self.environment.get("extension") or {}).get("by_name", ""),
        )

    def _operation_url(self) -> str:
        return f"{self.request['public_url']}/api/operations/{self.context.instance_id}"
