"""tend_forecast: one low-priority incident, opened, kept up to date, resolved, told once; heals what was lost."""

from collections.abc import Iterator
from typing import Any

import pytest

from orchestrations.saga import StepFailed
from orchestrations.tend_forecast import FORECAST_CHANGED, tend_forecast
from tests.fakes.orchestration import START, Outcome, Rehearsal, done
from tests.fakes.remediation import POLICY

DAY_S = 24 * 3600
START_MS = round(START.timestamp() * 1000)
FORECAST = {
    "state": "expected",
    "reason": "",
    "value": 83.2,
    "limit": 95.0,
    "per_day": 2.1,
    "at_ms": START_MS + 5 * DAY_S * 1000,
    "early_ms": START_MS + 4 * DAY_S * 1000,
    "late_ms": START_MS + 7 * DAY_S * 1000,
}
SOONER = {**FORECAST, "at_ms": START_MS + 2 * DAY_S * 1000}
REFUSED = {"status": "refused", "reason": "servicenow: HTTP 403"}
AWAY = {"status": "unavailable", "reason": "no connection", "retry_after_s": None}
UNKNOWN = {"status": "unknown", "reason": "no answer", "retry_after_s": None}


def look(forecast: dict[str, Any] | None = FORECAST, over: str = "") -> Outcome:
    service = {"product": "loja", "owner": "team", "tier": 1, "servicenow_ci": "c" * 32}
    return done(over=over, forecast=forecast, service=service)


class World:
    """looks: what the watch document says, look by look; the last one goes on. next: outcomes that come first."""

    def __init__(self, *looks: Outcome) -> None:
        self.looks: Iterator[Outcome] = iter(looks)
        self.last = looks[-1]
        self.next: dict[str, list[Outcome]] = {}
        self.facts: list[str] = []

    def rehearse(self, **request: Any) -> Rehearsal:
        asked = {
            "id": "forecast-checkout-disk-1",
            "service": "checkout",
            "resource": "disk HOST-7",
            "kind": "disk",
            "policy": POLICY,
            "language": "en",
            "public_url": "https://app.example",
            **request,
        }
        names = (
            *("look_at_forecast", "forget_forecast", "open_incident", "add_work_note"),
            *("resolve_incident", "post_card", "publish_event"),
        )
        activities = {name: self._called(name) for name in names}
        return Rehearsal(tend_forecast, asked, activities, instance_id="forecast-checkout-disk-1")

    def _called(self, name: str) -> Any:
        def activity(payload: dict[str, Any]) -> Outcome:
            if self.next.get(name):
                return self.next[name].pop(0)
            if name == "look_at_forecast":
                return next(self.looks, self.last)
            if name == "publish_event":
                self.facts.append(payload["type"])
            number = {"sys_id": "s" * 32, "number": "INC1", "url": "https://snow.example/INC1"}
            return done(**number, result="created")

        return activity


OPENED = ["look_at_forecast", "open_incident", "publish_event", "post_card"]
ENDED = ["look_at_forecast", "resolve_incident", "publish_event", "forget_forecast"]


def test_it_opens_waits_and_resolves() -> None:
    world = World(look(), look(), look(over="freed"))
    play = world.rehearse()
    play.event(FORECAST_CHANGED, {}, after_s=3600)
    play.event(FORECAST_CHANGED, {}, after_s=7200)

    assert play.run() == {"outcome": "freed", "incident_number": "INC1"}
    assert play.activity_names == [*OPENED, "look_at_forecast", *ENDED]
    assert world.facts == ["saturation.forecast", "saturation.averted"]
    assert play.elapsed_s == 7200
    assert play.statuses[-1]["outcome"] == "freed"


def test_the_incident_is_of_low_priority_and_bears_the_forecast_s_name() -> None:
    play = World(look(), look(over="freed")).rehearse()
    play.run()

    (draft,) = play.payloads("open_incident")
    assert (draft["impact"], draft["urgency"]) == ("3", "3")
    assert draft["correlation_id"] == "forecast-checkout-disk-1"
    assert draft["cmdb_ci"] == "c" * 32
    assert draft["short_description"] == "checkout: disk will fill up (disk HOST-7)"
    assert "the limit of 95 will be reached on 2026-11-26 12:00 UTC" in draft["description"]


