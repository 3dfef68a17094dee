"""What became of a storm: every problem in one incident whose operation knows it, every incident with one record."""

import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bench.storms import Storm
from sandbox.platform.story import World
from shared.domain.incident.problems import RESOLVED

_QUIET = logging.getLogger("bench.durable")


@dataclass(frozen=True)
class Seen:
    """Where everything is. waiting: messages of `incidents`. entries: domain.incident_entries.

    wrong: what is not as it must be, in sentences.
    """

    waiting: int
    entries: Sequence[dict[str, Any]]
    wrong: Sequence[str]

    @property
    def handled(self) -> bool:
        return not self.waiting and not self.wrong and all(entry["incident"] for entry in self.entries)


@asynccontextmanager
async def watch(there: World, storm: Storm) -> AsyncIterator[Callable[[], Awaitable[Seen]]]:
    """Gives what tells where every problem is at the moment."""
    from durabletask.client import AsyncTaskHubGrpcClient

    from shared.clients.blob import blob_store

    async with AsyncExitStack() as stack:
        blob = blob_store("valueflow", connection_string=there.document["blob"]["connection_string"])
        stack.push_async_callback(blob.close)
        client = AsyncTaskHubGrpcClient(host_address=there.document["durable"]["address"], logger=_QUIET)
        stack.push_async_callback(client.close)
        yield lambda: _look(there, blob, client, storm)


async def _look(there: World, blob: Any, client: Any, storm: Storm) -> Seen:
    """Operations are only asked once nothing waits any more."""
    waiting = await there.messages_waiting("incidents")
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
    if entry["ended_ms"] is not None:
        open_still = sum(told["state"] != RESOLVED for told in entry["problems"].values())
        return [f"{operation_id} ended with {open_still} open problems"] if open_still else []
    if known < len(entry["problems"]):
        return [f"{operation_id} knows {known} of {len(entry['problems'])} problems"]
    return []


async def records(
    there: World, storm: Storm, entries: Sequence[dict[str, Any]]
) -> tuple[set[str], list[str]]:
    """The records in ServiceNow, and whether there is one for each incident and none besides."""
    rows = (await there.state("servicenow")).get("incident", [])
    found = {row["sys_id"] for row in rows if f"({storm.name}-" in row["short_description"]}
    named = {entry["incident"]["sys_id"] for entry in entries if entry["incident"]}
    return found, [f"{each} is no incident's record" for each in sorted(found ^ named)]
