"""A timer that heals what webhooks missed, both ways: problems without an incident, incidents without a problem.

Dynatrace may never tell of a problem again; what it holds open now is asked every five minutes.
"""

import logging
import time

import azure.durable_functions as df
import azure.functions as func

from functions.operations import UNDER_WAY
from functions.problems import handle_problem
from shared.domain import problems
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
    open_now = await services().dynatrace.problems.open()
    before_ms = int(time.time() * 1000) - SETTLED_MS
    entries = await services().open_incidents.all()
    known = {name for entry in entries for name in entry["problems"]}
    healed = {"opened": 0, "resolved": 0, "ended": 0}
    for found in open_now:
        problem = problems.from_dynatrace(found)
        identity = problems.instance_id(problem["problem_id"], found["start_ms"])
        if identity not in known and found["start_ms"] < before_ms:
            await handle_problem(client, problem)
            healed["opened"] += 1
    still_open = {problems.instance_id(one["problem_id"], one["start_ms"]) for one in open_now}
    for entry in entries:
        if entry["ended_ms"] is not None or entry["opened_ms"] >= before_ms:
            continue
        if not await _runs(client, entry["operation_id"]):
            await services().open_incidents.update(
                entry["operation_id"], {"ended_ms": int(time.time() * 1000)}
            )
            healed["ended"] += 1
            continue
        for name, told in entry["problems"].items():
            if told["state"] != problems.RESOLVED and name not in still_open:
                data = {"identity": name}
                await client.raise_orchestration_event(entry["operation_id"], "problem_resolved", data=data)
                healed["resolved"] += 1
    if any(healed.values()):
        log.warning("reconciled: %s", healed)
    return healed


async def _runs(client: df.DurableFunctionsClient, operation_id: str) -> bool:
    state = await client.get_orchestration_state(operation_id, fetch_payloads=False)
    return state is not None and state.runtime_status.name in UNDER_WAY
