"""remediate_problem, rehearsed: what it does in which order, and how each story ends."""

import json
from typing import Any

import pytest

from orchestrations.incidents.evidence import collectors
from orchestrations.remediate_problem import remediate_problem
from orchestrations.saga import StepFailed
from shared.domain.action.actions import undo_of
from shared.domain.approvals import action_hash
from tests.fakes.orchestration import START, Crash, Rehearsal, done
from tests.fakes.remediation import SERVICE, World, recovery, request, roll_back

EVIDENCE = ["find_service", *collectors(SERVICE), "diagnose", "plan_action"]
OPENED = ["open_incident", "keep_incident", "add_work_note", "publish_event"]
ENDED = ["post_card", "remember_incident", "publish_event", "start_follow_up"]


@pytest.fixture
def world() -> World:
    return World()


def rehearse(world: World, **problem: Any) -> Rehearsal:
    return Rehearsal(remediate_problem, request(**problem), world.activities())


def decision(decided: str = "approve", person: str = "ana", **changes: Any) -> dict[str, Any]:
    return {
        "decision": decided,
        "action_hash": action_hash(roll_back()),
        "person_id": person,
        "person_name": person.title(),
        "at": "2026-11-21T12:01:00Z",
        "comment": "",
        **changes,
    }


def test_an_approved_and_verified_rollback_resolves_the_incident(world: World) -> None:
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)

    result = play.run()

    assert result["outcome"] == "resolved"
    assert result["run_id"] == 103
    assert play.activity_names == [
        *EVIDENCE,
        *OPENED,
        "post_card",
        "post_card",
        "publish_event",
        "add_work_note",
        "begin_action",
        "start_action_run",
        "add_work_note",
        "get_run",
        "get_run",
        "end_action",
        "check_recovery",
        "check_recovery",
        "end_incident",
        "write_postmortem",
        "resolve_incident",
        *ENDED,
    ]


def test_every_activity_gets_an_idempotency_key_of_its_own_step(world: World) -> None:
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)

    play.run()

    writes = (
        "open_incident",
        "add_work_note",
        "start_action_run",
        "resolve_incident",
        "post_card",
        "publish_event",
    )
    keys = [(name, payload["key"]) for name, payload in play.calls if name in writes]
    assert len(set(keys)) == len(keys)
    assert all(key.startswith("op-1/") for _, key in keys)


def test_the_run_gets_exactly_the_approved_action(world: World) -> None:
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)

    play.run()

    (payload,) = play.payloads("start_action_run")
    assert action_hash(payload["action"]) == decision()["action_hash"] == payload["action_hash"]


def test_the_problem_closing_by_itself_ends_without_an_action(world: World) -> None:
    play = rehearse(world)
    play.event("problem_resolved", {}, after_s=30)

    assert play.run()["outcome"] == "self_resolved"
    assert "start_action_run" not in play.activity_names
    assert play.activity_names[-6:] == ["write_postmortem", "resolve_incident", *ENDED]


def test_a_resolved_notification_that_comes_first_opens_and_resolves_one_incident(world: World) -> None:
    play = rehearse(world, state="RESOLVED")

    assert play.run()["outcome"] == "self_resolved"
    assert play.activity_names.count("open_incident") == 1
    assert play.activity_names.count("resolve_incident") == 1


def test_a_refusal_runs_nothing_and_leaves_the_incident_to_a_person(world: World) -> None:
    play = rehearse(world)
    play.event("decision", decision("refuse", comment="black friday"), after_s=60)

    assert play.run()["outcome"] == "refused"
    assert "start_action_run" not in play.activity_names
    assert "resolve_incident" not in play.activity_names
    assert "black friday" in play.payloads("add_work_note")[-1]["text"]


def test_nobody_deciding_counts_as_a_refusal(world: World) -> None:
    play = rehearse(world)

    assert play.run()["outcome"] == "expired"
    assert play.elapsed_s == 1800
    assert "start_action_run" not in play.activity_names


