"""DELETE /api/services/{name}: end a service and all that a golden path made for it, once people allow it.

Caller: people, Backstage. Needs: Platform.Requester. Answers: 202 with the operation, whether started now or before;
401, 403, 404.
"""

from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, caller_with
from functions.operations.operations import UNDER_WAY
from functions.services.registry import checked_name
from functions.starting import settled, start_once
from shared.domain.action.action_policy import risk_of
from shared.domain.service import provisioning
from shared.errors import NotFound
from shared.security.tokens import REQUESTER
from shared.services import services

bp = df.Blueprint()


@bp.route(route="services/{name}", methods=["DELETE"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def request_decommission(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Start it, or find it under way; one that ended without ending the service is followed by another."""
    caller = await caller_with(req, REQUESTER)
    name = checked_name(req.route_params["name"])
    service = await services().registry.get(name)
    if service is None:
        raise NotFound("There is no service of this name.")
    attempt, started = 1, False
    configuration = services().settings
    while True:
        made_by = service.get("operation_id", "")
        operation_id = provisioning.decommission_id(name, made_by, attempt)
        state = await client.get_orchestration_state(operation_id, fetch_payloads=False)
        if state is None:
            request = {
                "service": service,
                "requested_by": {"id": caller.id, "name": caller.name},
                "risk": risk_of("medium", service.get("tier")),
                **settled(configuration),
            }
            started = await start_once(client, "decommission_service", operation_id, request)
            break
        if state.runtime_status.name in UNDER_WAY:
            break
        attempt += 1
    address = f"{configuration.public_url}/api/operations/{operation_id}"
    body = {"operation_id": operation_id, "status_url": address, "started": started}
    return answer(body, HTTPStatus.ACCEPTED, {"Location": address})
