"""Notification storm: 500 notifications of 40 root causes in 10 s, out of order and repeated; few incidents, none lost.

Handled: nothing waits in the subscription `incidents`, every problem belongs to exactly one incident whose operation
knows of it, and each incident has its record in ServiceNow. Vendors answer at once; the assistant is the embedded one.
The baseline is what the same notifications cost when each is only taken and put on the topic.
"""

import asyncio
import json
import logging
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.processes import meter_of, platform
from bench.storms import Storm, Told, brew
from sandbox.demo.stage import Stage
from sandbox.platform.story import World

NAME = "notification_storm"
ROOTS, NOTIFICATIONS, WITHIN_S = 40, 500, 10.0
GOAL_S = 60.0
GOAL = (
    f"{NOTIFICATIONS} notifications in {WITHIN_S:g} s are all taken and handled within {GOAL_S:g} s of the first: none "
    "lost, every problem in exactly one incident"
)
GIVE_UP_S = 150.0
_LOOK_EVERY_S = 0.25
_QUIET = logging.getLogger("bench.durable")


@dataclass(frozen=True)
class Seen:
    """Where everything is. waiting: messages of `incidents`. entries: of the open incidents (domain.correlation).

    wrong: what is not as it must be, in sentences.
    """

    waiting: int
    entries: Sequence[dict[str, Any]]
    wrong: Sequence[str]

    @property
    def handled(self) -> bool:
        return not self.waiting and not self.wrong and all(entry["incident"] for entry in self.entries)


def run() -> dict[str, Any]:
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        async with platform(Path(name), {"OPENAI_URL": ""}) as there:
            await _warm_up(there)
            storm = await brew(there, ROOTS, NOTIFICATIONS, WITHIN_S)
            meters = {each: meter_of(there, each) for each in ("host", "durable", "servicebus", "vendors")}
            for meter in meters.values():
                meter.forget_peak()
            began_s = {each: meter.cpu_s for each, meter in meters.items()}
            began = time.perf_counter()
            watching = asyncio.create_task(_until_handled(there, storm, began))
            answers = await deliver(there, storm.told)
            sent_s = time.perf_counter() - began
            seen, drained_s, took_s = await watching
            peaks = {each: meter.peak_mb for each, meter in meters.items()}
            spent_s = {each: round(meter.cpu_s - began_s[each], 1) for each, meter in meters.items()}
            records, twice = await _records(there, seen.entries)
    taken = Counter(status for status, _ in answers)
    wrong = [*seen.wrong, *twice]
    for sentence in wrong:
        print(f"bench: {sentence}", flush=True)
    return {
        "name": NAME,
        "value": round(took_s, 1),
        "unit": "s",
        "baseline": WITHIN_S,
        "baseline_is": "as long as it lasts",
        "ratio": round(took_s / WITHIN_S, 2),
        "goal": GOAL_S,
        "met": seen.handled and not wrong and taken == {202: NOTIFICATIONS} and took_s <= GOAL_S,
        "detail": {
            "taken": ", ".join(f"{count} with {status}" for status, count in taken.items()),
            "sent_in_s": round(sent_s, 1),
            "answered_p95_ms": round(statistics.quantiles([took for _, took in answers], n=20)[-1] * 1000),
            "queue_drained_s": round(drained_s, 1),
            "problems": len(storm.problems),
            "root_causes": ROOTS,
            "incidents": len(records),
            "wrong": len(wrong),
            "host_peak_MB": peaks["host"],
            "processor_s": ", ".join(f"{each} {spent}" for each, spent in spent_s.items()),
        },
    }


async def deliver(there: World, told: Sequence[Told]) -> list[tuple[int, float]]:
    """Send each notification at its time; (status, seconds until the answer) of each."""
    app = there.document["app"]
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-ValueFlow-Secret": app["webhook_secret"],
        "x-functions-key": app["function_key"],
    }
    began = time.perf_counter()
    async with httpx.AsyncClient(timeout=60, trust_env=False, headers=headers) as http:

        async def send(one: Told) -> tuple[int, float]:
            await asyncio.sleep(max(0.0, one.at_s - (time.perf_counter() - began)))
            asked = time.perf_counter()
            answer = await http.post(app["webhook_url"], content=one.body.encode())
            return answer.status_code, time.perf_counter() - asked

        return await asyncio.gather(*map(send, told))


async def _warm_up(there: World) -> None:
    """What is slow only once: one incident, to its proposal, and the warehouse's connector."""
    stage = Stage(there, say=lambda _: None)
    await stage.decision_wanted(await stage.open_problem("Before the storm"))
    await there.load_warehouse()


async def _until_handled(there: World, storm: Storm, began: float) -> tuple[Seen, float, float]:
    """What there is in the end, when the queue was empty, and when all was handled; in seconds from `began`."""
    from durabletask.client import AsyncTaskHubGrpcClient

    from shared.clients.blob import blob_store

    drained_s = 0.0
    async with AsyncExitStack() as stack:
        blob = blob_store("valueflow", connection_string=there.document["blob"]["connection_string"])
        stack.push_async_callback(blob.close)
        client = AsyncTaskHubGrpcClient(host_address=there.document["durable"]["address"], logger=_QUIET)
        stack.push_async_callback(client.close)
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            seen, now_s = await look(there, blob, client, storm), time.perf_counter() - began
            if seen.waiting:
                drained_s = now_s
            if (now_s > storm.told[-1].at_s and seen.handled) or now_s > GIVE_UP_S:
                return seen, drained_s, now_s


async def look(there: World, blob: Any, client: Any, storm: Storm) -> Seen:
    """Where every problem is now. Operations are only asked once nothing waits any more."""
    stats = await there.http.get(there.document["servicebus"]["stats_url"])
    entities = stats.raise_for_status().json()["entities"]
    waiting = sum(
        one["active"] for one in entities if one["path"].lower() == "events/subscriptions/incidents"
    )
    document = await blob.get("incidents/open.json")
    entries = [
        entry for entry in json.loads(document or b"[]") if set(entry["problems"]) & set(storm.problems)
    ]
    told = Counter(name for entry in entries for name in entry["problems"])
    wrong = [f"{name} is in {told[name]} incidents" for name in storm.problems if told[name] != 1]
    if not wrong and not waiting and all(entry["incident"] for entry in entries):
        for entry in entries:
            wrong += await _unheard(client, entry)
    return Seen(waiting, entries, wrong)


async def _unheard(client: Any, entry: dict[str, Any]) -> list[str]:
    """Whether the incident's operation knows all its problems, and ended, if it did, when all were over."""
    operation_id = entry["operation_id"]
    state = await client.get_orchestration_state(operation_id)
    if state is None:
        return [f"{operation_id} does not exist"]
    known = 1 + int((json.loads(state.serialized_custom_status or "{}") or {}).get("joined", 0))
    if known >= len(entry["problems"]):  # more: one that came too late for it went on to another
        return []
    return [
        f"{operation_id} knows {known} of {len(entry['problems'])} problems ({state.runtime_status.name})"
    ]


async def _records(there: World, entries: Sequence[dict[str, Any]]) -> tuple[set[str], list[str]]:
    """The records in ServiceNow, and whether there is one for each incident and none besides."""
    rows = (await there.state("servicenow")).get("incident", [])
    found = {row["sys_id"] for row in rows if "(storm-" in row["short_description"]}
    named = {entry["incident"]["sys_id"] for entry in entries if entry["incident"]}
    return found, [f"{each} is no incident's record" for each in sorted(found ^ named)]
