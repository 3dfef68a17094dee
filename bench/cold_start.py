"""Cold start: import the app and index it, against an app that only imports the two packages it cannot do without."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

NAME = "cold_start"
GOAL = "importing and indexing the app takes at most 1.25 times what an app without content takes"
RATIO_GOAL = 1.25
PAIRS = 15

ROOT = Path(__file__).parents[1]
BARE = Path(__file__).parent / "apps" / "bare_start"
CODE = """
import sys, time
sys.path.insert(0, {folder!r})
began = time.perf_counter()
import function_app
functions = function_app.app.get_functions()
print(time.perf_counter() - began)
"""


def run() -> dict[str, Any]:
    """Fresh processes, in pairs, so that a slow moment of the machine meets both."""
    pairs = [(_start_s(ROOT), _start_s(BARE)) for _ in range(PAIRS + 1)][
        1:
    ]  # the first pair fills the caches
    ratio = statistics.median(ours / bare for ours, bare in pairs)
    ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {
        "name": NAME,
        "value": round(ours * 1000, 1),
        "unit": "ms",
        "baseline": round(bare * 1000, 1),
        "ratio": round(ratio, 3),
        "goal": RATIO_GOAL,
        "met": ratio <= RATIO_GOAL,
        "detail": {"pairs": PAIRS},
    }


def _start_s(folder: Path) -> float:
    example = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", CODE.format(folder=str(folder))]
    told = subprocess.run(
        command, env=environment | example, cwd=folder, capture_output=True, text=True, check=True
    )
    return float(told.stdout)
