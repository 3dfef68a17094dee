"""Incident opening: from the problem to its incident in ServiceNow, over webhook, topic and remediate_problem.

The vendors answer at once; the assistant is the embedded one. Dynatrace tells of a problem of a registered service as
soon as that begins; the clock stops when ServiceNow has written the incident, both by the simulators' own time. The
baseline is a bare orchestration with as many activities and the same HTTP calls, started without webhook and topic.
"""

import asyncio
import itertools
import json
import logging
import secrets
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.orchestration import BARE, facts
from bench.processes import durable, host, platform
from bench.storms import monitored_service
from bench.turns import ENDS_WITHIN_S, bare_environment
from functions.starting import VERSION
from sandbox.demo.stage import operation_of
from sandbox.platform.story import World

NAME = "incident_opening"
P95_GOAL_S = 5.0
GOAL = (
    f"webhook to incident opened p95 under {P95_GOAL_S:g} s, one problem at a time and 4 at a time, "
    "with the embedded assistant"
)
ALONE, TOGETHER, AT_ONCE = 30, 32, 4
_QUIET = logging.getLogger("bench.durable")
_LOOK_EVERY_S = 0.1
_numbers = itertools.count(1)

type Began = tuple[str, float]
"""The incident's correlation id, and when its problem began: seconds since 1970."""


@dataclass
class Lane:
    """A registered service whose problems come one after the other. hub, bare: clients of ours and the bare backend."""

    world: World
    hub: Any
    bare: Any
    problem: dict[str, Any] | None = None

    async def ours(self) -> Began:
        """One problem, to the end of its operation."""
        told = {
            "title": f"Failure rate increase {next(_numbers)}",
            "service_entity_id": self.world.demo["entity_id"],
        }
        await self.world.deploy(secrets.token_hex(20), "Retry payments without a limit")
        self.problem = problem = dict(await self.world.control("dynatrace", "POST", "problems", told))
        operation_id = operation_of(problem["problemId"])
        while not await self._has_incident(operation_id):
            if time.time() > problem["startTime"] / 1000 + ENDS_WITHIN_S:
                raise RuntimeError(f"{operation_id} opened no incident in {ENDS_WITHIN_S} s")
            await asyncio.sleep(_LOOK_EVERY_S)
        await self.world.control("dynatrace", "POST", f"problems/{problem['problemId']}/resolve", {})
        await self.hub.wait_for_orchestration_completion(operation_id, timeout=ENDS_WITHIN_S)
        return operation_id, problem["startTime"] / 1000

    async def baseline(self) -> Began:
        """One run of the bare orchestration, about the last problem."""
        assert self.problem is not None
        about = {**facts(self.world, self.problem), "question": None}
        instance_id, began = f"bare-{next(_numbers)}", time.time()
        await self.bare.schedule_new_orchestration(
            "bare_remediation", input=about, instance_id=instance_id, version=VERSION
        )
        await self.bare.wait_for_orchestration_completion(instance_id, timeout=ENDS_WITHIN_S)
        return instance_id, began

    async def _has_incident(self, operation_id: str) -> bool:
        state = await self.hub.get_orchestration_state(operation_id)
        told = json.loads((state and state.serialized_custom_status) or "null") or {}
        return "incident" in told.get("links", {})


def run() -> dict[str, Any]:
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    from durabletask.client import AsyncTaskHubGrpcClient

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bare").mkdir()
        async with AsyncExitStack() as stack:
            there = await stack.enter_async_context(platform(folder, {"OPENAI_URL": ""}))
            backend = await stack.enter_async_context(durable(folder / "bare"))
            await stack.enter_async_context(host(folder, BARE, backend, await bare_environment(there)))
            clients = [
                AsyncTaskHubGrpcClient(host_address=address, logger=_QUIET)
                for address in (there.document["durable"]["address"], backend)
            ]
            hub, bare = clients
            lanes = [Lane(await _world(there, f"lane-{each}"), hub, bare) for each in range(AT_ONCE)]
            await asyncio.gather(*(_one_by_one([lane.ours, lane.baseline], 2) for lane in lanes))
            alone = await _one_by_one([lanes[0].ours, lanes[0].baseline], 2 * ALONE)
            together = [
                await _side_by_side([lane.ours for lane in lanes], TOGETHER),
                await _side_by_side([lane.baseline for lane in lanes], TOGETHER),
            ]
            for client in clients:
                await client.close()
            written = await _written(there)
    times = {
        "ours": [_took(alone[0::2], written), _took(together[0], written)],
        "bare": [_took(alone[1::2], written), _took(together[1], written)],
    }
    return _result(times)


def _result(times: dict[str, list[list[float]]]) -> dict[str, Any]:
    p95 = {name: [statistics.quantiles(each, n=20)[-1] for each in found] for name, found in times.items()}
    p50 = {name: [statistics.median(each) for each in found] for name, found in times.items()}
    return {
        "name": NAME,
        "value": round(max(p95["ours"]), 2),
        "unit": "s",
        "baseline": round(max(p95["bare"]), 2),
        "ratio": round(statistics.median(times["ours"][0]) / statistics.median(times["bare"][0]), 2),
        "goal": P95_GOAL_S,
        "met": max(p95["ours"]) < P95_GOAL_S,
        "detail": {
            "problems": sum(map(len, times["ours"])),
            **{f"{name}_p50_one_at_a_time_s": round(p50[name][0], 3) for name in times},
            **{f"{name}_p95_one_at_a_time_s": round(p95[name][0], 3) for name in times},
            **{f"{name}_p50_{AT_ONCE}_at_a_time_s": round(p50[name][1], 3) for name in times},
            **{f"{name}_p95_{AT_ONCE}_at_a_time_s": round(p95[name][1], 3) for name in times},
            "ratio_is": "of the medians, one at a time",
        },
    }


async def _world(there: World, name: str) -> World:
    """The world of another service than the demo's, that was deployed well."""
    own = World(there.document, there.http)
    service = await monitored_service(there, name)
    own.demo |= {"service": name, **service}
    await own.deploy(own.demo["good_commit"], "Healthy", ago_s=3 * 3600)
    return own


async def _one_by_one(ways: Sequence[Callable[[], Awaitable[Began]]], count: int) -> list[Began]:
    return [await ways[number % len(ways)]() for number in range(count)]


async def _side_by_side(ways: Sequence[Callable[[], Awaitable[Began]]], count: int) -> list[Began]:
    """Each way in a line of its own."""
    lines = await asyncio.gather(*(_one_by_one([way], count // len(ways)) for way in ways))
    return [each for line in lines for each in line]


async def _written(there: World) -> dict[str, float]:
    """When ServiceNow wrote each incident, by its correlation id; in seconds since 1970."""
    entries = await there.journal("servicenow", "create_incident")
    return {
        entry["ids"]["correlation_id"]: datetime.fromisoformat(entry["at"]).timestamp() for entry in entries
    }


def _took(began: Sequence[Began], written: dict[str, float]) -> list[float]:
    return [written[incident] - began_s for incident, began_s in began]
