"""Documents of the systems as the page shows them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.console import views
from sandbox.console.clock import moment, shown, span


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
    view = views.operation(operation())
    assert [(bar["left"], bar["width"]) for bar in view["steps"]] == [(0, 25), (50, 50)]
    assert view["took"] == "20 s"
    assert view["title"] == "incident-1"


def test_a_running_step_reaches_to_now() -> None:
    now = datetime(2026, 11, 21, 13, 0, 40, tzinfo=UTC)
    raw = operation(state="running", outcome=None, steps=[step("verify", 20, None, "running")])
    view = views.operation(raw, now)
    assert [(bar["left"], bar["width"]) for bar in view["steps"]] == [(50, 50)]
    assert view["tone"] == "live"


def test_bars_stay_within_their_track_whatever_the_clocks_say() -> None:
    raw = operation(updated_at="2026-11-21T13:00:01.000Z", steps=[step("late", 30, 50), step("x", 0, 59)])
    for bar in views.operation(raw)["steps"]:
        assert 0 <= bar["left"] < 100
        assert 0 < bar["width"] <= 100 - bar["left"]


@pytest.mark.parametrize(
    ("changes", "status", "tone"),
    [
        ({}, "outcome.resolved", "good"),
        ({"outcome": "unverified"}, "outcome.unverified", "bad"),
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
    view = views.operation(operation(**changes))
    assert (view["status"], view["tone"]) == (status, tone)


def test_the_decision_is_offered_only_while_it_is_wanted() -> None:
    links = {"approval": "http://127.0.0.1/api/approvals/x?token=t"}
    waiting = operation(state="running", outcome=None, approval={"state": "waiting"}, links=links)
    assert views.operation(waiting)["decide"] == links["approval"]
    assert views.operation({**waiting, "approval": {"state": "approve"}})["decide"] is None
    assert views.operation({**waiting, "state": "completed"})["decide"] is None


def test_a_run_is_running_until_its_time_has_come() -> None:
    run = {"id": 1, "name": "n", "pipeline_id": 1, "version": "c" * 40, "result": "failed", "created_ms": 1,
           "finish_ms": 1000, "variables": {}}  # fmt: skip
    state = {"pipeline": [{"id": 1, "name": "p", "project_id": "", "repository_id": ""}], "run": [run]}
    assert views.pipelines(state, 999)[0]["runs"][0]["status"] == "state.running"
    assert views.pipelines(state, 1000)[0]["runs"][0]["status"] == "state.failed"


def test_tables_are_in_the_order_in_which_data_flows() -> None:
    raw = [
        {"schema": schema, "name": "T", "kind": "table", "rows": 1}
        for schema in ("MART", "OTHER", "CORE", "SCHEMACHANGE", "RAW")
    ]
    assert [row["schema"] for row in views.tables(raw)] == ["RAW", "CORE", "MART", "OTHER"]


def test_a_fault_tells_what_how_and_how_long() -> None:
    raw = {"operation": "*", "kind": "latency", "seconds": 3.0, "status": 503, "until_ms": None, "times": 2}
    assert views.fault("teams", raw) == {
        "vendor": "teams", "operation": "*", "what": "latency 3.0 s", "until": None, "times": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0.0 s"),
        (0.44, "0.4 s"),
        (9.99, "10 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_durations_are_words(seconds: float, words: str) -> None:
    # 59.6 s rounds to a whole minute.
    assert span(seconds) == words


def test_times_of_all_systems_are_understood() -> None:
    at = datetime(2026, 11, 21, 13, 0, 2, tzinfo=UTC)
    assert moment("2026-11-21 13:00:02") == at
    assert moment("2026-11-21T13:00:02Z") == at
    assert moment(at.timestamp() * 1000) == at
    assert [moment(nothing) for nothing in ("", None, -1, "soon", True)] == [None] * 5
    assert shown("") == ""
    assert 'datetime="2026-11-21T13:00:02.000+00:00"' in str(shown("2026-11-21T13:00:02Z"))
