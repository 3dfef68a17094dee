"""Orchestration: remediate_problem, against a bare one with as many activities and the same HTTP calls.

What is run is the story of a problem that resolves by itself: thirteen activities, no waiting for people.
Both run under the same host, backend and vendors, in turns; the bare one publishes no events.
"""

import asyncio
import itertools
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.processes import ROOT, durable, host
from functions.starting import VERSION, policy
from sandbox.platform.process import Child, Spec
from sandbox.platform.story import World, read_document, world
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
        async with _platform(folder) as there, durable(folder / "bare") as backend:
            # Vendors as quick as they can be, so that they are not what is measured.
            await there.control("teams", "PUT", "config", {"requests_per_second": 10_000})
            await there.control("dynatrace", "PUT", "config", {"sample_seconds": 60.0})
            logging.getLogger("durabletask-async_client").setLevel(logging.WARNING)
            problem = await there.break_service()
            environment = await _bare_environment(there)
            async with host(folder, BARE, backend, environment):
                ours = _starter(
                    there.document["durable"]["address"], "remediate_problem", _request(there, problem)
                )
                bare = _starter(backend, "bare_remediation", _facts(there, problem))
                await ours(AT_ONCE)
                await bare(AT_ONCE)
                rounds = [(await ours(RUNS), await bare(RUNS)) for _ in range(ROUNDS)]
    ratio = statistics.median(mine / other for mine, other in rounds)
    value, baseline = (statistics.median(column) for column in zip(*rounds, strict=True))
    return {
        "name": NAME,
        "value": round(value, 1),
        "unit": "runs/s",
        "baseline": round(baseline, 1),
        "ratio": round(ratio, 2),
        "goal": RATIO_GOAL,
        "met": ratio >= RATIO_GOAL,
        "detail": {"runs_a_round": RUNS, "at_once": AT_ONCE, "rounds": ROUNDS},
    }


@asynccontextmanager
async def _platform(folder: Path) -> AsyncIterator[World]:
    state = folder / "state"
    command = (sys.executable, "-m", "sandbox", "up", "--json", "--with-parent", "--state", str(state))
    child = Child(Spec("platform", command, environment=_inherited()), folder)
    await child.start(within_s=90)
    try:
        async with world(read_document(state)) as there:
            yield there
    finally:
        await child.stop(within_s=20)


def _inherited() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _starter(address: str, name: str, request: dict[str, Any]) -> Any:
    """Runs `count` orchestrations, AT_ONCE at a time; gives runs/s. Raises when one does not end well."""
    from durabletask.client import AsyncTaskHubGrpcClient

    async def start(count: int) -> float:
        client = AsyncTaskHubGrpcClient(host_address=address)
        gate = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with gate:
                made = await client.schedule_new_orchestration(
                    name, input=request, instance_id=f"bench-{next(_numbers)}", version=VERSION
                )
                ended = await client.wait_for_orchestration_completion(made, timeout=120)
                if (
                    ended is None
                    or json.loads(ended.serialized_output or "{}").get("outcome") != "self_resolved"
                ):
                    raise RuntimeError(f"{name} did not end well: {ended}")

        began = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(count)))
        took = time.perf_counter() - began
        await client.close()
        return count / took

    return start


def _request(there: World, problem: dict[str, Any]) -> dict[str, Any]:
    from sandbox.platform.app_settings import app_settings

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


def _facts(there: World, problem: dict[str, Any]) -> dict[str, Any]:
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


async def _bare_environment(there: World) -> dict[str, str]:
    from datetime import UTC, datetime, timedelta

    from azure.storage.blob import ContainerClient, ContainerSasPermissions, generate_container_sas

    document = there.document
    vendors = document["vendors"]
    container = ContainerClient.from_connection_string(document["blob"]["connection_string"], "valueflow")
    sas = generate_container_sas(
        container.account_name,
        container.container_name,
        account_key=document["blob"]["key"],
        permission=ContainerSasPermissions(read=True, write=True, create=True, list=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    form = {name: vendors["servicenow"][name] for name in ("client_id", "client_secret")}
    signed = await there.http.post(
        f"{vendors['servicenow']['url']}/oauth_token.do", data={"grant_type": "client_credentials", **form}
    )
    return {
        "BARE_DYNATRACE": vendors["dynatrace"]["url"],
        "BARE_DYNATRACE_TOKEN": vendors["dynatrace"]["token"],
        "BARE_SERVICENOW": vendors["servicenow"]["url"],
        "BARE_SERVICENOW_TOKEN": signed.json()["access_token"],
        "BARE_DEVOPS": vendors["azure_devops"]["organization_url"],
        "BARE_DEVOPS_TOKEN": vendors["azure_devops"]["token"],
        "BARE_TEAMS": vendors["teams"]["webhook_url"],
        "BARE_OPENAI": vendors["openai"]["base_url"],
        "BARE_OPENAI_KEY": vendors["openai"]["api_key"],
        "BARE_BLOB": str(container.url),
        "BARE_BLOB_SAS": sas,
    }
