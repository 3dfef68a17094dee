"""What the demo tells in the end."""

import json
from pathlib import Path

from sandbox.demo.report import Result, table, write
from sandbox.demo.stage import Check


def test_a_scenario_passes_only_when_it_was_told_to_its_end_and_every_check_holds() -> None:
    good, bad = Check("incidents", 1, 1), Check("runs", 1, 2)
    assert Result("a", "A", 1.0, [good]).passed
    assert not Result("a", "A", 1.0, [good, bad]).passed
    assert not Result("a", "A", 1.0, [good], problem="overdue").passed
    assert not Result("a", "A", 1.0, []).passed


def test_the_table_says_what_was_expected_and_what_was_observed() -> None:
    told = table([Result("a", "One incident", 2.5, [Check("runs", 1, 2)], problem="it never ended")])
    lines = told.splitlines()
    assert lines[0].split() == ["expected", "observed"]
    assert lines[1] == "One incident  2.5 s  FAILED"
    assert lines[2].split() == ["runs", "1", "2", "FAILED"]
    assert "it never ended" in lines[3]


def test_long_values_do_not_break_the_table() -> None:
    told = table([Result("a", "A", 1.0, [Check("text", "x" * 500, ["y" * 500])])])
    assert max(map(len, told.splitlines())) < 120


def test_the_report_is_json_with_evidence(tmp_path: Path) -> None:
    path = tmp_path / "build" / "demo-report.json"
    result = Result("forged", "T", 1.234, [Check("answer", 401, 401)], {"incident": "INC1", "odd": {1}})
    write([result], path)
    (told,) = json.loads(path.read_text())["scenarios"]
    assert (told["name"], told["passed"], told["seconds"]) == ("forged", True, 1.23)
    assert told["evidence"]["incident"] == "INC1"
    assert told["evidence"]["checks"] == [{"what": "answer", "expected": 401, "observed": 401, "holds": True}]
