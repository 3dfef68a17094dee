"""Many provisions: 200 services asked for at once, over HTTP; each is made whole and once, in bounded memory.

Everything is counted where it lies: in the vendors before and after, and the events in the warehouse. The bound is
half of Flex Consumption's smallest instance (512 MB), which the app shares with the Functions host; here one process
is both. The warehouse's connector is loaded before memory is looked at. What one more saga and its caller, who looks
at the operation every few seconds as a portal does, cost shows against 50 at once.
"""

import asyncio
import statistics
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from bench.meter import Meter
from bench.processes import meter_of, platform
from bench.provisions import Operation, Portal, Seen
from bench.whole_services import differences, told
from sandbox.demo.golden_path import holdings
from sandbox.demo.stage import Stage
from sandbox.platform.story import World

NAME = "many_provisions"
MANY, FEW = 200, 50
HOST_BOUND_MB = 256
GOAL = (
    f"{MANY} provisions at once all end right, nothing missing, nothing twice; the host's peak memory under "
    f"{HOST_BOUND_MB} MB"
)
LOOK_EVERY_S = 4.0
QUICK = {"RUN_POLL_S": "0.5"}


@dataclass(frozen=True)
class Batch:
    """Provisions asked for at once. peak_mb, after_mb: by process. wrong: sentences."""

    seen: Sequence[Seen]
    ended: Sequence[Operation]
    peak_mb: Mapping[str, float]
    after_mb: Mapping[str, float]
    wrong: Sequence[str]

    @property
    def took_s(self) -> float:
        """From the first one's start to the last one's end."""
        begun = min(datetime.fromisoformat(each["created_at"]) for each in self.ended)
        ended = max(datetime.fromisoformat(each["updated_at"]) for each in self.ended)
        return (ended - begun).total_seconds()


def run() -> dict[str, Any]:
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        async with platform(Path(name), QUICK) as there:
            processes = {each: meter_of(there, each) for each in ("host", "durable")}
            (first,) = await _provisioned(there, ["first"])
            await told(there, 1)
            before_mb = {each: meter.now_mb for each, meter in processes.items()}
            few = await _batch(there, processes, [f"few-{number}" for number in range(FEW)])
            many = await _batch(there, processes, [f"many-{number}" for number in range(MANY)])
            provisions = [first.operation, *few.ended, *many.ended]
            wrong = [*few.wrong, *many.wrong, *await _untold(there, provisions)]
    for sentence in wrong:
        print(f"bench: {sentence}", flush=True)
    host, with_few = many.peak_mb["host"], few.peak_mb["host"]
    return {
        "name": NAME,
        "value": host,
        "unit": "MB",
        "baseline": with_few,
        "baseline_is": f"{FEW} at once",
        "ratio": round(host / with_few, 2),
        "goal": HOST_BOUND_MB,
        "met": not wrong and host < HOST_BOUND_MB,
        "detail": {
            "wrong": len(wrong),
            "seconds": round(many.took_s, 1),
            "provisions_per_s": round(MANY / many.took_s, 1),
            "until_accepted_s": _middle_and_last([each.accepted_s for each in many.seen]),
            "until_provisioned_s": _middle_and_last([each.took_s for each in many.seen]),
            "host_KB_per_saga_and_caller": round((host - with_few) * 1000 / (MANY - FEW)),
            **{
                f"{each}_MB": f"{before_mb[each]} before; at most {few.peak_mb[each]} with {FEW} and then "
                f"{few.after_mb[each]}; at most {many.peak_mb[each]} with {MANY} and then {many.after_mb[each]}"
                for each in processes
            },
        },
    }


async def _batch(there: World, processes: Mapping[str, Meter], names: Sequence[str]) -> Batch:
    stage = Stage(there, say=print)
    before = await holdings(stage)
    for meter in processes.values():
        meter.forget_peak()
    seen = await _provisioned(there, names)
    peak_mb = {each: meter.peak_mb for each, meter in processes.items()}
    after_mb = {each: meter.now_mb for each, meter in processes.items()}
    ended = [each.operation for each in seen]
    wrong = [f"{each['id']}: {_came_to(each)}" for each in ended if _came_to(each) != _RIGHT]
    wrong += differences(before, await holdings(stage), names)
    return Batch(seen, ended, peak_mb, after_mb, wrong)


async def _provisioned(there: World, names: Sequence[str]) -> list[Seen]:
    """Ask for these at once and follow each to its end."""
    unlimited = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=120, limits=unlimited, trust_env=False) as http:
        portal = Portal(there, http, await there.token("backstage"), LOOK_EVERY_S)
        seen = await asyncio.gather(*map(portal.provision, names))
        ended = await portal.ended([each.operation["id"] for each in seen])
    return [
        Seen(each.accepted_s, each.took_s, operation) for each, operation in zip(seen, ended, strict=True)
    ]


async def _untold(there: World, provisions: Sequence[Operation]) -> list[str]:
    """Operations of which the events do not tell once."""
    expected = Counter([each["id"] for each in provisions])
    found = await told(there, expected.total())
    return [f"{each}: told {found[each]} times" for each in found | expected if found[each] != expected[each]]


_RIGHT: tuple[str, str, list[str]] = ("completed", "provisioned", [])


def _came_to(operation: Operation) -> tuple[str, str, list[str]]:
    return operation["state"], operation["outcome"], operation["warnings"]


def _middle_and_last(times_s: Sequence[float]) -> str:
    return f"median {statistics.median(times_s):.1f} and at most {max(times_s):.1f}"