@pytest.mark.parametrize(
    "worthless",
    [
        {"action_hash": "0" * 64},
        {"person_id": "valueflow"},
        {"person_id": ""},
        {"decision": "yes"},
    ],
    ids=["other action", "own request", "nobody", "not a decision"],
)
def test_a_decision_that_does_not_count_changes_nothing(world: World, worthless: dict[str, Any]) -> None:
    play = rehearse(world)
    play.event("decision", decision(**worthless), after_s=60)

    assert play.run()["outcome"] == "expired"
    assert "start_action_run" not in play.activity_names


def test_high_risk_needs_two_different_people(world: World) -> None:
    world.service = {**SERVICE, "tier": 1}
    play = rehearse(world)
    play.event("decision", decision(person="ana"), after_s=60)
    play.event("decision", decision(person="ana"), after_s=70)
    play.event("decision", decision(person="carla"), after_s=80)

    assert play.run()["outcome"] == "resolved"
    note = next(p["text"] for p in play.payloads("add_work_note") if "approved" in p["text"])
    assert "Ana" in note
    assert "Carla" in note


def test_one_person_approving_twice_is_one_approval(world: World) -> None:
    world.service = {**SERVICE, "tier": 1}
    play = rehearse(world)
    play.event("decision", decision(person="ana"), after_s=60)
    play.event("decision", decision(person="ana"), after_s=70)

    assert play.run()["outcome"] == "expired"


def test_a_run_that_fails_is_not_called_a_fix(world: World) -> None:
    world.run_states = iter([("completed", "failed")])
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)

    assert play.run()["outcome"] == "action_failed"
    assert "resolve_incident" not in play.activity_names
    assert "failed" in play.payloads("add_work_note")[-1]["text"]


def test_a_run_that_never_ends_is_given_up_in_time(world: World) -> None:
    world.run_states = iter([("inProgress", "")] * 1000)
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)

    assert play.run()["outcome"] == "action_failed"
    assert play.elapsed_s <= 60 + 600


def test_a_refused_run_is_a_failed_action(world: World) -> None:
    world.next["start_action_run"] = [{"status": "refused", "reason": "pipeline is disabled"}]
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)

    assert play.run()["outcome"] == "action_failed"
    assert "pipeline is disabled" in play.payloads("add_work_note")[-1]["text"]


@pytest.mark.parametrize("reason", ["still_open", "few_samples", "out_of_bounds", "state_unknown"])
def test_without_proof_the_incident_stays_open(world: World, reason: str) -> None:
    world.recoveries = iter([recovery(reason)] * 100)
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)

    assert play.run()["outcome"] == "unverified"
    assert "resolve_incident" not in play.activity_names


def test_a_vendor_that_is_away_is_waited_for_with_growing_pauses(world: World) -> None:
    world.next["open_incident"] = [{"status": "unavailable", "reason": "away", "retry_after_s": None}] * 3
    play = rehearse(world, state="RESOLVED")

    assert play.run()["outcome"] == "self_resolved"
    assert play.elapsed_s == 5 + 10 + 20
    waiting = [step for status in play.statuses for step in status["steps"] if step["state"] == "waiting"]
    assert waiting[0]["detail"] == "away"


def test_a_vendor_that_asks_for_more_time_gets_it(world: World) -> None:
    world.next["open_incident"] = [{"status": "unavailable", "reason": "away", "retry_after_s": 300.0}]
    play = rehearse(world, state="RESOLVED")

    play.run()

    assert play.elapsed_s == 300


def test_a_vendor_that_stays_away_fails_the_operation_visibly(world: World) -> None:
    world.next["open_incident"] = [
        {"status": "unavailable", "reason": "away", "retry_after_s": None}
    ] * 10_000
    play = rehearse(world)

    with pytest.raises(StepFailed, match="open_incident: away"):
        play.run()
    assert play.elapsed_s <= 3600
    assert play.statuses[-1]["outcome"] == "failed"
    assert play.activity_names[-2:] == ["post_card", "end_incident"]


def test_an_activity_that_crashes_fails_the_operation_and_says_which(world: World) -> None:
    def crash(payload: dict[str, Any]) -> Any:
        raise Crash("KeyError: surprise")

    play = Rehearsal(remediate_problem, request(), {**world.activities(), "open_incident": crash})

    with pytest.raises(StepFailed, match=r"open_incident: .*Crash: KeyError: surprise"):
        play.run()
    assert play.statuses[-1]["outcome"] == "failed"


