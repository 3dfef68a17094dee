"""POST /api/operations/{id}/cancel and /retry-compensation: stop what is being made; undo what could not be undone.

Caller: who asked for the operation (Platform.Requester), or Platform.Admin. Answers: 202; 400, 401, 403, 404; 409
when it cannot be cancelled (any more), or nothing is left to undo.
"""

import json
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.forms import check_form, fields_of, is_form
from functions.http import answer, answers_problems, body_of, token_of
from functions.operations.operations import UNDER_WAY, find_state, told_by
from functions.starting import policy, start_once
from orchestrations.saga import SETTLED
from shared.errors import Conflict, Forbidden, RequestError, Unauthenticated
from shared.security.tokens import ADMIN, REQUESTER, Caller
from shared.services import services

bp = df.Blueprint()

_CANCELLABLE = ("provision_service", "decommission_service")


@bp.route(route="operations/{id}/cancel", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def cancel_operation(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Stop it before its next step, and undo what was done. Body (optional): {"reason"}."""
    from functions.pages.operation import page
    from functions.validation import parse_json

    if not is_form(req):
        caller = await _caller(req)
        operation_id = await _cancel(req, client, caller, parse_json(body_of(req) or b"{}"))
        return answer({"operation_id": operation_id}, HTTPStatus.ACCEPTED)
    try:
        caller = await _caller(req)
        fields = fields_of(body_of(req))
        check_form(caller, "cancel", req.route_params["id"], fields.pop("form", ""))
        await _cancel(req, client, caller, fields)
    except RequestError as error:
        return page(req, error.status, error="" if isinstance(error, Unauthenticated) else error.detail)
    return page(req, HTTPStatus.ACCEPTED, caller=caller, received=True)


async def _cancel(
    req: func.HttpRequest, client: df.DurableFunctionsClient, caller: Caller, sent: dict[str, Any]
) -> str:
    from functions.models.operations import CancelRequest
    from functions.validation import validate

    asked = validate(CancelRequest, sent)
    state = await find_state(client, req.route_params["id"])
    told = told_by(state)
    _check_owner(caller, state, told)
    cancellable = told.get("cancellable") if told else state.name in _CANCELLABLE
    if not cancellable or state.runtime_status.name not in UNDER_WAY:
        raise Conflict("This operation cannot be cancelled, or not any more.")
    event = {"by": caller.name, "reason": asked.reason}
    await client.raise_orchestration_event(state.instance_id, "cancel", data=event)
    return str(state.instance_id)


@bp.route(route="operations/{id}/retry-compensation", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def request_compensation(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Undo what the operation had to leave, in an operation of its own: 202 with that one."""
    caller = await _caller(req)
    state = await find_state(client, req.route_params["id"])
    told = told_by(state)
    _check_owner(caller, state, told)
    tries = [state, *await _retries(client, state.instance_id)]
    if tries[-1].runtime_status.name in UNDER_WAY and len(tries) > 1:
        return _taken(tries[-1].instance_id, started=False)
    last = next((told for told in map(told_by, reversed(tries)) if "compensations" in told), {})
    left = [each for each in last.get("compensations", []) if each["state"] not in SETTLED]
    if tries[-1].runtime_status.name in UNDER_WAY or not left:
        raise Conflict("Nothing is left to undo here.")
    configuration = services().settings
    retry_id = f"{state.instance_id}.compensation-{len(tries)}"
    request = {
        "operation_id": state.instance_id,
        "kind": state.name,
        "compensations": left,
        "attempt": len(tries) + 1,
        "service": told["case"]["service"],
        "incident": last.get("escalation") or told.get("escalation"),
        "requested_by": told["requested_by"],
        "policy": policy(configuration),
        "language": configuration.default_language,
    }
    started = await start_once(client, "retry_compensation", retry_id, request)
    return _taken(retry_id, started=started)


async def _retries(client: df.DurableFunctionsClient, operation_id: str) -> list[Any]:
    """The operation's retries, oldest first."""
    found: list[Any] = []
    while retry := await client.get_orchestration_state(f"{operation_id}.compensation-{len(found) + 1}"):
        found.append(retry)
    return found


async def _caller(req: func.HttpRequest) -> Caller:
    """Who calls, a requester or an admin. Raises: Unauthenticated, Forbidden, VendorUnavailable."""
    caller = await services().tokens.caller(token_of(req))
    if ADMIN not in caller.roles:
        caller.must_be(REQUESTER)
    return caller


def _check_owner(caller: Caller, state: Any, told: dict[str, Any]) -> None:
    """Raises: Forbidden."""
    asked_by = told.get("requested_by")
    if not told and state.name in _CANCELLABLE:  # It has not said anything yet.
        asked_by = json.loads(state.serialized_input or "{}").get("requested_by", {}).get("id")
    if ADMIN not in caller.roles and caller.id != asked_by:
        raise Forbidden("Only who asked for this operation, or a Platform.Admin, may do that.")


def _taken(operation_id: str, *, started: bool) -> func.HttpResponse:
    address = f"{services().settings.public_url}/api/operations/{operation_id}"
    body = {"operation_id": operation_id, "status_url": address, "started": started}
    return answer(body, HTTPStatus.ACCEPTED, {"Location": address})
