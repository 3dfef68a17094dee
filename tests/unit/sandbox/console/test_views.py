"""Documents of the systems as the page shows them."""

from datetime import UTC, datetime

import pytest

from sandbox.console import views
from sandbox.console.clock import moment, shown, span


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