def test_collectors_that_fail_are_said_to_be_missing(world: World) -> None:
    world.next["collect_metric"] = [
        {"status": "unavailable", "reason": "no answer", "retry_after_s": None}
    ] * 9
    world.next["collect_changes"] = [{"status": "refused", "reason": "token lacks a scope"}]
    play = rehearse(world, state="RESOLVED")

    play.run()

    assert play.payloads("diagnose")[0]["bundle"]["missing"] == [
        {"source": "metric", "reason": "no answer"},
        {"source": "changes", "reason": "token lacks a scope"},
    ]
    assert "the service's indicator, changes" in play.payloads("add_work_note")[0]["text"]


def test_a_source_that_is_away_for_a_moment_is_asked_again_and_the_others_are_not(world: World) -> None:
    world.next["collect_runs"] = [{"status": "unavailable", "reason": "no answer", "retry_after_s": None}]
    play = rehearse(world, state="RESOLVED")

    play.run()

    assert play.payloads("diagnose")[0]["bundle"]["missing"] == []
    assert play.activity_names.count("collect_runs") == 2
    assert play.activity_names.count("collect_problem") == 1
    assert play.elapsed_s == 5


def test_evidence_is_waited_for_half_a_minute_at_most(world: World) -> None:
    for name in ("collect_problem", "collect_changes", "collect_metric", "collect_runs"):
        world.next[name] = [{"status": "unavailable", "reason": "away", "retry_after_s": None}] * 99
    play = rehearse(world, state="RESOLVED")

    assert play.run()["outcome"] == "self_resolved"
    assert play.elapsed_s <= 30


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"service": None}, "no registered service"),
        ({"diagnosis": {**World().diagnosis, "category": "unknown"}}, "no runbook answers"),
        ({"runs": {"suspect": None, "last_good": None}}, "no earlier good run"),
    ],
    ids=["unknown service", "unknown cause", "no good run"],
)
def test_without_a_safe_action_a_person_gets_it(world: World, change: dict[str, Any], words: str) -> None:
    vars(world).update(change)
    play = rehearse(world)

    assert play.run()["outcome"] == "handed_over"
    assert words in play.payloads("add_work_note")[0]["text"]
    assert all("approval" not in status for status in play.statuses)


def test_a_card_whose_fate_is_unknown_is_told_not_sent_again(world: World) -> None:
    world.next["post_card"] = [{"status": "unknown", "reason": "no answer", "retry_after_s": None}]
    play = rehearse(world)
    play.event("problem_resolved", {}, after_s=30)

    play.run()

    assert play.activity_names.count("post_card") == 2  # the announcement once, the end once
    assert any("may not have arrived" in payload["text"] for payload in play.payloads("add_work_note"))


def test_an_unavailable_channel_holds_the_flow_up_for_a_minute_at_most(world: World) -> None:
    world.next["post_card"] = [{"status": "unavailable", "reason": "away", "retry_after_s": None}] * 50
    play = rehearse(world)

    assert play.run()["outcome"] == "expired"
    assert play.elapsed_s <= 60 + 1800 + 60


def test_the_published_status_fits_into_what_durable_functions_keeps(world: World) -> None:
    long = "x" * 5000
    world.next["collect_problem"] = [
        {
            "status": "done",
            "value": {"items": [{"source": "dynatrace", "kind": "finding", "text": long} for _ in range(50)]},
        }
    ]
    play = rehearse(world, title=long)
    play.event("decision", decision(comment=long[:500]), after_s=60)

    play.run()

    assert max(len(json.dumps(status).encode("utf-16")) for status in play.statuses) < 16 * 1024


def test_words_from_outside_lose_their_markup_everywhere(world: World) -> None:
    play = rehearse(world, title="[click](https://evil.example) <b>now</b> [code]x[/code]")
    play.event("decision", decision(), after_s=60)

    play.run()

    told = json.dumps([payload for _, payload in play.calls if "text" in payload or "card" in payload])
    assert "](" not in told
    assert "<b>" not in told
    assert "[code]" not in told


