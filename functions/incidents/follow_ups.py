"""The activity that starts follow_up_incident, once per incident: an orchestrator cannot start another one and go on.

Called by orchestrations/follow_up.py for remediate_problem. It needs the durable client, and so is a trigger.
"""

import azure.durable_functions as df

from functions.starting import policy, start_once
from orchestrations.outcome import Value, answers_outcome
from shared.errors import VendorUnavailable
from shared.services import services

bp = df.Blueprint()

DAY_S = 24 * 3600


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
async def start_follow_up(payload: dict, client: df.DurableFunctionsClient) -> dict:  # type: ignore[type-arg]
    """payload: {"key", "plan", "incident", "service", "language", "postmortem_url"}.

    The outcome's value: {"operation_id", "result": "created" | "adopted"}.
    """

    @answers_outcome
    async def start(payload: dict) -> Value:  # type: ignore[type-arg]
        return await _start(payload, client)

    return await start(payload)


async def _start(payload: dict, client: df.DurableFunctionsClient) -> Value:  # type: ignore[type-arg]
    import grpc

    settings = services().settings
    operation_id = f"follow-up-{payload['key'].partition('/')[0]}"
    names = ("plan", "incident", "service", "language", "postmortem_url")
    request = {
        **{name: payload[name] for name in names},
        "policy": {**policy(settings), "follow_up_timeout_s": settings.follow_up_days * DAY_S},
        "public_url": settings.public_url,
    }
    try:
        started = await start_once(client, "follow_up_incident", operation_id, request)
    except grpc.RpcError as error:
        # Starting again finds what was started.
        raise VendorUnavailable("durable", "start_follow_up", f"no answer ({type(error).__name__})") from None
    return {"operation_id": operation_id, "result": "created" if started else "adopted"}
