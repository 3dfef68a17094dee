"""Service Bus subscription `incidents`: problems become incidents, whatever order their events arrive in.

A problem joins an open incident, reopens one that ended a moment ago, or begins its own
(shared/domain/incident/correlation.py). An event that cannot be read fails; the broker dead-letters it after its
deliveries, and GET /api/dead-letters says what was wrong with it.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.operations import UNDER_WAY
from functions.starting import policy, start_once
from shared.domain.incident import correlation, incident_entries, incidents, problems
from shared.domain.incident.correlation import Assignment, Facts
from shared.errors import PoisonMessage, VendorError, VendorUnavailable
from shared.services import services
from shared.settings import EVENTS_TOPIC

bp = df.Blueprint()
log = logging.getLogger(__name__)

NEIGHBOURS_WITHIN_S = 3.0
"""How long the topology may keep a new problem waiting: without it the problem gets an incident of its own."""
MOST_ENTITIES = 5
TRIES = 3
OPENING_LOOKS, OPENING_PAUSE_S = 20, 0.25
ENDING_LOOKS = 40


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
    facts = await _facts(problem)
    for _ in range(TRIES):
        assignment = await services().open_incidents.assign(problem, facts, _now_ms())
        if await _give(client, problem, assignment):
            return
        # Its incident ended between the decision and the telling: it gets another.
        await services().open_incidents.detach(problem, assignment.operation_id)
    raise VendorUnavailable("durable", "problem_joined", "its incidents keep ending")


async def _facts(problem: problems.Problem) -> Facts:
    """The service behind the problem; what is round it, where it would have an incident of its own without that."""
    entity_ids = {entity["id"] for entity in problem["entities"]}
    facts = Facts(await services().registry.find_by_entity(entity_ids))
    entries = await services().open_incidents.recent()
    alone = correlation.assign(problem, facts, entries, _now_ms())
    if alone.kind != "start" or any(entry["operation_id"] == alone.operation_id for entry in entries):
        return facts
    neighbours, root_cause = await asyncio.gather(
        _in_time(_neighbours(entity_ids), "topology", frozenset()),
        _in_time(_root_cause(problem["problem_id"]), "root cause", ""),
    )
    return facts._replace(neighbours=neighbours, root_cause=root_cause)


async def _neighbours(entity_ids: set[str]) -> frozenset[str]:
    nodes = await services().dynatrace.entities.nodes(sorted(entity_ids)[:MOST_ENTITIES])
    neighbours = {one for node in nodes for one in (*node["calls"], *node["called_by"])}
    return frozenset(neighbours) - entity_ids


async def _root_cause(problem_id: str) -> str:
    found = await services().dynatrace.problems.get(problem_id)
    blamed = found.get("root_cause") if found else None
    return blamed["entity_id"] if blamed else ""


async def _in_time[T](asked: Awaitable[T], what: str, otherwise: T) -> T:
    """What Dynatrace says, or `otherwise` when it is away or slow."""
    try:
        async with asyncio.timeout(NEIGHBOURS_WITHIN_S):
            return await asked
    except (TimeoutError, VendorError) as error:
        log.warning("no %s for a new problem (%s)", what, type(error).__name__)
        return otherwise


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
    return resolved or assignment.is_over or await _still_hears(assignment.operation_id, name)


async def _still_hears(operation_id: str, name: str) -> bool:
    """Whether the operation goes on with the problem it was told of just now.

    One whose other problems are over may have made up its mind before it heard of this one: then it ends soon.
    """
    for _ in range(ENDING_LOOKS):
        entries = await services().open_incidents.all()
        entry = next((one for one in entries if one["operation_id"] == operation_id), None)
        if entry is None or entry["ended_ms"] is not None:
            return False
        if incident_entries.goes_on(entry, name):
            break
        await asyncio.sleep(OPENING_PAUSE_S)
    await services().open_incidents.mark_heard(operation_id, name)
    return True


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
        "policy": policy(configuration),
        "language": configuration.default_language,
        "public_url": configuration.public_url,
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
