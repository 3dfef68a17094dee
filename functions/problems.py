"""Service Bus subscription `incidents`: one remediation per problem, whatever order its events arrive in.

An event that cannot be read fails; the broker dead-letters it after its deliveries, and GET /api/dead-letters says
what was wrong with it.
"""

import json
import logging

import azure.durable_functions as df
import azure.functions as func

from functions.starting import policy, start_once
from shared.domain import incidents, problems
from shared.errors import PoisonMessage
from shared.services import services
from shared.settings import EVENTS_TOPIC

bp = df.Blueprint()
log = logging.getLogger(__name__)


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
    """Start the remediation if this is news; tell it when the problem is resolved.

    Killed between the two: the message comes again, finds the remediation and tells it. Told twice: once counts.
    """
    assert problem["start_ms"] is not None
    instance_id = problems.instance_id(problem["problem_id"], problem["start_ms"])
    configuration = services().settings
    common = {"policy": policy(configuration), "language": configuration.default_language}
    request = {**common, "problem": problem, "public_url": configuration.public_url}
    started = await start_once(client, "remediate_problem", instance_id, request)
    log.info("problem %s: %s", problem["state"], "remediation started" if started else "known")
    if started or problem["state"] != problems.RESOLVED:
        return
    state = await client.get_orchestration_state(instance_id)
    if state is None or state.runtime_status.name in ("PENDING", "RUNNING", "SUSPENDED"):
        await client.raise_orchestration_event(instance_id, "problem_resolved", data={})
        return
    ended = json.loads(state.serialized_output or "null") or {}
    if isinstance(ended, dict) and ended.get("outcome") not in (None, *incidents.CLOSING):
        request = {**common, "incident_sys_id": ended["incident_sys_id"]}
        await start_once(client, "record_recovery", f"{instance_id}-recovered", request)


async def _look_up_start(problem_id: str) -> int:
    """A notification without a start time: Dynatrace knows it. 0 when it knows no such problem."""
    found = await services().dynatrace.problems.get(problem_id)
    return found["start_ms"] if found else 0