def test_the_facts_reach_the_topic(world: World) -> None:
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)

    play.run()

    opened, decided, closed = play.payloads("publish_event")
    assert [opened["type"], decided["type"], closed["type"]] == [
        "incident.opened",
        "approval.decided",
        "incident.closed",
    ]
    assert closed["data"]["outcome"] == "resolved"
    assert closed["data"]["run_id"] == 103
    assert decided["data"]["decisions"] == [
        {"decision": "approve", "person_id": "ana", "at": "2026-11-21T12:01:00Z"}
    ]


def window(minutes: float) -> dict[str, Any]:
    """Announced work that ends so many minutes after the rehearsal begins."""
    start_ms = round(START.timestamp() * 1000)
    ends = round(start_ms + minutes * 60_000)
    return {"start_ms": start_ms - 1000, "end_ms": ends, "source": "servicenow", "title": "CHG1"}


def test_a_problem_that_ends_within_announced_maintenance_has_no_incident(world: World) -> None:
    world.maintenance = [window(60)]
    play = rehearse(world)
    play.event("problem_resolved", {}, after_s=600)

    result = play.run()

    assert result["outcome"] == "planned"
    assert "open_incident" not in play.activity_names
    assert "post_card" not in play.activity_names


def test_a_problem_that_outlasts_the_maintenance_has_an_incident(world: World) -> None:
    world.maintenance = [window(10)]
    play = rehearse(world)
    play.event("decision", decision(), after_s=700)

    assert play.run()["outcome"] == "resolved"
    opened = next(
        status for status in play.statuses if any(s["name"] == "open_incident" for s in status["steps"])
    )
    step = next(s for s in opened["steps"] if s["name"] == "open_incident")
    assert step["started_at"] >= "2026-11-21T12:10:00"


def test_a_problem_that_joins_as_the_maintenance_ends_is_looked_into(world: World) -> None:
    world.maintenance = [window(60)]
    world.still_open = [["incident-7"]]
    play = rehearse(world)
    play.event("problem_resolved", {}, after_s=600)
    play.event("problem_joined", join(7), after_s=601)
    play.event("problem_resolved", {"identity": "incident-7"}, after_s=660)

    assert play.run()["outcome"] == "self_resolved"
    assert "open_incident" in play.activity_names
    ends = play.payloads("end_incident")
    assert [payload["outcome"] for payload in ends] == ["planned", "self_resolved"]
    assert len({payload["key"] for payload in ends}) == 2


def test_maintenance_that_is_over_is_no_reason_to_wait(world: World) -> None:
    world.maintenance = [window(-0.01)]
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)

    assert play.run()["outcome"] == "resolved"


def join(number: int, state: str = "OPEN", reason: str = "neighbour") -> dict[str, Any]:
    problem = {"display_id": f"P-{number}", "title": "Slow <b>", "state": state}
    return {"problem": problem, "identity": f"incident-{number}", "reason": reason}


def test_a_problem_that_joins_is_noted_once_however_often_it_is_told(world: World) -> None:
    play = rehearse(world)
    for _ in range(3):
        play.event("problem_joined", join(7), after_s=30)
    play.event("problem_resolved", {"identity": "incident-7"}, after_s=40)
    play.event("decision", decision(), after_s=60)

    assert play.run()["outcome"] == "resolved"
    notes = [payload["text"] for payload in play.payloads("add_work_note") if "P-7" in payload["text"]]
    assert len(notes) == 1
    assert "call each other" in notes[0]


def test_the_incident_resolves_itself_only_when_all_its_problems_are_over(world: World) -> None:
    play = rehearse(world)
    play.event("problem_joined", join(7), after_s=30)
    play.event("problem_resolved", {}, after_s=40)
    play.event("problem_resolved", {"identity": "incident-7"}, after_s=300)

    assert play.run()["outcome"] == "self_resolved"
    assert play.elapsed_s >= 300


def test_an_action_is_not_proven_while_a_problem_that_joined_is_open(world: World) -> None:
    world.recoveries = iter([recovery("")] * 100)
    play = rehearse(world)
    play.event("problem_joined", join(7), after_s=30)
    play.event("decision", decision(), after_s=60)

    assert play.run()["outcome"] == "unverified"


