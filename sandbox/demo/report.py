"""What the demo found: a table for people, build/demo-report.json for machines."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.demo.stage import Check

_WIDEST = 44


@dataclass
class Result:
    """One scenario played. problem: why it could not be played to its end."""

    name: str
    title: str
    seconds: float
    checks: Sequence[Check] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def passed(self) -> bool:
        return not self.problem and bool(self.checks) and all(check.holds for check in self.checks)


def table(results: Sequence[Result]) -> str:
    """What was expected and what was observed, scenario by scenario."""
    rows = [("", "expected", "observed", "")]
    for result in results:
        mark = "ok" if result.passed else "FAILED"
        rows.append((f"{result.title}  {result.seconds:.1f} s", "", "", mark))
        rows += [
            (
                f"  {check.what}",
                _short(check.expected),
                _short(check.observed),
                "ok" if check.holds else "FAILED",
            )
            for check in result.checks
        ]
        if result.problem:
            rows.append((f"  {result.problem}", "", "", "FAILED"))
    widths = [max(len(row[column]) for row in rows if row[1] or column) for column in range(3)]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}".rstrip()
        if row[1]
        else f"{row[0]}  {row[3]}".rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def write(results: Sequence[Result], path: Path) -> None:
    """The report as JSON: {"scenarios": [{"name", "passed", "seconds", "evidence"}]}."""
    scenarios = [
        {
            "name": result.name,
            "passed": result.passed,
            "seconds": round(result.seconds, 2),
            "evidence": {
                **result.evidence,
                "checks": [
                    {"what": c.what, "expected": c.expected, "observed": c.observed, "holds": c.holds}
                    for c in result.checks
                ],
                **({"problem": result.problem} if result.problem else {}),
            },
        }
        for result in results
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"scenarios": scenarios}, indent=2, ensure_ascii=False, default=str) + "\n", "utf-8"
    )


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
