"""follow_up_incident: suggestions are made once, when people allow exactly them; the incident is told once."""

import copy
import json
from typing import Any

import pytest

from orchestrations.follow_up import begin, follow_up_incident
from orchestrations.saga import Saga
from shared.domain.approvals import action_hash
from shared.domain.incident.follow_ups import suggest
from tests.fakes.follow_ups import CASE, INCIDENT, OPERATION, POSTMORTEM, STORY, World, request
from tests.fakes.orchestration import Crash, Rehearsal, done
from tests.fakes.remediation import POLICY

DAY_S = 86_400
REFUSED = {"status": "refused", "reason": "dynatrace: HTTP 403"}
AWAY = {"status": "unavailable", "reason": "no connection", "retry_after_s": None}
UNKNOWN = {"status": "unknown", "reason": "no answer", "retry_after_s": 4.0}
MAKING = ["create_alert", "create_work_item", "create_work_item"]


@pytest.fixture
def world() -> World:
    return World()


def rehearse(world: World, **changed: Any) -> Rehearsal:
    return Rehearsal(
        follow_up_incident, request(**changed), world.activities(), instance_id=f"follow-up-{OPERATION}"
    )


def approval(play: Rehearsal) -> dict[str, Any]:
    """What the first status that asks for it shows."""
    found: dict[str, Any] = next(status["approval"] for status in play.statuses if status.get("approval"))
    return found


def decide(play: Rehearsal, decision: str = "approve", after_s: float = 3600, **changed: Any) -> None:
    told = {
        "decision": decision,
        "action_hash": asked_hash(),
        "person_id": "ana",
        "person_name": "Ana Souza",
        "at": "2026-11-21T13:00:00Z",
        "comment": "",
        **changed,
    }
    play.event("decision", told, after_s=after_s)


def asked_hash() -> str:
    play = rehearse(World())
    play.run()
    return str(approval(play)["action_hash"])


def test_what_people_allow_is_made_and_told_once(world: World) -> None:
    play = rehearse(world)
    decide(play)
    output = play.run()

    keys = [one["key"] for one in request()["plan"]["items"]]
    assert output == {"outcome": "created", "made": keys}
    assert play.activity_names == ["post_card", "publish_event", "post_card", *MAKING, "add_work_note"]
    assert play.statuses[-1]["outcome"] == "created"
    (note,) = play.payloads("add_work_note")
    assert note["text"].startswith("After this incident, approved by Ana Souza:\nAlert checkout: error rate")
    assert "https://dev.example/loja/_workitems/edit/7" in note["text"]


def test_the_card_shows_what_would_be_made_and_its_link_lasts_as_long_as_the_question(world: World) -> None:
    play = rehearse(world)
    play.run()

    card = play.payloads("post_card")[0]
    assert card["sign_for"] == f"follow-up-{OPERATION}"
    assert card["valid_for_s"] == 5 * DAY_S
    assert [fact["title"] for fact in card["card"]["body"][1]["facts"]] == ["Alert", "Work item", "Work item"]
    (action,) = card["card"]["actions"]
    assert action["url"] == f"https://app.example/api/approvals/follow-up-{OPERATION}"


def test_what_is_asked_for_is_bound_to_exactly_these_items(world: World) -> None:
    play = rehearse(world)
    decide(play)
    play.run()

    asked = approval(play)
    assert asked["action"]["items"] == request()["plan"]["items"]
    assert asked["action_hash"] == action_hash(asked["action"])
    for name in ("create_alert", "create_work_item"):
        for payload in play.payloads(name):
            assert payload["action"] == asked["action"]
            assert payload["action_hash"] == asked["action_hash"]


def test_nobody_decides_and_it_expires_with_a_note_and_no_further_card(world: World) -> None:
    play = rehearse(world)

    assert play.run() == {"outcome": "expired", "made": []}
    assert play.elapsed_s == 5 * DAY_S
    assert play.activity_names == ["post_card", "add_work_note"]
    assert "Nobody decided" in play.payloads("add_work_note")[0]["text"]


def test_a_refusal_makes_nothing_and_says_who_refused(world: World) -> None:
    play = rehearse(world)
    decide(play, "refuse", comment="not now")

    assert play.run() == {"outcome": "refused", "made": []}
    assert world.made == []
    assert play.payloads("add_work_note")[0]["text"].endswith("Nothing was created. not now")


@pytest.mark.parametrize(
    "changed",
    [
        {"action_hash": "0" * 64},
        {"person_id": "valueflow"},
        {"person_id": ""},
        {"decision": "edit", "action": {"type": "create_follow_ups", "items": []}},
    ],
)
def test_a_decision_about_something_else_or_by_nobody_does_not_count(
    world: World, changed: dict[str, Any]
) -> None:
    play = rehearse(world)
    decide(play, **{"decision": "approve", **changed})

    assert play.run()["outcome"] == "expired"
    assert world.made == []


def test_a_decision_that_comes_twice_makes_each_thing_once(world: World) -> None:
    play = rehearse(world)
    decide(play)
    decide(play, after_s=3600)
    decide(play, after_s=3601)
    play.run()

    assert len(world.made) == len(set(world.made)) == 3


def test_what_cannot_be_made_is_told_and_the_rest_stands(world: World) -> None:
    world.next["create_alert"] = [REFUSED]
    play = rehearse(world)
    decide(play)

    output = play.run()

    assert output["outcome"] == "partly_created"
    assert len(output["made"]) == 2
    note = play.payloads("add_work_note")[0]["text"]
    assert "not created (dynatrace: HTTP 403)" in note


