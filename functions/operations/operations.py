"""GET /api/operations, /api/operations/{id} and /api/operations/{id}/postmortem: what runs, and how it went.

Caller: people and Backstage. Needs: Platform.Reader. Answers: 200, 401, 403, 404.
"""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import NEVER_CACHED, answer, answers_problems, caller_with, sign_in_address, wants_page
from shared.errors import InvalidRequest, NotFound, RequestError, Unauthenticated
from shared.security import links
from shared.security.tokens import APPROVER, READER, Caller
from shared.services import services

bp = df.Blueprint()

LISTED_DAYS = 30
MOST_LISTED = 200
_ID = re.compile(r"[A-Za-z0-9_.-]{1,150}")
UNDER_WAY = ("PENDING", "RUNNING", "SUSPENDED")
_SHOWN_OF_COMPENSATION = ("name", "of", "state", "result", "detail", "started_at", "ended_at")
_STATES = {"COMPLETED": "completed", "FAILED": "failed", "TERMINATED": "failed"}


@bp.route(route="operations", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def list_operations(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Those of the last 30 days, newest first. ?state=running|completed|failed narrows, ?limit= bounds."""
    from durabletask.client import OrchestrationQuery

    await caller_with(req, READER)
    wanted, limit = _narrowed(req)
    since = datetime.now(UTC) - timedelta(days=LISTED_DAYS)
    states = await client.get_all_orchestration_states(
        OrchestrationQuery(created_time_from=since, fetch_inputs_and_outputs=True)
    )
    operations = [operation_of(state) for state in states if not state.instance_id.startswith("@")]
    chosen = [operation for operation in operations if wanted in ("", operation["state"])]
    chosen.sort(key=lambda operation: operation["created_at"], reverse=True)
    return answer({"operations": chosen[:limit]})


@bp.route(route="operations/{id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def get_operation(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """As JSON, or for a person's browser as a page, which asks to sign in."""
    if wants_page(req):
        return await _page(req, client)
    caller = await caller_with(req, READER)
    state = await find_state(client, req.route_params["id"])
    return answer(_for_caller(operation_of(state), caller))


async def _page(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    from functions.pages.operation import page

    try:
        caller = await caller_with(req, READER)
        state = await find_state(client, req.route_params["id"])
    except RequestError as error:
        return page(req, error.status, error="" if isinstance(error, Unauthenticated) else error.detail)
    operation = _for_caller(operation_of(state), caller)
    asked_by = str(told_by(state).get("requested_by", ""))
    return page(req, caller=caller, operation=operation, requested_by=asked_by)


def _for_caller(operation: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """With the signed link to its approval, where this caller may decide."""
    if operation["approval"] and operation["approval"]["state"] == "waiting" and APPROVER in caller.roles:
        operation["links"]["approval"] = signed_link(operation)
    return operation


@bp.route(route="operations/{id}/postmortem", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def get_postmortem(req: func.HttpRequest) -> func.HttpResponse:
    """The postmortem, as Markdown or for a person's browser as a page, which asks to sign in."""
    operation_id = _checked(req.route_params["id"])
    try:
        caller = await caller_with(req, READER)
    except Unauthenticated:
        if not wants_page(req):
            raise
        back = sign_in_address(f"/api/operations/{operation_id}/postmortem")
        return func.HttpResponse(status_code=302, headers={"Location": back, **NEVER_CACHED})
    document = await services().blob.get(f"postmortems/{operation_id}.md")
    if document is None:
        raise NotFound("There is no postmortem of this operation.")
    if wants_page(req):
        from functions.pages.postmortem import page

        return page(req, document.decode(), caller)
    return func.HttpResponse(document, mimetype="text/markdown", charset="utf-8", headers=NEVER_CACHED)


async def find_operation(client: df.DurableFunctionsClient, operation_id: str) -> dict[str, Any]:
    """Raises: NotFound."""
    return operation_of(await find_state(client, operation_id))


async def find_state(client: df.DurableFunctionsClient, operation_id: str) -> Any:
    """durabletask's OrchestrationState. Raises: NotFound."""
    state = await client.get_orchestration_state(_checked(operation_id))
    if state is None:
        raise NotFound("There is no operation of this id.")
    return state


def told_by(state: Any) -> dict[str, Any]:
    """What its orchestrator published."""
    return json.loads(state.serialized_custom_status or "null") or {}


def operation_of(state: Any) -> dict[str, Any]:
    """A functions.models.operations.Operation from durabletask's OrchestrationState."""
    told = told_by(state)
    failure = state.failure_details
    return {
        "id": state.instance_id,
        "kind": state.name,
        "state": _STATES.get(state.runtime_status.name, "running"),
        "outcome": told.get("outcome"),
        "created_at": _iso(state.created_at),
        "updated_at": _iso(state.last_updated_at),
        "steps": told.get("steps", []),
        "earlier_steps": told.get("earlier_steps", 0),
        "links": told.get("links", {}),
        "case": told.get("case"),
        "approval": told.get("approval"),
        "error": failure.message if failure else "",
        "warnings": told.get("warnings", []),
        "cancellable": bool(told.get("cancellable")) and state.runtime_status.name in UNDER_WAY,
        "compensations": [
            {name: record.get(name, "") or "" for name in _SHOWN_OF_COMPENSATION}
            for record in told.get("compensations", [])
        ],
    }


def signed_link(operation: dict[str, Any]) -> str:
    """The address of the approval page, valid until the approval expires."""
    settings = services().settings
    expires_at = datetime.fromisoformat(operation["approval"]["expires_at"])
    address = f"{settings.public_url}/api/approvals/{operation['id']}"
    expires_at_s = max(int(expires_at.timestamp()), int(time.time()))
    return links.approval_address(address, settings.link_secrets, operation["id"], expires_at_s=expires_at_s)


def _narrowed(req: func.HttpRequest) -> tuple[str, int]:
    wanted, limit = req.params.get("state", ""), req.params.get("limit", str(MOST_LISTED))
    if wanted not in ("", "running", "completed", "failed"):
        raise InvalidRequest(
            "Ask for state running, completed or failed.", [{"field": "state", "message": "unknown"}]
        )
    if not (limit.isdecimal() and 1 <= int(limit) <= MOST_LISTED):
        message = f"must be 1 to {MOST_LISTED}"
        raise InvalidRequest(f"limit {message}.", [{"field": "limit", "message": message}])
    return wanted, int(limit)


def _checked(operation_id: str) -> str:
    if not _ID.fullmatch(operation_id):
        raise NotFound("There is no operation of this id.")
    return operation_id


def _iso(at: datetime) -> str:
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
