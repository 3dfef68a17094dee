"""The worker (the Functions host) is killed with SIGKILL while the rollback runs."""

import os
import signal
from pathlib import Path

from sandbox.demo.stage import Stage, operation_of
from sandbox.platform.story import TITLES, read_document

NAME = "killed_worker"
TITLE = "The worker is killed during the rollback: one run, one incident"
RUN_SECONDS = 6.0
"""Long enough that the worker dies while the run is under way."""


async def play(stage: Stage) -> None:
    usual = await stage.world.control("azure_devops", "GET", "config")
    await stage.world.control("azure_devops", "PUT", "config", {"run_seconds": RUN_SECONDS})
    try:
        await _play(stage)
    finally:
        seconds = {"run_seconds": usual["run_seconds"]}
        await stage.world.control("azure_devops", "PUT", "config", seconds)


async def _play(stage: Stage) -> None:
    problem_id = await stage.open_problem(TITLES[1])
    operation_id = operation_of(problem_id)
    await stage.decision_wanted(problem_id)
    await stage.approve(operation_id)
    started = await stage.until("a rollback run", lambda: stage.runs(operation_id), lambda runs: runs)
    before = _host(stage)
    os.kill(before["pid"], signal.SIGKILL)
    stage.say(f"run {started[0]['id']} is under way; the worker (process {before['pid']}) is killed")

    async def host() -> dict[str, int]:
        return _host(stage)

    after = await stage.until("a new worker", host, lambda now: now["pid"] not in (None, before["pid"]))
    ended = await stage.ended(operation_id)
    runs, incidents = await stage.runs(operation_id), await stage.incidents(operation_id)
    stage.check("outcome", expected="resolved", observed=ended["outcome"])
    stage.check("rollback runs", expected=1, observed=len(runs))
    stage.check("incidents", expected=1, observed=len(incidents))
    stage.check("the incident's state", expected="6", observed=incidents[0]["state"])
    names = [step["name"] for step in ended["steps"]]
    stage.check("steps done twice", expected=[], observed=sorted({n for n in names if names.count(n) > 1}))
    stage.say(f"worker {after['pid']} went on: {incidents[0]['number']} resolved with one run")
    stage.evidence |= {
        "operation": operation_id,
        "incident": incidents[0]["number"],
        "runs": [run["id"] for run in runs],
        "worker_before": before["pid"],
        "worker_after": after["pid"],
    }


def _host(stage: Stage) -> dict[str, int]:
    document = read_document(Path(stage.world.document["state"]))
    found: dict[str, int] = document["processes"]["host"]
    return found