def test_when_nothing_can_be_made_that_is_the_outcome(world: World) -> None:
    world.next = {"create_alert": [REFUSED], "create_work_item": [REFUSED, REFUSED]}
    play = rehearse(world)
    decide(play)

    assert play.run() == {"outcome": "not_created", "made": []}


@pytest.mark.parametrize("first", [AWAY, UNKNOWN])
def test_a_vendor_that_is_away_or_loses_its_answer_is_asked_again_with_the_same_key(
    world: World, first: dict[str, Any]
) -> None:
    world.next = {"create_alert": [first, first], "create_work_item": [first]}
    play = rehearse(world)
    decide(play)

    assert play.run()["outcome"] == "created"
    keys = [payload["key"] for payload in play.payloads("create_alert")]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_a_vendor_that_stays_away_holds_nothing_up_for_ever(world: World) -> None:
    world.next["create_alert"] = [AWAY] * 500
    play = rehearse(world)
    decide(play)

    assert play.run()["outcome"] == "partly_created"
    assert play.elapsed_s < 3600 + POLICY["retry_for_s"] + 60


@pytest.mark.parametrize("fault", [REFUSED, UNKNOWN])
def test_without_its_card_the_question_still_stands(world: World, fault: dict[str, Any]) -> None:
    world.next = {"post_card": [fault], "add_work_note": [REFUSED]}
    play = rehearse(world)
    decide(play)

    assert play.run()["outcome"] == "created"


def test_an_incident_that_takes_no_note_any_more_undoes_nothing(world: World) -> None:
    world.next["add_work_note"] = [REFUSED]
    play = rehearse(world)
    decide(play)

    assert play.run()["outcome"] == "created"


def test_an_activity_that_crashed_counts_as_refused(world: World) -> None:
    def crash(payload: dict[str, Any]) -> dict[str, Any]:
        raise Crash("out of memory")

    play = rehearse(world)
    play._activities = {**play._activities, "create_alert": crash}
    decide(play)

    assert play.run()["outcome"] == "partly_created"


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_words_from_outside_lose_their_markup(world: World, language: str) -> None:
    nasty = "[click](https://evil.example) <b>now</b> [code]x[/code]"
    suggestions = copy.deepcopy(request()["plan"]["items"])
    world.next["create_alert"] = [{"status": "refused", "reason": nasty}]
    play = rehearse(world, plan={"about": [], "items": suggestions}, language=language)
    action = {**_action(), "incident": INCIDENT["number"], "about": [], "items": suggestions}
    decide(play, action_hash=action_hash(action), comment=nasty, person_name=nasty)
    play.run()

    told = json.dumps([payload for _, payload in play.calls if "text" in payload or "card" in payload])
    assert "](" not in told
    assert "<b>" not in told
    assert "[code]" not in told


def _action() -> dict[str, Any]:
    return {
        "type": "create_follow_ups",
        "incident_url": INCIDENT["url"],
        "postmortem_url": POSTMORTEM,
    }


def test_the_status_fits_into_what_durable_functions_keeps(world: World) -> None:
    long = "á b " * 100
    case = {
        **CASE,
        **dict.fromkeys(("title", "service", "component", "hypothesis"), long),
        "cited": "E1, E2, E3, E4",
        "evidence": [{"id": f"E{number}", "text": long} for number in range(1, 9)],
    }
    plan = suggest("pt-BR", {**STORY, "case": case, "outcome": "action_failed"})
    world.next["create_alert"] = [{"status": "refused", "reason": long}]
    play = rehearse(world, plan=plan, language="pt-BR")
    action = {**_action(), "incident": INCIDENT["number"], **plan}
    decide(play, action_hash=action_hash(action), person_name=long[:100])

    assert len(plan["items"]) == 4
    assert play.run()["outcome"] == "partly_created"
    assert max(len(json.dumps(status).encode("utf-16")) for status in play.statuses) < 16 * 1024


def test_a_finished_incident_has_it_started_and_goes_on_when_that_fails() -> None:
    suggestions = request()["plan"]["items"]
    started = done(operation_id=f"follow-up-{OPERATION}", result="created")
    outcomes = [started, REFUSED]
    found = []
    for outcome in outcomes:
        play = Rehearsal(_starts(suggestions), {}, {"start_follow_up": lambda _, told=outcome: told})
        found.append(play.run())
        ((_, payload),) = play.calls
        assert payload["key"] == "op-1/start_follow_up"
        assert payload["incident"] == INCIDENT
    assert found == [f"follow-up-{OPERATION}", ""]


def test_where_nothing_is_suggested_nothing_is_started() -> None:
    play = Rehearsal(_starts([]), {}, {})

    assert play.run() == ""
    assert play.calls == []


def _starts(suggestions: list[Any]) -> Any:
    def orchestrator(context: Any, request: dict[str, Any]) -> Any:
        saga = Saga(context, "remediate_problem", POLICY)
        return (
            yield from begin(
                saga, {"about": [], "items": suggestions}, INCIDENT, "checkout", "en", POSTMORTEM
            )
        )

    class _Function:
        def get_user_function(self) -> Any:
            return orchestrator

    return type("Builder", (), {"_function": _Function()})()
