"""`python -m bench [--only NAME]`: run the measurements, write build/bench.json and docs/performance.md.

Exit status 1 when a goal is missed. With --only, the other figures of the last run stay.
"""

import argparse
import importlib
import json
import os
import pkgutil
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import bench

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "build" / "bench.json"
PAGE = ROOT / "docs" / "performance.md"


def measurements() -> dict[str, ModuleType]:
    """The modules of this package that measure something, by name."""
    found = [importlib.import_module(f"bench.{info.name}") for info in pkgutil.iter_modules(bench.__path__)]
    return {module.NAME: module for module in found if hasattr(module, "NAME")}


def main() -> None:
    known = measurements()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=sorted(known))
    only = parser.parse_args().only
    earlier = json.loads(RESULTS.read_text())["benchmarks"] if RESULTS.exists() else []
    results = {result["name"]: result for result in earlier if result["name"] in known}
    for name in [only] if only else sorted(known):
        print(f"bench: {name}: {known[name].GOAL}", flush=True)
        load = os.getloadavg()[0]
        results[name] = known[name].run()
        results[name].setdefault("detail", {})["load_average_before"] = round(load, 1)
        print(f"bench: {_line(results[name])}", flush=True)
    _write([results[name] for name in sorted(results)], known)
    if not all(results[name]["met"] for name in ([only] if only else known)):
        sys.exit("bench: a goal was missed")


def _line(result: dict[str, Any]) -> str:
    met = "met" if result["met"] else "MISSED"
    return (
        f"{result['name']}: {result['value']} {result['unit']}, baseline {result['baseline']}, "
        f"ratio {result['ratio']} (goal {result['goal']}): {met}"
    )


def _write(results: list[dict[str, Any]], known: dict[str, ModuleType]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"benchmarks": results}, indent=2) + "\n")
    rows = [
        f"| `{r['name']}` | {known[r['name']].GOAL} | {r['value']} {r['unit']} | {_baseline(r)} | "
        f"{r['ratio']} | {'yes' if r['met'] else 'no'} |"
        for r in results
    ]
    details = [
        f"- `{r['name']}`: "
        + ", ".join(_detail(*each) for each in r["detail"].items() if not isinstance(each[1], dict | list))
        for r in results
        if r.get("detail")
    ]
    PAGE.write_text("\n".join([*_head(), *rows, "", *details, ""]))


def _baseline(result: dict[str, Any]) -> str:
    """baseline_is: what it is where it is not the bare engine."""
    other = f" ({result['baseline_is']})" if "baseline_is" in result else ""
    return f"{result['baseline']} {result['unit']}{other}"


def _detail(name: str, value: object) -> str:
    return f"{name.replace('_', ' ')} {value}"


def _head() -> list[str]:
    today, cores = datetime.now(UTC).date().isoformat(), os.cpu_count()
    return [
        "# Performance",
        "",
        "Ratios against the bare engine in the same run, unless the baseline says otherwise; absolute figures are of "
        "this machine and day only, and tell little where its load average before was not below 1. Made by "
        "`make bench`, one row by `make bench ONLY=<name>`.",
        "",
        f"Last run: {today}, {platform.system()}, Python {platform.python_version()}, {cores} cores.",
        "",
        "| measurement | goal | ours | baseline | ratio | met |",
        "|---|---|---|---|---|---|",
    ]


if __name__ == "__main__":
    main()
