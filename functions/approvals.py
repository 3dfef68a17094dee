"""GET and POST /api/approvals/{id}: see what is to be allowed, and decide.

Caller: a signed-in person with the link from the card (HTML, no JavaScript needed), or a tool with a bearer token
(JSON). Needs: Platform.Reader to see, Platform.Approver to decide.
Answers: 200; 202 once the decision is on its way; 400, 401, 403, 404; 409 when there is nothing (more) to decide or
the action is another by now.
"""

import time
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import azure.durable_functions as df
import azure.functions as func

from functions.forms import PAGE_POLICY, check_form, fields_of, form_token, is_form
from functions.http import (
    NEVER_CACHED,
    answer,
    answers_problems,
    body_of,
    caller_with,
    sign_in_address,
    wants_page,
)
from functions.operations import find_operation
from shared.domain import approvals
from shared.errors import Conflict, NotFound, RequestError, Unauthenticated
from shared.security import links
from shared.security.tokens import APPROVER, READER, Caller
from shared.services import services
from shared.texts import choose

bp = df.Blueprint()


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
    except Unauthenticated:
        return _page(req, HTTPStatus.UNAUTHORIZED, sign_in=_sign_in(req))
    except RequestError as error:
        return _page(req, error.status, error=error.detail)
    return _page(req, HTTPStatus.OK, caller=caller, operation=operation)


@bp.route(route="approvals/{id}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def decide_approval(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    if not is_form(req):
        caller = await caller_with(req, APPROVER)
        taken = await _decide(req, client, caller, body_of(req))
        return answer(taken, HTTPStatus.ACCEPTED)
    try:
        _check_link(req)
        caller = await caller_with(req, APPROVER)
        fields = fields_of(body_of(req))
        check_form(caller, "decide", req.route_params["id"], fields.pop("form", ""))
        await _decide(req, client, caller, fields)
    except Unauthenticated:
        return _page(req, HTTPStatus.UNAUTHORIZED, sign_in=_sign_in(req))
    except RequestError as error:
        return _page(req, error.status, error=error.detail)
    return _page(req, HTTPStatus.ACCEPTED, caller=caller, received=True)


async def _decide(
    req: func.HttpRequest, client: df.DurableFunctionsClient, caller: Caller, sent: bytes | dict[str, Any]
) -> dict[str, str]:
    """Hand the decision to the orchestration, which judges it once more against the action it would run."""
    from datetime import UTC, datetime

    from functions.models import DecisionRequest
    from functions.validation import parse_json, validate

    asked = validate(DecisionRequest, parse_json(sent) if isinstance(sent, bytes) else sent)
    operation = await _approval_of(client, req.route_params["id"])
    approval = operation["approval"]
    decision = approvals.Decision(
        decision=asked.decision,
        action_hash=asked.action_hash,
        person_id=caller.id,
        person_name=caller.name,
        at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        comment=asked.comment,
    )
    if not _is_open(operation):
        raise Conflict(f"There is nothing to decide any more: {approval['state']}.")
    objection = approvals.objection(approval, decision)
    if objection:
        raise Conflict(f"The decision does not count: {objection}. Open the page again.")
    await client.raise_orchestration_event(operation["id"], "decision", data=dict(decision))
    return {"operation_id": operation["id"], "decision": asked.decision}


async def _approval_of(client: df.DurableFunctionsClient, operation_id: str) -> dict[str, Any]:
    operation = await find_operation(client, operation_id)
    if not operation["approval"]:
        raise NotFound("This operation asks for no approval, or not yet.")
    return operation


def _is_open(operation: dict[str, Any]) -> bool:
    """Whether there still is something to decide."""
    return bool(operation["approval"]["state"] == "waiting" and operation["state"] == "running")


def _check_link(req: func.HttpRequest) -> None:
    secrets = services().settings.link_secrets
    links.verify_approval(secrets, req.params.get("token"), req.route_params["id"], now_s=time.time())


def _sign_in(req: func.HttpRequest) -> str:
    back = f"/api/approvals/{req.route_params['id']}?token={quote(req.params.get('token', ''), safe='.')}"
    return sign_in_address(back)


def _page(
    req: func.HttpRequest,
    status: int,
    *,
    caller: Caller | None = None,
    operation: dict[str, Any] | None = None,
    sign_in: str = "",
    error: str = "",
    received: bool = False,
) -> func.HttpResponse:
    from functions.pages import render

    language = choose(req.headers.get("Accept-Language", ""), services().settings.default_language)
    may_decide = bool(caller and APPROVER in caller.roles)
    waiting = operation is not None and _is_open(operation)
    html = render(
        "approval.html",
        language,
        caller=caller,
        operation=operation,
        sign_in=sign_in,
        error=error,
        received=received,
        waiting=waiting,
        may_decide=may_decide,
        role=APPROVER,
        action_url=f"/api/approvals/{req.route_params['id']}?token={quote(req.params.get('token', ''), safe='.')}",
        form_token=form_token(caller, "decide", req.route_params["id"])
        if caller and waiting and may_decide
        else "",
    )
    headers = {**NEVER_CACHED, "Content-Security-Policy": PAGE_POLICY, "Referrer-Policy": "no-referrer"}
    return func.HttpResponse(html, status_code=status, mimetype="text/html", charset="utf-8", headers=headers)