def test_a_storm_is_counted_and_only_its_first_problems_are_noted(world: World) -> None:
    play = rehearse(world)
    for number in range(60):
        play.event("problem_joined", join(number), after_s=30)
        play.event("problem_resolved", {"identity": f"incident-{number}"}, after_s=31)
    play.event("decision", decision(), after_s=60)

    play.run()

    noted = [p for p in play.payloads("add_work_note") if "Slow" in p["text"]]
    assert len(noted) == 10
    assert play.statuses[-1]["joined"] == 60


def test_a_flapping_problem_reopens_its_incident(world: World) -> None:
    reopens = {"sys_id": "r" * 32, "number": "INC9", "url": "https://snow.example/INC9"}
    play = Rehearsal(remediate_problem, {**request(), "reopens": reopens}, world.activities())
    play.event("decision", decision(), after_s=60)

    result = play.run()

    assert result["incident_number"] == "INC9"
    assert "open_incident" not in play.activity_names
    assert play.payloads("reopen_incident")[0]["sys_id"] == "r" * 32


def test_people_are_reminded_once_and_then_it_is_escalated(world: World) -> None:
    play = rehearse(world)
    play.event("decision", decision(), after_s=1700)

    play.run()

    said = [payload["card"]["body"][0]["text"] for payload in play.payloads("post_card")]
    assert [text.split(":")[0] for text in said[1:4]] == [
        "Still waits for a decision",
        "Escalated, nobody has decided and time is nearly over",
        "Approved by Ana",
    ]


def test_nobody_is_reminded_of_what_is_decided(world: World) -> None:
    play = rehearse(world)
    play.event("decision", decision("refuse"), after_s=60)

    play.run()

    said = [payload["card"]["body"][0]["text"] for payload in play.payloads("post_card")]
    assert not [text for text in said if "waits" in text]
    assert any(text.startswith("Refused by Ana") for text in said)


def card_texts(play: Rehearsal) -> list[str]:
    return [json.dumps(payload["card"]) for payload in play.payloads("post_card")]


def test_what_the_owner_lets_run_by_itself_runs_without_a_person_and_says_so(world: World) -> None:
    world.judgement["verdict"], world.risk = "automatic", "low"
    play = rehearse(world)

    assert play.run()["outcome"] == "resolved"
    assert any("without an approval" in payload["text"] for payload in play.payloads("add_work_note"))
    assert not any("/api/approvals/" in text for text in card_texts(play))
    _, decided, closed = play.payloads("publish_event")
    assert decided["data"]["decided"] == "automatic"
    assert (closed["data"]["automatic"], closed["data"]["action"]) == (True, "roll_back")


def test_high_risk_is_never_automatic_whatever_the_judgement_says(world: World) -> None:
    world.judgement["verdict"], world.risk = "automatic", "high"

    assert rehearse(world).run()["outcome"] == "expired"


def test_what_does_not_hold_any_more_is_planned_and_asked_again(world: World) -> None:
    world.next["begin_action"] = [done(go=False, reason="deployed_since")]
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)
    play.event("decision", decision(), after_s=120)

    assert play.run()["outcome"] == "resolved"
    assert play.activity_names.count("plan_action") == 2
    assert play.activity_names.count("start_action_run") == 1
    assert any(
        "another version was deployed" in payload["text"] for payload in play.payloads("add_work_note")
    )
    keys = [payload["key"] for name, payload in play.calls if name in ("post_card", "add_work_note")]
    assert len(set(keys)) == len(keys)


def test_what_changes_twice_is_handed_to_a_person(world: World) -> None:
    world.next["begin_action"] = [done(go=False, reason="busy")] * 2
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)
    play.event("decision", decision(), after_s=120)

    assert play.run()["outcome"] == "handed_over"
    assert "start_action_run" not in play.activity_names


def undoing(person: str = "bia") -> dict[str, Any]:
    undo = undo_of(roll_back(), {})
    assert undo is not None
    return decision(person=person, action_hash=action_hash(undo))


