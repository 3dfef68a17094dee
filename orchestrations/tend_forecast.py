"""tend_forecast: one low-priority incident for a saturation that is foretold: opened, kept up to date, resolved.

Started by functions/incidents/watching.py with the forecast's own id, `forecast-<service>-<resource>-<since>` (with a
number behind it after one that failed). Input:
{"id", "service", "resource", "kind", "policy", "language", "public_url"}.
External event `forecast_changed` carries nothing: the watch document says what holds, and is looked at once a day in
any case, so that a lost event heals. Outcomes: "freed", "flat", "rising", "sawtooth" (why it does not hold any more),
"unwatched", or "left" when it was over before anything was done.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
from durabletask import task

from orchestrations.saga import Saga, StepFailed, Steps
from orchestrations.saga.calls import outcome_of
from orchestrations.telling import Teller
from shared.domain import cards, event_types
from shared.domain.watch.watch_words import forecast_facts, forecast_text, forecast_title

bp = df.Blueprint()

FORECAST_CHANGED = "forecast_changed"
LEFT = "left"
LOOK_EVERY = timedelta(days=1)
MOST_NOTES, MOST_TRIES = 20, 7


@bp.orchestration_trigger(context_name="context")
def tend_forecast(context: task.OrchestrationContext, request: dict):  # type: ignore[no-untyped-def, type-arg]
    """Open the incident, follow the forecast, resolve the incident."""
    flow = _Tending(context, request)
    look = yield from flow.saga.step("look", "look_at_forecast", flow.which)
    if look["over"]:
        yield from flow.forget()
        flow.saga.show(outcome=LEFT)
        return {"outcome": LEFT}
    yield from flow.open(look)
    over = yield from flow.follow(look["forecast"])
    return (yield from flow.close(over))


class _Tending:
    """One run of tend_forecast."""

    incident: Mapping[str, Any]

    def __init__(self, context: task.OrchestrationContext, request: Mapping[str, Any]) -> None:
        self.context, self.request = context, request
        self.which = {name: request[name] for name in ("id", "service", "resource")}
        self.saga = Saga(context, "tend_forecast", request["policy"])
        self.tell = Teller(context, self.saga, request["language"])
        self.tell.about |= {
            "forecast_id": request["id"],
            **{name: request[name] for name in ("service", "resource", "kind")},
        }

    def open(self, look: Mapping[str, Any]) -> Steps:
        """One incident per forecast, however often this runs; told in the channel once, recorded once."""
        language, service, forecast = self.request["language"], look["service"], look["forecast"]
        self.tell.about |= {name: service.get(name) for name in ("product", "owner", "tier")}
        title = forecast_title(language, self.request)
        draft = {
            "correlation_id": self.request["id"],
            "short_description": title,
            "description": f"{forecast_text(language, self.request, forecast)}\n\n{self._url()}",
            "impact": "3",
            "urgency": "3",
            "cmdb_ci": service.get("servicenow_ci") or "",
        }
        self.incident = self.tell.incident = yield from self.saga.step(
            "open_incident", "open_incident", draft
        )
        self.saga.link("incident", self.incident["url"])
        yield from self.tell.record("record_forecast", event_types.SATURATION_FORECAST, self._fact(forecast))
        facts = forecast_facts(language, self.request, forecast)
        card = cards.notice_card(language, title, facts, [("card.open_incident", self.incident["url"])])
        with suppress(StepFailed):  # neither a card nor a note that it is missing ends the watch
            yield from self.tell.post("announce_forecast", card)

    def follow(self, told: Mapping[str, Any]) -> Steps:
        """Wait until the forecast does not hold any more. Returns why."""
        waiting = self.saga.begin_wait("await_relief")
        changed = self.context.wait_for_external_event(FORECAST_CHANGED)
        notes = 0
        while True:
            timer = self.context.create_timer(self.context.current_utc_datetime + LOOK_EVERY)
            yield task.when_any([changed, timer])
            if changed.is_complete:
                changed = self.context.wait_for_external_event(FORECAST_CHANGED)
            payload = {"key": f"{self.context.instance_id}/look_again", **self.which}
            outcome = yield from outcome_of(self.context.call_activity("look_at_forecast", input=payload))
            if outcome["status"] != "done":
                continue
            look = outcome["value"]
            if look["over"]:
                self.saga.end_wait(waiting, look["over"])
                return look["over"]
            if look["forecast"] != told and notes < MOST_NOTES:
                told, notes = look["forecast"], notes + 1
                yield from self._note(f"note_forecast_{notes}", told)

    def _note(self, name: str, forecast: Mapping[str, Any]) -> Steps:
        """A note that cannot be written ends nothing: the incident is there."""
        text = forecast_text(self.request["language"], self.request, forecast)
        with suppress(StepFailed):
            yield from self.tell.note(name, text)

    def close(self, over: str) -> Steps:
        """Resolve the incident, say so, and make room for the next forecast."""
        words = self.tell.say(f"forecast.over.{over}")
        closing = {"sys_id": self.incident["sys_id"], "close_notes": words}
        yield from self._resolve(closing)
        ended = {"incident_number": self.incident["number"], "reason": over}
        yield from self.tell.record("record_relief", event_types.SATURATION_AVERTED, ended)
        yield from self.forget()
        self.saga.show(outcome=over)
        return {"outcome": over, "incident_number": self.incident["number"]}

    def _resolve(self, closing: Mapping[str, Any]) -> Steps:
        """ServiceNow may be away for days: an incident that is over must not stay open for that. Raises: StepFailed."""
        for days in range(1, MOST_TRIES):
            name = "resolve_incident" if days == 1 else f"resolve_incident_{days}"
            tried = {name: ("resolve_incident", closing)}
            outcomes = yield from self.saga.attempt_all(tried, for_s=self.request["policy"]["retry_for_s"])
            outcome = outcomes[name]
            if outcome["status"] == "done":
                return
            if outcome["status"] == "refused":
                raise StepFailed(name, outcome["reason"])
            yield self.context.create_timer(self.context.current_utc_datetime + LOOK_EVERY)
        yield from self.saga.step(f"resolve_incident_{MOST_TRIES}", "resolve_incident", closing)

    def forget(self) -> Steps:
        return (yield from self.saga.step("forget", "forget_forecast", self.which))

    def _fact(self, forecast: Mapping[str, Any]) -> dict[str, Any]:
        return {"incident_number": self.incident["number"], **forecast}

    def _url(self) -> str:
        return f"{self.request['public_url']}/api/operations/{self.context.instance_id}"
