"""Service Bus subscription `incidents`: problems become incidents, whatever order their events arrive in.

A problem joins an open incident, reopens one that ended a moment ago, or begins its own
(shared/domain/incident/correlation.py). An event that cannot be read fails; the broker dead-letters it after its
deliveries, and GET /api/dead-letters says what was wrong with it.
"""

import asyncio
import json
import logging
import time
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.incidents.problem_facts import facts_of
from functions.operations.operations import UNDER_WAY
from functions.starting import policy, settled, start_once
from shared.domain.incident import correlation, incidents, problems
from shared.domain.incident.correlation import Assignment
from shared.errors import PoisonMessage, VendorUnavailable
from shared.services import services
from shared.settings import EVENTS_TOPIC

bp = df.Blueprint()
log = logging.getLogger(__name__)

TRIES = 3
OPENING_LOOKS, OPENING_PAUSE_S = 20, 0.25


@bp.service_bus_topic_trigger(
    arg_name="message",
    topic_name=EVENTS_TOPIC,
    subscription_name="incidents",
    connection="ServiceBusConnection",
)
@bp.durable_client_input(client_name="client")
async def on_problem_event(message: func.ServiceBusMessage, client: df.DurableFunctionsClient) -> None:
    problem = read_problem(message.get_body())
    if problem["start_ms"] is None:
        problem["start_ms"] = await _look_up_start(problem["problem_id"])
    await handle_problem(client, problem)


def read_problem(body: bytes) -> problems.Problem:
    """The problem inside the event. Raises: PoisonMessage."""
    try:
        event = json.loads(body)
        data = event["data"]
    except (ValueError, TypeError, LookupError):
        raise PoisonMessage("the message is not a CloudEvent with data") from None
    if not isinstance(data, dict):
        raise PoisonMessage("the event's data is not an object")
    return problems.from_event_data(data)


async def handle_problem(client: df.DurableFunctionsClient, problem: problems.Problem) -> None:
    """Give the problem to the incident it belongs to.

    Killed between deciding and telling: the message comes again, finds the decision and tells it. Told twice: once
    counts. A secret in the title ends here.
    """
    from shared.redaction import without_secrets

    assert problem["start_ms"] is not None
    problem["title"] = without_secrets(problem["title"])
    facts = await facts_of(problem, _now_ms())
    for _ in range(TRIES):
        assignment = await services().open_incidents.assign(problem, facts, _now_ms())
        if await _give(client, problem, assignment):
            return
        # Its incident ended between the decision and the telling: it gets another.
        await services().open_incidents.detach(problem, assignment.operation_id)
    raise VendorUnavailable("durable", "problem_joined", "its incidents keep ending")


async def _give(client: df.DurableFunctionsClient, problem: problems.Problem, assignment: Assignment) -> bool:
    """Start, or tell, the incident's operation. Returns whether it could take the problem."""
    resolved = problem["state"] == problems.RESOLVED
    if assignment.kind != "join":
        started = await _start(client, problem, assignment)
        log.info("problem %s: %s", problem["state"], "remediation started" if started else "known")
        if not started and resolved:
            await _tell_resolved(client, problem, assignment.operation_id)
        return True
    state = await _opened(client, assignment.operation_id)
    if state.runtime_status.name not in UNDER_WAY:
        await services().open_incidents.mark_ended(assignment.operation_id, _now_ms())
        return resolved or assignment.is_over
    name = correlation.identity(problem)
    joined = {"problem": problem, "identity": name, "reason": assignment.reason}
    await client.raise_orchestration_event(assignment.operation_id, "problem_joined", data=joined)
    if resolved:
        await _tell_resolved(client, problem, assignment.operation_id)
    log.info("problem %s: belongs to an open incident (%s)", problem["state"], assignment.reason or "known")
    return resolved or assignment.is_over or not await _has_ended(assignment.operation_id)


async def _has_ended(operation_id: str) -> bool:
    """Whether it let go between the decision and the telling, and may not have heard of this problem.

    Before that it goes on with every problem that was given to it (orchestrations/incidents/ending.py, let_go), or
    leaves the incident to people, who read of this one.
    """
    entries = await services().open_incidents.all()
    return not any(one["operation_id"] == operation_id and one["ended_ms"] is None for one in entries)


async def _opened(client: df.DurableFunctionsClient, operation_id: str) -> Any:
    """The operation that a problem joins, which another worker may just be starting. Raises: VendorUnavailable."""
    for _ in range(OPENING_LOOKS):
        state = await client.get_orchestration_state(operation_id, fetch_payloads=False)
        if state is not None:
            return state
        await asyncio.sleep(OPENING_PAUSE_S)
    raise VendorUnavailable("durable", "problem_joined", "its incident is not opened yet")


async def _start(
    client: df.DurableFunctionsClient, problem: problems.Problem, assignment: Assignment
) -> bool:
    configuration = services().settings
    request = {
        "problem": problem,
        "reopens": dict(assignment.reopens) if assignment.reopens else None,
        **settled(configuration),
    }
    return await start_once(client, "remediate_problem", assignment.operation_id, request)


async def _tell_resolved(
    client: df.DurableFunctionsClient, problem: problems.Problem, operation_id: str
) -> None:
    """Tell a running remediation; note it in an incident whose remediation ended without resolving it."""
    state: Any = await client.get_orchestration_state(operation_id)
    if state is None or state.runtime_status.name in UNDER_WAY:
        data = {"identity": correlation.identity(problem)}
        await client.raise_orchestration_event(operation_id, "problem_resolved", data=data)
        return
    ended = json.loads(state.serialized_output or "null") or {}
    if isinstance(ended, dict) and ended.get("outcome") not in (None, *incidents.CLOSING):
        configuration = services().settings
        request = {
            "policy": policy(configuration),
            "language": configuration.default_language,
            "incident_sys_id": ended["incident_sys_id"],
        }
        await start_once(client, "record_recovery", f"{operation_id}-recovered", request)


async def _look_up_start(problem_id: str) -> int:
    """A notification without a start time: Dynatrace knows it. 0 when it knows no such problem."""
    found = await services().dynatrace.problems.get(problem_id)
    return found["start_ms"] if found else 0


def _now_ms() -> int:
    return int(time.time() * 1000)
