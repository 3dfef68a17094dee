"""Many provisions: 200 services asked for at once, over HTTP; each is made whole and once, in bounded memory.

Everything is counted in the vendors themselves, before and after. The bound is half of Flex Consumption's smallest
instance (512 MB), which the app shares with the Functions host; here one process is both. What a waiting saga costs
shows against 50 at once. Callers look at their operation every few seconds, as a portal does.
"""

import asyncio
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from bench.memory import Memory
from bench.processes import platform
from bench.provisions import Portal
from sandbox.demo.golden_path import Holdings, holdings
from sandbox.demo.stage import Stage
from sandbox.platform.story import World, read_document

NAME = "many_provisions"
MANY, FEW = 200, 50
HOST_BOUND_MB = 256
GOAL = (
    f"{MANY} provisions at once all end right, nothing twice, nothing missing; the host's peak memory under "
    f"{HOST_BOUND_MB} MB"
)
LOOK_EVERY_S = 4.0
QUICK = {"RUN_POLL_S": "0.5"}
_POLICIES, _PERMISSIONS = 3, 2
"""For each service of the path."""


def run() -> dict[str, Any]:
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        async with platform(Path(name), QUICK) as there:
            children = read_document(Path(name) / "state")["processes"]
            processes = {each: Memory(children[each]["pid"]) for each in ("host", "durable")}
            await _provision(there, ["first"])
            before = {each: memory.now_mb for each, memory in processes.items()}
            few = await _watched(there, processes, [f"few-{number}" for number in range(FEW)])
            many = await _watched(there, processes, [f"many-{number}" for number in range(MANY)])
    host, bare = many["host"]["peak_mb"], few["host"]["peak_mb"]
    wrong = few["wrong"] + many["wrong"]
    return {
        "name": NAME,
        "value": host,
        "unit": "MB",
        "baseline": bare,
        "baseline_is": f"{FEW} at once",
        "ratio": round(host / bare, 2),
        "goal": HOST_BOUND_MB,
        "met": not wrong and host < HOST_BOUND_MB,
        "detail": {
            "ended_right": f"{MANY - len(many['wrong'])} of {MANY}",
            "seconds": many["took_s"],
            "provisions_per_s": round(MANY / many["took_s"], 1),
            "median_until_accepted_s": many["accepted_s"],
            "median_until_provisioned_s": many["provisioned_s"],
            "host_KB_per_waiting_saga": round((host - bare) * 1000 / (MANY - FEW)),
            **{f"{each}_MB": _told(each, before[each], few, many) for each in processes},
            "wrong": wrong,
        },
    }


def _told(process: str, before: float, few: dict[str, Any], many: dict[str, Any]) -> str:
    """Resident memory before all, at most and after."""
    runs = [
        f"{count} at once {run[process]['peak_mb']} and then {run[process]['after_mb']}"
        for count, run in ((FEW, few), (MANY, many))
    ]
    return f"before {before}; " + "; ".join(runs)


async def _watched(there: World, processes: dict[str, Memory], names: Sequence[str]) -> dict[str, Any]:
    """Provision these at once; what came of it and what it took."""
    stage = Stage(there, say=print)
    before = await holdings(stage)
    for memory in processes.values():
        memory.forget_peak()
    told = await _provision(there, names)
    for each, memory in processes.items():
        told[each] = {"peak_mb": memory.peak_mb, "after_mb": memory.now_mb}
    told["wrong"] += _differences(before, await holdings(stage), names)
    return told


async def _provision(there: World, names: Sequence[str]) -> dict[str, Any]:
    """wrong: what does not say that it ended right. Times in seconds."""
    unlimited = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=120, limits=unlimited, trust_env=False) as http:
        portal = Portal(there, http, await there.token("backstage"), LOOK_EVERY_S)
        seen = await asyncio.gather(*map(portal.provision, names))
        operations = await portal.ended([each.operation["id"] for each in seen])
    begun = min(datetime.fromisoformat(each["created_at"]) for each in operations)
    ended = max(datetime.fromisoformat(each["updated_at"]) for each in operations)
    return {
        "took_s": round((ended - begun).total_seconds(), 1),
        "accepted_s": round(statistics.median(each.accepted_s for each in seen), 2),
        "provisioned_s": round(statistics.median(each.took_s for each in seen), 1),
        "wrong": [
            f"{each['id']}: {each['state']}, {each['outcome']}, {each['warnings']}"
            for each in operations
            if (each["state"], each["outcome"], each["warnings"]) != ("completed", "provisioned", [])
        ],
    }


def _differences(before: Holdings, after: Holdings, names: Sequence[str]) -> list[str]:
    """What the vendors gained beside what so many services are, and what they lack."""
    gained = {kind: Counter(after[kind]) - Counter(before[kind]) for kind in after}
    lost = {kind: Counter(before[kind]) - Counter(after[kind]) for kind in before}
    for kind, each in (("branch policies", _POLICIES), ("pipeline permissions", _PERMISSIONS)):
        gained[kind] = Counter({"": sum(gained[kind].values()) - each * len(names)})
    wanted = {kind: Counter(list(map(form.format, names))) for kind, form in _OF_EACH.items()}
    wanted["Dynatrace settings"].update(map("alerting.profile {}".format, names))
    wanted["Dynatrace SLOs"].update(map("{} latency".format, names))
    found = []
    for kind, counted in gained.items():
        expected = wanted.get(kind, Counter())
        found += [f"{kind}: too many: {name}" for name in sorted((counted - expected).elements())]
        found += [f"{kind}: too few: {name}" for name in sorted((expected - counted).elements())]
        found += [f"{kind}: lost: {name}" for name in sorted(lost[kind].elements())]
        found += [f"{kind}: too few" for name, count in counted.items() if count < 0]
    return found


_OF_EACH = {
    "repositories": "{}",
    "pipelines": "{}",
    "Azure environments": "{} development (running)",
    "Dynatrace settings": "management-zones {}",
    "Dynatrace SLOs": "{} availability",
    "Dynatrace entities": "{}",
    "CIs": "{}",
    "registered services": "{}",
}
