"""Webhook intake: verified, enveloped and sent, against a function that only sends the same bytes with the bare SDK."""

import asyncio
import itertools
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.processes import EXAMPLE, ROOT, Host, durable, host, service_bus

NAME = "webhook_intake"
GOAL = "requests/s of the Dynatrace webhook, 32 connections, at least 0.8 of the bare SDK's; p95 under 100 ms"
RATIO_GOAL = 0.8
P95_GOAL_MS = 100.0
CONNECTIONS = 32
ROUND_S = 4.0
ROUNDS = 3

BARE = Path(__file__).parent / "apps" / "bare_send"
BODY: dict[str, Any] = json.loads((ROOT / "tests" / "events" / "dynatrace.problem.open.json").read_text())
HEADERS = {"X-ValueFlow-Secret": EXAMPLE["DYNATRACE_WEBHOOK_SECRETS"]}


def run() -> dict[str, Any]:
    """Both apps under the same host and broker, in turns."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with service_bus(folder) as connection, durable(folder) as backend:
            quiet = {
                "AzureWebJobs.on_problem_event.Disabled": "true",
                "AzureWebJobs.archive_events.Disabled": "true",
                "AzureWebJobs.load_warehouse.Disabled": "true",
            }
            ours = {**EXAMPLE, **quiet, "ServiceBusConnection": connection}
            bare = {"ServiceBusConnection": connection}
            async with (
                host(folder, ROOT, backend, ours) as our_host,
                host(folder, BARE, backend, bare) as bare_host,
            ):
                await _load(our_host, 1.0)
                await _load(bare_host, 1.0)
                rounds = [
                    (await _load(our_host, ROUND_S), await _load(bare_host, ROUND_S)) for _ in range(ROUNDS)
                ]
    return _result(rounds)


def _result(rounds: list[tuple[list[float], list[float]]]) -> dict[str, Any]:
    ratio = statistics.median(len(ours) / len(bare) for ours, bare in rounds)
    rates = [[len(column) / ROUND_S for column in pair] for pair in rounds]
    ours, bare = (statistics.median(column) for column in zip(*rates, strict=True))
    p95 = [
        statistics.quantiles([s for pair in rounds for s in pair[side]], n=20)[-1] * 1000 for side in (0, 1)
    ]
    return {
        "name": NAME,
        "value": round(ours),
        "unit": "requests/s",
        "baseline": round(bare),
        "ratio": round(ratio, 2),
        "goal": RATIO_GOAL,
        "met": ratio >= RATIO_GOAL and p95[0] < P95_GOAL_MS,
        "detail": {
            "p95_ms": round(p95[0], 1),
            "baseline_p95_ms": round(p95[1], 1),
            "connections": CONNECTIONS,
        },
    }


_numbers = itertools.count()


async def _load(app: Host, seconds: float) -> list[float]:
    """Seconds each request took, for as many as went through in `seconds`. Raises when one is refused."""
    import aiohttp

    took: list[float] = []
    end = time.perf_counter() + seconds
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(
        connector=connector, headers={**HEADERS, "x-functions-key": app.key}
    ) as session:

        async def one_connection() -> None:
            while time.perf_counter() < end:
                body = json.dumps(BODY | {"PID": f"-{next(_numbers)}_1763726400000V2"})
                began = time.perf_counter()
                async with session.post(f"{app.url}/api/webhooks/dynatrace", data=body) as response:
                    if response.status != 202:
                        raise RuntimeError(f"refused with {response.status}")
                    await response.read()
                took.append(time.perf_counter() - began)

        await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))
    return took