def test_an_action_that_did_not_help_is_taken_back_when_people_say_so(world: World) -> None:
    world.recoveries = iter([recovery("out_of_bounds")] * 100)
    world.run_states = iter([("completed", "succeeded")] * 2)
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)
    play.event("decision", undoing(), after_s=900)

    assert play.run()["outcome"] == "unverified"
    started = [payload["action"] for payload in play.payloads("start_action_run")]
    assert [action["type"] for action in started] == ["roll_back", "redeploy"]
    assert any(payload["text"].startswith("Undone") for payload in play.payloads("add_work_note"))
    assert play.payloads("publish_event")[-1]["data"]["undone"] == "undone"


def test_an_incident_whose_problems_end_while_undoing_is_asked_for_is_proven_once_more(world: World) -> None:
    world.recoveries = iter([*[recovery("still_open")] * 11, recovery("")])
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)
    play.event("problem_resolved", {}, after_s=900)

    assert play.run()["outcome"] == "resolved"
    assert [payload["action"]["type"] for payload in play.payloads("start_action_run")] == ["roll_back"]


def test_the_fact_of_the_end_says_when_it_was_noticed_taken_up_and_over(world: World) -> None:
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)

    play.run()

    told = play.payloads("publish_event")[-1]["data"]
    assert told["acknowledged_at"] == "2026-11-21T12:01:00Z"
    assert told["mitigated_at"] == "2025-11-21T12:05:00Z"
    assert told["opened_at"] < told["closed_at"]
    assert (told["service"], told["category"], told["joined"]) == ("checkout", "recent_deployment", 0)


def test_an_incident_that_cannot_go_on_is_told_as_such_to_the_warehouse_too(world: World) -> None:
    world.next["end_incident"] = [{"status": "refused", "reason": "no"}]
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)

    with pytest.raises(StepFailed, match="end_incident: no"):
        play.run()

    last = play.payloads("publish_event")[-1]
    assert (last["type"], last["data"]["outcome"]) == ("incident.closed", "failed")


def test_undoing_waits_for_people_where_the_problem_is_over_but_its_indicators_are_not(world: World) -> None:
    world.recoveries = iter([recovery("out_of_bounds")] * 100)
    world.run_states = iter([("completed", "succeeded")] * 2)
    play = rehearse(world)
    play.event("decision", decision(), after_s=60)
    play.event("problem_resolved", {}, after_s=90)
    play.event("problem_joined", join(7), after_s=800)
    play.event("problem_resolved", {"identity": "incident-7"}, after_s=810)
    play.event("decision", undoing(), after_s=900)

    assert play.run()["outcome"] == "unverified"
    assert [payload["action"]["type"] for payload in play.payloads("start_action_run")] == [
        "roll_back",
        "redeploy",
    ]


def test_an_incident_goes_on_for_a_problem_that_joined_while_it_ended(world: World) -> None:
    world.still_open = [["incident-7"]]
    play = rehearse(world)
    play.event("problem_resolved", {}, after_s=30)
    play.event("problem_joined", join(7), after_s=40)
    play.event("problem_resolved", {"identity": "incident-7"}, after_s=90)

    assert play.run()["outcome"] == "self_resolved"
    assert play.elapsed_s >= 90
    assert play.activity_names.count("end_incident") == 2
    assert play.activity_names.index("write_postmortem") > play.activity_names.index("end_incident")


def test_a_person_gets_an_incident_whose_last_problem_does_not_end(world: World) -> None:
    world.still_open = [["incident-7"]]
    play = rehearse(world)
    play.event("problem_resolved", {}, after_s=30)
    play.event("problem_joined", join(7), after_s=40)

    assert play.run()["outcome"] == "handed_over"
    assert [payload["outcome"] for payload in play.payloads("end_incident")] == [
        "self_resolved",
        "handed_over",
    ]


def test_a_resolved_problem_that_others_joined_already_is_not_over(world: World) -> None:
    play = rehearse(world, state="RESOLVED")
    play.slow["diagnose"] = 5.0
    play.event("problem_joined", join(7), after_s=1)
    play.event("decision", decision(), after_s=60)
    play.event("problem_resolved", {"identity": "incident-7"}, after_s=70)

    assert play.run()["outcome"] == "resolved"
