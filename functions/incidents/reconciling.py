"""A timer that heals what webhooks missed, both ways: problems without an incident, incidents without a problem.

Dynatrace may never tell of a problem again; what it holds open now is asked every five minutes.
"""

import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.incidents.problems import handle_problem
from functions.operations.operations import UNDER_WAY
from shared.domain.incident import incident_entries, problems
from shared.domain.incident.correlation import Entry
from shared.services import services

bp = df.Blueprint()
log = logging.getLogger(__name__)

SETTLED_MS = 2 * 60 * 1000
"""Younger problems and incidents are left to their webhooks."""


@bp.timer_trigger(schedule="0 */5 * * * *", arg_name="timer", run_on_startup=False)
@bp.durable_client_input(client_name="client")
async def reconcile_incidents(timer: func.TimerRequest, client: df.DurableFunctionsClient) -> None:
    await reconcile(client)


async def reconcile(client: df.DurableFunctionsClient) -> dict[str, int]:
    """Returns how many problems got an incident, were told as resolved, and how many entries were ended."""
    entries = await services().open_incidents.all()
    open_now = await services().dynatrace.problems.open()
    before_ms = _now_ms() - SETTLED_MS
    healed = {
        "opened": await _open(client, open_now, entries, before_ms),
        "resolved": 0,
        "ended": 0,
    }
    still_open = {problems.instance_id(one["problem_id"], one["start_ms"]) for one in open_now}
    for entry in entries:
        if entry["ended_ms"] is not None or entry["opened_ms"] >= before_ms:
            continue
        if not await _runs(client, entry["operation_id"]):
            await services().open_incidents.mark_ended(entry["operation_id"], _now_ms())
            healed["ended"] += 1
            continue
        healed["resolved"] += await _resolve(client, entry, still_open, before_ms)
    if any(healed.values()):
        log.warning("reconciled: %s", healed)
    return healed


async def _open(
    client: df.DurableFunctionsClient,
    open_now: Iterable[Mapping[str, Any]],
    entries: Sequence[Entry],
    before_ms: int,
) -> int:
    """Give the open problems that no incident works on to one; how many there were."""
    holders = {name: entry for entry in entries for name in entry["problems"]}
    opened = 0
    for found in open_now:
        if found["start_ms"] >= before_ms:
            continue
        problem = problems.from_dynatrace(found)
        holder = holders.get(problems.instance_id(problem["problem_id"], found["start_ms"]))
        if holder is not None and not incident_entries.left_behind(holder, problem, before_ms):
            continue
        if holder is not None:
            await services().open_incidents.detach(problem, holder["operation_id"])
        await handle_problem(client, problem)
        opened += 1
    return opened


async def _resolve(
    client: df.DurableFunctionsClient, entry: Entry, still_open: Collection[str], before_ms: int
) -> int:
    """Tell the incident's operation which of its problems are over, and remember that; how many there were."""
    over = [
        name
        for name, told in entry["problems"].items()
        if told["state"] != problems.RESOLVED
        and name not in still_open
        and incident_entries.start_ms_of(name) < before_ms
    ]
    for name in over:
        await client.raise_orchestration_event(
            entry["operation_id"], "problem_resolved", data={"identity": name}
        )
    if over:
        await services().open_incidents.mark_resolved(entry["operation_id"], over)
    return len(over)


async def _runs(client: df.DurableFunctionsClient, operation_id: str) -> bool:
    state = await client.get_orchestration_state(operation_id, fetch_payloads=False)
    return state is not None and state.runtime_status.name in UNDER_WAY


def _now_ms() -> int:
    return int(time.time() * 1000)