@pytest.mark.parametrize("language", ["en", "pt-BR"])
@pytest.mark.parametrize("kind", ["disk", "memory", "quota", "certificate"])
@pytest.mark.parametrize("state", ["expected", "saturated"])
def test_every_kind_has_its_words(language: str, kind: str, state: str) -> None:
    forecast = {**FORECAST, "state": state, "late_ms": None}
    play = World(look(forecast), look(over="extended")).rehearse(language=language, kind=kind)

    assert play.run()["outcome"] == "extended"
    (card,) = play.payloads("post_card")
    assert "checkout" in card["card"]["body"][0]["text"]


def test_a_lost_event_heals_within_a_day() -> None:
    play = World(look(), look(over="flat")).rehearse()

    assert play.run()["outcome"] == "flat"
    assert play.elapsed_s == DAY_S


def test_an_event_wakes_it_however_long_it_has_waited() -> None:
    play = World(look(), look(), look(over="flat")).rehearse()
    play.event(FORECAST_CHANGED, {}, after_s=1.5 * DAY_S)

    assert play.run()["outcome"] == "flat"
    assert play.elapsed_s == 1.5 * DAY_S


def test_when_the_day_moves_the_incident_says_so_once() -> None:
    play = World(look(), look(SOONER), look(SOONER), look(SOONER), look(over="freed")).rehearse()
    play.run()

    (note,) = play.payloads("add_work_note")
    assert "2026-11-23 12:00 UTC" in note["text"]
    assert play.activity_names.count("post_card") == 1


def test_events_that_come_twice_change_nothing() -> None:
    world = World(look(), look(SOONER), look(SOONER), look(over="freed"))
    play = world.rehearse()
    for after_s in (60, 60, 60):
        play.event(FORECAST_CHANGED, {}, after_s=after_s)

    assert play.run()["outcome"] == "freed"
    assert play.activity_names.count("add_work_note") == 1
    assert play.elapsed_s == 60


def test_what_is_over_before_anything_was_done_is_left() -> None:
    play = World(look(None, over="unwatched")).rehearse()

    assert play.run() == {"outcome": "left"}
    assert play.activity_names == ["look_at_forecast", "forget_forecast"]


def test_a_look_that_fails_is_tried_the_next_day() -> None:
    world = World(look(), look(over="freed"))
    play = world.rehearse()
    plays = iter([None, AWAY])
    usual = play._activities["look_at_forecast"]
    play._activities = {
        **play._activities,
        "look_at_forecast": lambda payload: next(plays, None) or usual(payload),
    }

    assert play.run()["outcome"] == "freed"
    assert play.elapsed_s == 2 * DAY_S


def test_a_note_or_a_card_that_cannot_be_sent_ends_nothing() -> None:
    world = World(look(), look(SOONER), look(over="freed"))
    world.next = {"add_work_note": [REFUSED, REFUSED], "post_card": [UNKNOWN]}
    play = world.rehearse()

    assert play.run()["outcome"] == "freed"
    assert play.activity_names.count("post_card") == 1


def test_an_incident_that_cannot_be_opened_fails_the_operation() -> None:
    world = World(look())
    world.next = {"open_incident": [REFUSED]}
    play = world.rehearse()

    with pytest.raises(StepFailed, match="open_incident"):
        play.run()


def test_an_incident_is_resolved_even_when_servicenow_is_away_for_days() -> None:
    world = World(look(), look(over="freed"))
    play = world.rehearse()
    usual = play._activities["resolve_incident"]
    play._activities = {
        **play._activities,
        "resolve_incident": lambda payload: AWAY if play.elapsed_s < 3.5 * DAY_S else usual(payload),
    }

    assert play.run()["outcome"] == "freed"
    assert play.elapsed_s > 3 * DAY_S
    assert play.activity_names[-2:] == ["publish_event", "forget_forecast"]


def test_an_incident_servicenow_refuses_to_resolve_is_seen() -> None:
    world = World(look(), look(over="freed"))
    world.next = {"resolve_incident": [REFUSED]}
    play = world.rehearse()

    with pytest.raises(StepFailed, match="resolve_incident"):
        play.run()
    assert "forget_forecast" not in play.activity_names


def test_months_of_waiting_keep_the_status_small() -> None:
    looks = [look({**FORECAST, "at_ms": START_MS + day}) for day in range(60)]
    play = World(*looks, look(over="flat")).rehearse()
    play.run()

    assert play.activity_names.count("add_work_note") == 20
    assert max(len(str(status)) for status in play.statuses) < 16_000
