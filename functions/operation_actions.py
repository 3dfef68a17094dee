"""POST /api/operations/{id}/cancel and /retry-compensation: stop what is being made; undo what could not be undone.

Caller: who asked for the operation (Platform.Requester), or Platform.Admin. Answers: 202; 400, 401, 403, 404; 409
when it cannot be cancelled (any more), or nothing is left to undo.
"""

from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.forms import check_form, fields_of, is_form
from functions.http import answer, answers_problems, body_of, caller_with
from functions.operations import UNDER_WAY, find_state, told_by
from functions.starting import policy, start_once
from shared.domain.provisioning import COMPENSATION_FAILED
from shared.errors import Conflict, Forbidden, RequestError, Unauthenticated
from shared.security.tokens import ADMIN, REQUESTER, Caller
from shared.services import services

bp = df.Blueprint()

_OPEN = ("failed", "recorded")


@bp.route(route="operations/{id}/cancel", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def cancel_operation(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Stop it before its next step, and undo what was done. Body (optional): {"reason"}."""
    from functions.pages.operation import page
    from functions.validation import parse_json

    if not is_form(req):
        caller = await caller_with(req, REQUESTER)
        operation_id = await _cancel(req, client, caller, parse_json(body_of(req) or b"{}"))
        return answer({"operation_id": operation_id}, HTTPStatus.ACCEPTED)
    try:
        caller = await caller_with(req, REQUESTER)
        fields = fields_of(body_of(req))
        check_form(caller, "cancel", req.route_params["id"], fields.pop("form", ""))
        await _cancel(req, client, caller, fields)
    except RequestError as error:
        return page(req, error.status, error="" if isinstance(error, Unauthenticated) else error.detail)
    return page(req, HTTPStatus.ACCEPTED, caller=caller, received=True)


async def _cancel(
    req: func.HttpRequest, client: df.DurableFunctionsClient, caller: Caller, sent: dict[str, Any]
) -> str:
    from functions.models import CancelRequest
    from functions.validation import validate

    asked = validate(CancelRequest, sent)
    state = await find_state(client, req.route_params["id"])
    told = told_by(state)
    _check_owner(caller, told)
    if not told.get("cancellable") or state.runtime_status.name not in UNDER_WAY:
        raise Conflict("This operation cannot be cancelled, or not any more.")
    event = {"by": caller.name, "reason": asked.reason}
    await client.raise_orchestration_event(state.instance_id, "cancel", data=event)
    return str(state.instance_id)


@bp.route(route="operations/{id}/retry-compensation", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def request_compensation(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Undo what the operation had to leave, in an operation of its own: 202 with that one."""
    caller = await caller_with(req, REQUESTER)
    state = await find_state(client, req.route_params["id"])
    told = told_by(state)
    _check_owner(caller, told)
    latest, attempt = await _latest(client, state)
    if latest.runtime_status.name in UNDER_WAY and latest is not state:
        return _taken(latest.instance_id, started=False)
    if latest.runtime_status.name in UNDER_WAY or told_by(latest).get("outcome") != COMPENSATION_FAILED:
        raise Conflict("Nothing is left to undo here.")
    configuration = services().settings
    retry_id = f"{state.instance_id}.compensation-{attempt}"
    request = {
        "operation_id": state.instance_id,
        "compensations": [each for each in told_by(latest)["compensations"] if each["state"] in _OPEN],
        "attempt": attempt + 1,
        "service": told["case"]["service"],
        "incident": told_by(latest).get("escalation") or told.get("escalation"),
        "requested_by": told["requested_by"],
        "policy": policy(configuration),
        "language": configuration.default_language,
    }
    started = await start_once(client, "retry_compensation", retry_id, request)
    return _taken(retry_id, started=started)


async def _latest(client: df.DurableFunctionsClient, state: Any) -> tuple[Any, int]:
    """The newest of the operation's retries (itself when there is none), and the number of the next."""
    latest, attempt = state, 1
    while True:
        retry = await client.get_orchestration_state(f"{state.instance_id}.compensation-{attempt}")
        if retry is None:
            return latest, attempt
        latest, attempt = retry, attempt + 1


def _check_owner(caller: Caller, told: dict[str, Any]) -> None:
    if ADMIN not in caller.roles and caller.id != told.get("requested_by"):
        raise Forbidden("Only who asked for this operation, or a Platform.Admin, may do that.")


def _taken(operation_id: str, *, started: bool) -> func.HttpResponse:
    address = f"{services().settings.public_url}/api/operations/{operation_id}"
    body = {"operation_id": operation_id, "status_url": address, "started": started}
    return answer(body, HTTPStatus.ACCEPTED, {"Location": address})
