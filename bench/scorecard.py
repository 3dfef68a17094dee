"""Reading a scorecard: token checked, one look into Blob, against a function that only reads the same blob.

Rates are of several readers at once; p95 is of one reader at a time, as a portal page asks.
"""

import asyncio
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from bench.load import Rounds, Took, in_turns, load, percentiles_ms, rates, ratio
from bench.processes import durable, host, platform
from sandbox.platform.story import World
from sandbox.platform.waiting import until

NAME = "scorecard"
GOAL = (
    "requests/s of a scorecard, 4 connections, at least 0.7 of the bare SDK's; p95 of one reader under 50 ms"
)
RATIO_GOAL = 0.7
P95_GOAL_MS = 50.0
CONNECTIONS = 4
ROUND_S = 2.0
ROUNDS = 3
MADE_WITHIN_S = 30.0

BARE = Path(__file__).parent / "apps" / "bare_scorecard"


class Reader(NamedTuple):
    """An address and what to send with it."""

    url: str
    headers: dict[str, str]


def run() -> dict[str, Any]:
    """Both apps under the same kind of host over the same Azurite, in turns."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with platform(folder) as there, durable(folder) as backend:
            path = f"/api/services/{there.demo['service']}/scorecard"
            ours = Reader(
                there.document["app"]["url"] + path,
                {"Authorization": f"Bearer {await there.token('backstage')}"},
            )
            await _made(there, ours)
            settings = {"BLOB_CONNECTION_STRING": there.document["blob"]["connection_string"]}
            async with host(folder, BARE, backend, settings) as bare_host:
                bare = Reader(bare_host.url + path, {"x-functions-key": bare_host.key})
                if await _read(ours) != await _read(bare):
                    raise RuntimeError("the two do not answer the same")
                await _rounds(ours, bare, CONNECTIONS, 1)
                together = await _rounds(ours, bare, CONNECTIONS, ROUNDS)
                alone = await _rounds(ours, bare, 1, ROUNDS)
    return _result(together, alone)


async def _rounds(ours: Reader, bare: Reader, connections: int, count: int) -> Rounds:
    return await in_turns(partial(_load, ours, connections), partial(_load, bare, connections), count)


async def _load(reader: Reader, connections: int) -> Took:
    return await load(
        lambda session: session.get(reader.url),
        headers=reader.headers,
        connections=connections,
        seconds=ROUND_S,
        status=200,
    )


async def _made(there: World, reader: Reader) -> None:
    """Run the timer now, and wait for what it makes. Raises: Overdue."""
    await there.run_timer("refresh_scorecards")
    await until(
        "the timer makes a scorecard",
        lambda: there.http.get(reader.url, headers=reader.headers),
        lambda answer: answer.status_code == 200,
        MADE_WITHIN_S,
    )


def _result(together: Rounds, alone: Rounds) -> dict[str, Any]:
    (rate, bare_rate), share = rates(together, ROUND_S), ratio(together)
    (p50, bare_p50), (p95, bare_p95) = (percentiles_ms(alone, percent) for percent in (50, 95))
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
            "p50_ms": p50,
            "baseline_p50_ms": bare_p50,
            "connections": CONNECTIONS,
        },
    }


async def _read(reader: Reader) -> bytes:
    import aiohttp

    async with (
        aiohttp.ClientSession(headers=reader.headers) as session,
        session.get(reader.url) as response,
    ):
        response.raise_for_status()
        return await response.read()
