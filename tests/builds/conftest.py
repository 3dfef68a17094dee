"""What became of each golden path's build, in a line each, at the end of `make golden-path-builds`."""

import re
from typing import Any

import pytest


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = _reports_by_path(terminalreporter.stats)
    if reports:
        terminalreporter.section("golden paths")
    for path, outcomes in sorted(reports.items()):
        terminalreporter.line(f"{path:<16} {_told(outcomes)}")


def _reports_by_path(stats: dict[str, list[Any]]) -> dict[str, dict[str, list[pytest.TestReport]]]:
    found: dict[str, dict[str, list[pytest.TestReport]]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in stats.get(outcome, []):
            if named := re.search(r"builds/test_(\w+)\.py", getattr(report, "nodeid", "")):
                path = named[1].replace("_", "-")
                found.setdefault(path, {}).setdefault(outcome, []).append(report)
    return found


def _told(outcomes: dict[str, list[pytest.TestReport]]) -> str:
    """failed wins over skipped, skipped over passed: what was left out is never told as passed."""
    said = [str(value) for report in outcomes.get("passed", []) for _name, value in report.user_properties]
    broken = [*outcomes.get("failed", []), *outcomes.get("error", [])]
    if broken:
        names = sorted({report.nodeid.rpartition("::")[2] for report in broken})
        return f"FAILED: {', '.join(names)}"
    missing = sorted({_reason(report) for report in outcomes.get("skipped", [])})
    return "; ".join([*said, *missing]) or "passed"


def _reason(report: pytest.TestReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return f"LEFT OUT: {reason.removeprefix('Skipped: ')}"
