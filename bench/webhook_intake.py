"""Webhook intake: verified, enveloped and sent, against a function that only sends the same bytes with the bare SDK."""

import asyncio
import itertools
import json
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from bench.load import Rounds, Took, in_turns, load, percentiles_ms, rates, ratio
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
                rounds = await in_turns(partial(_load, our_host), partial(_load, bare_host), ROUNDS)
    return _result(rounds)


def _result(rounds: Rounds) -> dict[str, Any]:
    (rate, bare_rate), share = rates(rounds, ROUND_S), ratio(rounds)
    p95, bare_p95 = percentiles_ms(rounds, 95)
    return {
        "name": NAME,
        "value": rate,
        "unit": "requests/s",
        "baseline": bare_rate,
        "ratio": round(share, 2),
        "goal": RATIO_GOAL,
        "met": share >= RATIO_GOAL and p95 < P95_GOAL_MS,
        "detail": {
            "p95_ms": p95,
            "baseline_p95_ms": bare_p95,
            "connections": CONNECTIONS,
        },
    }


_numbers = itertools.count()


def _notification() -> str:
    """Of a problem that was not told of before."""
    return json.dumps(BODY | {"PID": f"-{next(_numbers)}_1763726400000V2"})


async def _load(app: Host, seconds: float = ROUND_S) -> Took:
    return await load(
        lambda session: session.post(f"{app.url}/api/webhooks/dynatrace", data=_notification()),
        headers={**HEADERS, "x-functions-key": app.key},
        connections=CONNECTIONS,
        seconds=seconds,
        status=202,
    )
