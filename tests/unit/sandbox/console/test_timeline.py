"""Orchestrations as the page shows them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.console import timeline


def step(name: str, begin: int, end: int | None, state: str = "done") -> dict[str, Any]:
    at = "2026-11-21T13:00:{:02}.000Z"
    ended = None if end is None else at.format(end)
    return {"name": name, "state": state, "started_at": at.format(begin), "ended_at": ended}


def operation(**changes: Any) -> dict[str, Any]:
    return {
        "id": "incident-1",
        "kind": "remediate_problem",
        "state": "completed",
        "outcome": "resolved",
        "created_at": "2026-11-21T13:00:00.000Z",
        "updated_at": "2026-11-21T13:00:20.000Z",
        "steps": [step("diagnose", 0, 5), step("verify", 10, 20)],
        "links": {},
        "case": None,
        "approval": None,
        **changes,
    }


def test_steps_are_bars_on_the_operations_own_time() -> None:
    view = timeline.operation(operation())
    assert [(bar["left"], bar["width"]) for bar in view["steps"]] == [(0, 25), (50, 50)]
    assert view["took"] == "20 s"
    assert view["title"] == "incident-1"


def test_a_running_step_reaches_to_now() -> None:
    now = datetime(2026, 11, 21, 13, 0, 40, tzinfo=UTC)
    raw = operation(state="running", outcome=None, steps=[step("verify", 20, None, "running")])
    view = timeline.operation(raw, now)
    assert [(bar["left"], bar["width"]) for bar in view["steps"]] == [(50, 50)]
    assert view["tone"] == "live"


def test_bars_stay_within_their_track_whatever_the_clocks_say() -> None:
    raw = operation(updated_at="2026-11-21T13:00:01.000Z", steps=[step("late", 30, 50), step("x", 0, 59)])
    for bar in timeline.operation(raw)["steps"]:
        assert 0 <= bar["left"] < 100
        assert 0 < bar["width"] <= 100 - bar["left"]


@pytest.mark.parametrize(
    ("changes", "status", "tone"),
    [
        ({}, "outcome.resolved", "good"),
        ({"outcome": "unverified"}, "outcome.unverified", "bad"),
        ({"outcome": "fail"}, "outcome.fail", "bad"),
        ({"outcome": "inconclusive"}, "outcome.inconclusive", "warn"),
        ({"outcome": "expired"}, "outcome.expired", "warn"),
        ({"state": "failed", "outcome": None}, "state.failed", "bad"),
        ({"state": "running", "outcome": None}, "state.running", "live"),
        (
            {"state": "running", "outcome": None, "steps": [step("await_decision", 1, None, "waiting")]},
            "state.waiting",
            "warn",
        ),
    ],
)
def test_an_operations_state_has_words_and_a_tone(changes: dict[str, Any], status: str, tone: str) -> None:
    view = timeline.operation(operation(**changes))
    assert (view["status"], view["tone"]) == (status, tone)


def test_the_decision_is_offered_only_while_it_is_wanted() -> None:
    links = {"approval": "http://127.0.0.1/api/approvals/x?token=t"}
    waiting = operation(state="running", outcome=None, approval={"state": "waiting"}, links=links)
    assert timeline.operation(waiting)["decide"] == links["approval"]
    assert timeline.operation({**waiting, "approval": {"state": "approve"}})["decide"] is None
    assert timeline.operation({**waiting, "state": "completed"})["decide"] is None
