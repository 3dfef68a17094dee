"""The table of what was played: printed at the end of the tests, kept in build/ as Markdown and JSON."""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

BUILD = Path(__file__).parents[3] / "build"
PROPERTY = "crash_matrix"
ALL = "CRASH_MATRIX"
"""Environment variable: "all" plays the whole matrix."""
_COLUMNS = ("step", "fault", "outcome", "seconds")

Row = Mapping[str, Any]


class Reporter(Protocol):
    """What we use of pytest's terminal reporter."""

    stats: dict[str, list[Any]]

    def section(self, title: str) -> None: ...

    def write_line(self, line: str) -> None: ...


def plays_all() -> bool:
    return os.environ.get(ALL) == "all"


def tell(reporter: Reporter) -> None:
    """Print and keep the table of the cases that were played, if any were."""
    rows = rows_of(reporter.stats)
    if not rows:
        return
    name = "crash-matrix" if plays_all() else "crash-matrix-sample"
    BUILD.mkdir(exist_ok=True)
    (BUILD / f"{name}.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    (BUILD / f"{name}.md").write_text("\n".join(markdown(rows)) + "\n")
    reporter.section(f"crash matrix, kept in {BUILD.name}/{name}.md")
    for line in markdown(rows):
        reporter.write_line(line)


def rows_of(stats: Mapping[str, Sequence[Any]]) -> list[Row]:
    """What the tests recorded, in the matrix' order."""
    found = [
        value
        for reports in stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", [])
        if name == PROPERTY and getattr(report, "when", "") == "call"
    ]
    return sorted(found, key=lambda row: row["number"])


def markdown(rows: Sequence[Row]) -> list[str]:
    """A table that can be read as it is, and what it comes to."""
    cells = [_COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(_COLUMNS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return [*lines, "", _sum(rows)]


def _cells(row: Row) -> tuple[str, ...]:
    step = ", ".join(filter(None, (row["step"], row["part"], row["world"])))
    return step, row["fault"], outcome_of(row), f"{row['seconds']:.1f}"


def outcome_of(row: Row) -> str:
    """In words, such as "nothing left, after trying again"."""
    if row["wrong"]:
        return "WRONG: " + "; ".join(row["wrong"])[:160].replace("|", "/")
    words = [row["outcome"]]
    words += ["after trying again"] if row["retried"] else []
    words += [f"with a warning: {', '.join(row['warnings'])}"] if row["warnings"] else []
    return ", ".join(words)


def _sum(rows: Sequence[Row]) -> str:
    counts = Counter("WRONG" if row["wrong"] else row["outcome"] for row in rows)
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    return f"{len(rows)} cases in {sum(row['seconds'] for row in rows):.0f} s: {told}."
