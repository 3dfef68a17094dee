"""evaluate_gate: waits for its window, is honest about what is missing, and puts back what failed in production."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from orchestrations.evaluate_gate import evaluate_gate
from orchestrations.saga import StepFailed
from shared.domain.action.action_policy import APPROVER
from shared.domain.approvals import action_hash
from shared.domain.gate.gates import Measured, unmeasured
from tests.fakes.orchestration import START, Crash, Outcome, Rehearsal, done
from tests.fakes.remediation import POLICY as BASE
from tests.fakes.remediation import SERVICE, roll_back

START_MS = int(START.timestamp() * 1000)
POLICY = {**BASE, "gate_settle_s": 120.0, "gate_patience_s": 300.0, "gate_poll_s": 60.0}
OBJECTIVE = {
    "name": "latency",
    "indicator": "latency",
    "aggregate": "median",
    "direction": "lower",
    "pass": [{"criteria": ["<=+10%"]}],
    "warn": [],
    "weight": 1,
    "key": False,
    "min_samples": 3,
}
RULES = {
    "pass_percent": 90,
    "warn_percent": 75,
    "inconclusive": "hold",
    "window_minutes": 10,
    "baseline": {"deployments": 5, "least": 1},
    "objectives": [OBJECTIVE],
}
CHECK = {"project_id": "p", "hub_name": "checks", "plan_id": "q", "job_id": "j", "task_id": "t"}
JUDGED = ["measure_gate", "keep_gate"]
TOLD = ["publish_event", "note_change", "post_card"]
AWAY = {"status": "unavailable", "reason": "away", "retry_after_s": None}


def reading(value: float | None, reason: str = "") -> Measured:
    return {**unmeasured(reason), "value": value, "samples": 9, "baseline": 100.0, "baseline_from": "history"}


class World:
    """What the activities answer. values: of the objective, look by look; then the last one again."""

    def __init__(self, *values: float | str | None) -> None:
        self.values = list(values)
        self.kept: list[dict[str, Any]] = []
        self.verdict = "ask"
        self.proposal_reason = ""
        self.run_results = ["succeeded"]
        self.next: dict[str, list[Outcome]] = {}
        self.asked = {
            "service": "checkout",
            "environment": "production",
            "version": "1.4.2",
            "commit": "b" * 40,
            "deployment_id": None,
            "run_id": 102,
            "change_number": "CHG0030001",
            "check": None,
            "dry_run": False,
            "from_ms": START_MS,
            "until_ms": START_MS + 600_000,
        }

    def rehearse(self, **asked: Any) -> Rehearsal:
        request = {
            "asked": {**self.asked, **asked},
            "service": SERVICE,
            "rules": RULES,
            "policy": POLICY,
            "language": "en",
            "public_url": "https://app.example",
        }
        return Rehearsal(evaluate_gate, request, self.activities(), instance_id="gate-checkout-1")

    def activities(self) -> Mapping[str, Any]:
        def fine(payload: dict[str, Any]) -> Outcome:
            return done(result="created")

        known: dict[str, Any] = {
            **dict.fromkeys(
                ("publish_event", "note_change", "post_card", "answer_check", "end_action"), fine
            ),
            "measure_gate": self.measure,
            "keep_gate": self.keep,
            "get_run": self.get_run,
            "plan_version_back": self.plan,
            "begin_action": lambda _: done(go=True, reason="", result="created"),
            "start_action_run": lambda _: done(run_id=103, url="https://dev.example/103", result="created"),
        }
        return {name: self._or_next(name, usual) for name, usual in known.items()}

    def measure(self, payload: dict[str, Any]) -> Outcome:
        value = self.values.pop(0) if len(self.values) > 1 else self.values[0]
        if value == "away":
            return AWAY
        told = reading(None, value) if isinstance(value, str) else reading(value)
        return done(measured={"latency": told})

    def keep(self, payload: dict[str, Any]) -> Outcome:
        self.kept.append(payload["result"])
        return done()

    def get_run(self, payload: dict[str, Any]) -> Outcome:
        at = (START + timedelta(seconds=900)).isoformat()
        if payload["run_id"] == 102:
            return done(state="completed", result="failed", finished_at=at)
        return done(state="completed", result=self.run_results[0], finished_at=at)

    def plan(self, payload: dict[str, Any]) -> Outcome:
        if self.proposal_reason:
            return done(action=None, risk="low", reason=self.proposal_reason)
        judgement = {
            "verdict": self.verdict,
            "approvers": 1,
            "role": APPROVER,
            "rules": ["failed_gate"],
            "reason": "",
        }
        return done(
            action=roll_back(),
            risk="medium",
            reason="",
            judgement=judgement,
            blast_radius="service",
            verification={},
            confidence=1.0,
        )

    def _or_next(self, name: str, usual: Any) -> Any:
        def activity(payload: dict[str, Any]) -> Outcome:
            planned = self.next.get(name)
            return planned.pop(0) if planned else usual(payload)

        return activity


def decide(play: Rehearsal, decision: str, after_s: float = 1000) -> None:
    told = {
        "decision": decision,
        "action_hash": action_hash(roll_back()),
        "person_id": "ana",
        "person_name": "Ana",
        "at": "2026-11-21T12:16:00Z",
        "comment": "",
    }
    play.event("decision", told, after_s=after_s)


def state(play: Rehearsal, world: World) -> str | None:
    rollback = world.kept[-1]["rollback"]
    return str(rollback["state"]) if rollback else None


def test_a_good_version_passes_once_its_window_and_late_data_are_over() -> None:
    world = World(105)
    play = world.rehearse()

    assert play.run() == {"verdict": "pass", "rollback": None}
    assert play.activity_names == [*JUDGED, *TOLD]
    assert play.elapsed_s == 600 + 120
    assert play.statuses[-1]["outcome"] == "pass"
    (fact,) = play.payloads("publish_event")
    assert fact["type"] == "gate.decided"
    assert fact["subject"] == "gate-checkout-1"
    assert fact["data"] == {
        "operation_id": "gate-checkout-1",
        "gate_id": "gate-checkout-1",
        **{
            name: world.asked[name]
            for name in ("service", "environment", "version", "commit", "deployment_id")
        },
        "verdict": "pass",
        "score": 100.0,
        "decided_at": world.kept[0]["decided_at"],
        "rollback": None,
    }
    assert "105" in play.payloads("note_change")[0]["text"]


def test_a_window_that_is_over_is_judged_at_once() -> None:
    play = World(105).rehearse(from_ms=START_MS - 3_600_000, until_ms=START_MS - 600_000)
    play.run()

    assert play.elapsed_s == 0


def test_late_data_is_waited_for() -> None:
    play = World("late", "few_samples", 105).rehearse()

    assert play.run()["verdict"] == "pass"
    assert play.elapsed_s == 720 + 120


@pytest.mark.parametrize("reason", ["no_data", "few_samples", "late", "vendor", "no_baseline"])
def test_what_stays_missing_is_inconclusive_and_touches_nothing(reason: str) -> None:
    world = World(reason)
    play = world.rehearse()

    assert play.run() == {"verdict": "inconclusive", "rollback": None}
    assert world.kept[0]["decision"] == "hold"
    assert play.elapsed_s == 720 + 300
    assert "start_action_run" not in play.activity_names


def test_what_nobody_measures_is_not_waited_for() -> None:
    play = World("not_measured").rehearse()

    assert play.run()["verdict"] == "inconclusive"
    assert play.elapsed_s == 720


def test_dynatrace_away_is_inconclusive() -> None:
    world = World("away")
    play = world.rehearse()

    assert play.run()["verdict"] == "inconclusive"
    assert world.kept[0]["objectives"][0]["reason"] == "vendor"
    assert world.kept[0]["score"] is None


def test_a_failed_version_is_put_back_once_people_allow_it_and_proven() -> None:
    world = World(300, 300, 101)
    play = world.rehearse()
    decide(play, "approve")

    result = play.run()

    assert result["verdict"] == "fail"
    assert result["rollback"]["state"] == "verified"
    assert play.activity_names == [
        *JUDGED, *TOLD,
        "get_run", "plan_version_back", "keep_gate", "post_card",
        "post_card", "publish_event",
        "begin_action", "start_action_run", "note_change", "get_run", "end_action",
        "measure_gate", "measure_gate",
        "keep_gate", "note_change", "post_card", "publish_event",
    ]  # fmt: skip
    first, last = play.payloads("publish_event")[0], play.payloads("publish_event")[-1]
    assert (first["data"]["rollback"], last["data"]["rollback"]) == (None, "gate-checkout-1")
    assert play.payloads("begin_action")[0]["because"] == "gate"
    assert state(play, world) == "verified"


def test_the_proof_looks_at_a_window_after_the_action_and_nothing_else() -> None:
    world = World(300, 101)
    play = world.rehearse()
    decide(play, "approve")
    play.run()

    proof = play.payloads("measure_gate")[-1]
    assert (proof["from_ms"], proof["until_ms"], proof["length_ms"]) == (START_MS + 900_000, None, 600_000)
    assert proof["deployed_ms"] == START_MS


def test_the_owner_s_word_and_the_policies_put_it_back_without_a_person() -> None:
    world = World(300, 101)
    world.verdict = "automatic"
    play = world.rehearse()

    assert play.run()["rollback"]["state"] == "verified"
    assert play.statuses[-1]["approval"]["state"] == "automatic"
    audits = [one for one in play.payloads("publish_event") if one["type"] == "approval.decided"]
    assert audits[0]["data"]["rules"] == ["failed_gate"]


@pytest.mark.parametrize(("said", "ends"), [("refuse", "refused"), (None, "expired")])
def test_without_a_yes_nothing_is_done(said: str | None, ends: str) -> None:
    world = World(300)
    play = world.rehearse()
    if said:
        decide(play, said)

    assert play.run()["rollback"]["state"] == ends
    assert "begin_action" not in play.activity_names


def test_no_proof_is_said_so() -> None:
    world = World(300)
    world.verdict = "automatic"
    play = world.rehearse()

    rollback = play.run()["rollback"]
    assert (rollback["state"], rollback["done"]) == ("unverified", True)


@pytest.mark.parametrize("reason", ["no_data", "too_soon", "few_samples"])
def test_missing_data_proves_nothing(reason: str) -> None:
    world = World(300, reason)
    world.verdict = "automatic"

    assert world.rehearse().run()["rollback"]["state"] == "unverified"


def test_a_run_that_fails_is_told_as_what_it_is() -> None:
    world = World(300)
    world.verdict, world.run_results = "automatic", ["failed"]
    play = world.rehearse()

    rollback = play.run()["rollback"]
    assert (rollback["state"], rollback["done"]) == ("failed", False)
    assert [
        one["data"]["rollback"] for one in play.payloads("publish_event") if "rollback" in one["data"]
    ] == [None]


def test_where_there_is_nothing_to_go_back_to_a_person_is_told() -> None:
    world = World(300)
    world.proposal_reason = "no_good_run"
    play = world.rehearse()

    assert play.run()["rollback"]["state"] == "none"
    assert "A person decides" in str(play.payloads("post_card")[-1]["card"])


def test_azure_devops_away_is_no_reason_to_guess() -> None:
    world = World(300)
    world.next["plan_version_back"] = [AWAY] * 9
    play = world.rehearse()

    assert play.run()["rollback"]["state"] == "none"
    assert "begin_action" not in play.activity_names


def test_only_production_is_put_back() -> None:
    play = World(300).rehearse(environment="preview")

    assert play.run() == {"verdict": "fail", "rollback": None}
    assert play.activity_names == [*JUDGED, *TOLD]


def test_a_dry_run_says_what_would_be_done_and_does_nothing() -> None:
    world = World(300)
    play = world.rehearse(dry_run=True)

    assert play.run()["rollback"]["state"] == "would"
    assert play.activity_names == [*JUDGED, "get_run", "plan_version_back", "keep_gate"]


def test_without_a_change_nothing_is_noted() -> None:
    play = World(105).rehearse(change_number=None)
    play.run()

    assert play.activity_names == [*JUDGED, "publish_event", "post_card"]


def test_a_change_record_that_is_away_holds_nothing_up() -> None:
    world = World(105)
    world.next["note_change"] = [AWAY] * 20

    assert world.rehearse().run()["verdict"] == "pass"


@pytest.mark.parametrize(("value", "proceed"), [(105, True), (300, False), ("no_data", False)])
def test_a_check_of_azure_pipelines_hears_the_decision_first(value: Any, proceed: bool) -> None:
    play = World(value).rehearse(check=CHECK, environment="preview")
    play.run()

    assert play.activity_names[-4:] == ["answer_check", *TOLD]
    assert play.payloads("answer_check")[0]["proceed"] is proceed


def test_a_check_that_cannot_be_answered_holds_nothing_up() -> None:
    world = World(105)
    world.next["answer_check"] = [{"status": "refused", "reason": "no"}]

    assert world.rehearse(check=CHECK).run()["verdict"] == "pass"


@pytest.mark.parametrize(
    "killed", ["measure_gate", "keep_gate", "post_card", "plan_version_back", "end_action"]
)
def test_every_step_repeats_with_the_key_it_had(killed: str) -> None:
    """A step whose answer is lost is done again under the same key, so that what looks first finds it."""
    world = World(300, 101)
    world.verdict = "automatic"
    world.next[killed] = [{"status": "unknown", "reason": "no answer", "retry_after_s": None}]
    play = world.rehearse()

    assert play.run()["rollback"]["state"] == "verified"
    keys = [payload["key"] for payload in play.payloads(killed)]
    assert keys[0].startswith("gate-checkout-1/")
    if killed != "post_card":
        assert keys[0] == keys[1]


def test_a_store_that_refuses_fails_the_operation_rather_than_lose_the_verdict() -> None:
    def crash(_: dict[str, Any]) -> Outcome:
        raise Crash("disk")

    world = World(105)
    vars(world)["keep"] = crash

    with pytest.raises(Exception, match="disk"):
        world.rehearse().run()


@pytest.mark.parametrize("activity", ["keep_gate", "publish_event", "end_action"])
def test_a_gate_that_cannot_go_on_says_so_to_everybody(activity: str) -> None:
    world = World(150)
    world.verdict = "automatic"
    world.next[activity] = [{"status": "refused", "reason": "no rights"}]
    play = world.rehearse()

    with pytest.raises(StepFailed):
        play.run()
    assert "no rights" in json.dumps(play.payloads("post_card")[-1]["card"])
    assert "no rights" in play.payloads("note_change")[-1]["text"]


def test_a_dry_run_that_cannot_go_on_tells_nobody() -> None:
    world = World(150)
    world.next["keep_gate"] = [{"status": "refused", "reason": "no rights"}]
    play = world.rehearse(dry_run=True)

    with pytest.raises(StepFailed):
        play.run()
    assert not play.payloads("post_card")


def test_servicenow_away_holds_the_way_back_up_for_a_minute_in_all() -> None:
    world = World(150)
    world.verdict = "automatic"
    world.next["note_change"] = [AWAY] * 99
    play = world.rehearse(until_ms=START_MS, from_ms=START_MS - 600_000, run_id=None)

    play.run()

    started = next(step for step in play.statuses[-1]["steps"] if step["name"] == "start_run")["started_at"]
    assert started <= (START + timedelta(seconds=POLICY["gate_settle_s"] + 65)).isoformat()
    tries = [payload["key"].rpartition("/")[2] for payload in play.payloads("note_change")]
    assert tries.count("note_gate") > 1
    assert tries.count("note_automatic") == tries.count("note_back") == 1
