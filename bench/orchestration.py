"""Orchestration: remediate_problem, against a bare one with as many activities and the same HTTP calls.

What is run is the story of a problem that was over when it was told: 25 activities, no waiting for people.
Both run under the same host, backend and vendors, in turns; the bare one publishes no events.
"""

import asyncio
import itertools
import tempfile
from pathlib import Path
from typing import Any

from bench.meter import Meter
from bench.processes import durable, host, meter_of, platform
from bench.turns import Orchestration, Work, bare_environment, in_turns
from functions.starting import policy
from sandbox.platform.app_settings import app_settings
from sandbox.platform.story import World
from shared.settings import load

NAME = "orchestration"
GOAL = "remediate_problem runs/s at least 0.7 of a bare orchestration's with the same HTTP calls"
RATIO_GOAL = 0.7
RUNS, AT_ONCE, ROUNDS = 48, 16, 3

BARE = Path(__file__).parent / "apps" / "bare_remediation"
_numbers = itertools.count()


def run() -> dict[str, Any]:
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bare").mkdir()
        async with platform(folder) as there, durable(folder / "bare") as backend:
            problem = await there.break_service()
            async with host(folder, BARE, backend, await bare_environment(there)) as bare_host:
                own = meter_of(there, "host"), there.document["durable"]["address"]
                ours = _orchestration(*own, "remediate_problem", _request(there, problem))
                other = Meter(bare_host.pid), backend
                bare = _orchestration(*other, "bare_remediation", facts(there, problem))
                measured = await in_turns(ours, bare, runs=RUNS, at_once=AT_ONCE, rounds=ROUNDS)
    return {
        "name": NAME,
        **measured,
        "unit": "runs/s",
        "goal": RATIO_GOAL,
        "met": measured["ratio"] >= RATIO_GOAL,
    }


def _orchestration(meter: Meter, backend: str, name: str, request: dict[str, Any]) -> Orchestration:
    async def prepare() -> Work:
        return f"bench-{next(_numbers)}", request

    return Orchestration(meter, backend, name, "self_resolved", prepare)


def _request(there: World, problem: dict[str, Any]) -> dict[str, Any]:
    configuration = load(app_settings(there.document))
    told = {
        "problem_id": problem["problemId"],
        "display_id": problem["displayId"],
        "title": problem["title"],
        "impact": "SERVICES",
        "severity": "ERROR",
        "state": "RESOLVED",
        "start_ms": problem["startTime"],
        "entities": [{"id": there.demo["entity_id"], "name": "checkout", "type": "SERVICE"}],
        "url": "",
        "tags": [],
    }
    common = {"policy": policy(configuration), "language": "en", "public_url": configuration.public_url}
    return {**common, "problem": told}


def facts(there: World, problem: dict[str, Any]) -> dict[str, Any]:
    """The input of the bare orchestration for this problem of the demo's service."""
    from openai.lib._parsing._completions import type_to_response_format_param

    from shared.assistant.port import Cause

    question = {
        "model": "gpt-5-mini",
        "response_format": type_to_response_format_param(Cause),
        "messages": [{"role": "user", "content": "E1 E2 E3 " * 100}],
    }
    return {
        "problem_id": problem["problemId"],
        "entity_id": there.demo["entity_id"],
        "metric_selector": "builtin:service.errors.total.rate",
        "from_ms": problem["startTime"] - 2 * 60 * 60 * 1000,
        "project": there.demo["project"],
        "pipeline_id": there.demo["pipeline_id"],
        "question": question,
    }
