"""GET and POST /api/approvals/{id}: see what is to be allowed, and decide, or propose another action.

Caller: a signed-in person with the link from the card (HTML, no JavaScript needed), or a tool with a bearer token
(JSON). Needs: Platform.Reader to see; to decide the approval's own role, Platform.Approver or Platform.Admin.
Answers: 200; 202 once the decision is on its way; 400, 401, 403, 404; 409 when there is nothing (more) to decide, the
action is another by now, or the decision would not count; 422 for an edit that the catalogue does not know.
"""

import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.forms import check_form, fields_of, is_form
from functions.http import answer, answers_problems, body_of, caller_with, token_of, wants_page
from functions.operations.operations import find_operation
from functions.pages.approval import page
from shared.domain import approvals
from shared.errors import Conflict, NotFound, RequestError
from shared.security import links
from shared.security.tokens import ADMIN, APPROVER, READER, Caller
from shared.services import services
from shared.texts import say

bp = df.Blueprint()

ROLES = (APPROVER, ADMIN)
"""What an approval may ask for."""


@bp.route(route="approvals/{id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def show_approval(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    if not wants_page(req):
        await caller_with(req, READER)
        return answer(await _approval_of(client, req.route_params["id"]))
    try:
        _check_link(req)
        caller = await caller_with(req, READER)
        operation = await _approval_of(client, req.route_params["id"])
    except RequestError as error:
        return page(req, error.status, error=error)
    return page(req, HTTPStatus.OK, caller=caller, operation=operation, waiting=is_open(operation))


@bp.route(route="approvals/{id}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def decide_approval(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    if not is_form(req):
        caller = await _decider(req)
        taken = await _decide(req, client, caller, body_of(req))
        return answer(taken, HTTPStatus.ACCEPTED)
    try:
        _check_link(req)
        caller = await _decider(req)
        fields = fields_of(body_of(req))
        check_form(caller, "decide", req.route_params["id"], fields.pop("form", ""))
        taken = await _decide(req, client, caller, fields)
    except RequestError as error:
        return page(req, error.status, error=error)
    return page(req, HTTPStatus.ACCEPTED, caller=caller, received=taken["decision"])


def is_open(operation: dict[str, Any]) -> bool:
    """Whether there still is something to decide, now."""
    approval = operation["approval"]
    waiting = approval["state"] == "waiting" and operation["state"] == "running"
    return bool(waiting) and not approvals.is_late(approval, _now())


async def _decider(req: func.HttpRequest) -> Caller:
    """Somebody who may decide on some approval. Raises: Unauthenticated, Forbidden."""
    caller = await services().tokens.caller(token_of(req))
    if not caller.roles & set(ROLES):
        caller.must_be(APPROVER)
    return caller


async def _decide(
    req: func.HttpRequest, client: df.DurableFunctionsClient, caller: Caller, sent: bytes | dict[str, Any]
) -> dict[str, str]:
    """Hand the decision to the orchestration, which judges it once more against the action it would run."""
    from functions.models.operations import DecisionRequest
    from functions.pages import editing
    from functions.validation import parse_json, validate

    operation = await _approval_of(client, req.route_params["id"])
    approval = operation["approval"]
    if isinstance(sent, dict):
        action = editing.chosen(approval, sent)
        sent = {**sent, "action": action} if sent.get("decision") == approvals.EDIT else sent
    asked = validate(DecisionRequest, parse_json(sent) if isinstance(sent, bytes) else sent)
    caller.must_be(approvals.role_of(approval))
    if not is_open(operation):
        raise Conflict(f"There is nothing to decide any more: {_state(approval)}.")
    decision = approvals.Decision(
        decision=asked.decision,
        action_hash=asked.action_hash,
        person_id=caller.id,
        person_name=caller.name,
        at=_now(),
        comment=asked.comment,
        roles=[role for role in ROLES if role in caller.roles],
        expires_at=approval["expires_at"],
    )
    if asked.action is not None:
        decision["action"] = asked.action
    if objection := approvals.objection(approval, decision):
        said = say("en", f"objection.{objection}")
        raise Conflict(f"The decision does not count: {said}. Open the page again.", reason=objection)
    if asked.action is not None:
        editing.check(asked.action, approval)
    await client.raise_orchestration_event(operation["id"], "decision", data=dict(decision))
    return {"operation_id": operation["id"], "decision": asked.decision}


async def _approval_of(client: df.DurableFunctionsClient, operation_id: str) -> dict[str, Any]:
    operation = await find_operation(client, operation_id)
    if not operation["approval"]:
        raise NotFound("This operation asks for no approval, or not yet.")
    return operation


def _check_link(req: func.HttpRequest) -> None:
    secrets = services().settings.link_secrets
    links.verify_approval(secrets, req.params.get("token"), req.route_params["id"], now_s=time.time())


def _state(approval: dict[str, Any]) -> str:
    return "its time is over" if approval["state"] == "waiting" else str(approval["state"])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
