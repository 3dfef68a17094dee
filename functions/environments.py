"""The environments that end: seen by readers; extended, stopped and started by who asked for them or Platform.Admin.

GET /api/environments; POST /api/services/{name}/environments/{environment}/stop and /start; GET and POST .../extend,
which is also a page for the person with the link from the card (HTML, no JavaScript needed).
Answers: 200; 202 for stop and start, which the next orchestration does; 400, 401, 403, 404; 409 when it has ended.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.forms import fields_of, is_form
from functions.http import answer, answers_problems, body_of, caller_with, wants_page
from functions.tending import tend_service
from shared.domain import environment_changes as changes
from shared.domain import environments
from shared.errors import Conflict, Forbidden, InvalidRequest, NotFound, RequestError, Unauthenticated
from shared.security.tokens import ADMIN, READER, Caller
from shared.services import services

bp = df.Blueprint()
log = logging.getLogger(__name__)

LONGEST_HOURS = 168
"""How far from now an environment whose golden path does not say may be extended."""
_EXTEND = "services/{name}/environments/{environment}/extend"


@bp.route(route="environments", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def list_environments(req: func.HttpRequest) -> func.HttpResponse:
    """All, those that end first before the others."""
    await caller_with(req, READER)
    found = [
        view(service, name)
        for service in await services().registry.all()
        for name in service.get("environments", {})
    ]
    found.sort(key=lambda each: (each["ends_at"] or "9", each["service"], each["environment"]))
    return answer({"environments": found})


@bp.route(route=_EXTEND, methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def show_environment(req: func.HttpRequest) -> func.HttpResponse:
    from functions.pages import environment as page

    if not wants_page(req):
        await caller_with(req, READER)
        return answer(view(await _service(req), req.route_params["environment"]))
    try:
        page.check_link(req)
        caller = await caller_with(req, READER)
        service = await _service(req)
    except Unauthenticated:
        return page.sign_in(req)
    except RequestError as error:
        return page.refusal(req, error)
    return _page_of(req, caller, service)


@bp.route(route=_EXTEND, methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def extend_environment(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    from functions.pages import environment as page

    if not is_form(req):
        caller = await caller_with(req, READER)
        return answer(view(await _extend(req, client, caller, body_of(req)), req.route_params["environment"]))
    try:
        page.check_link(req)
        caller = await caller_with(req, READER)
        fields = fields_of(body_of(req))
        page.check_form(req, caller, fields.pop("form", ""))
        try:
            service = await _extend(req, client, caller, {"hours": fields.get("hours", "")})
        except (InvalidRequest, Conflict) as error:
            return _page_of(req, caller, await _service(req), error=error)
    except Unauthenticated:
        return page.sign_in(req)
    except RequestError as error:
        return page.refusal(req, error)
    return _page_of(req, caller, service, extended=True)


@bp.route(
    route="services/{name}/environments/{environment}/stop",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@bp.durable_client_input(client_name="client")
@answers_problems
async def stop_environment(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    return await _wish(req, client, environments.STOPPED)


@bp.route(
    route="services/{name}/environments/{environment}/start",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@bp.durable_client_input(client_name="client")
@answers_problems
async def start_environment(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    return await _wish(req, client, environments.RUNNING)


def view(service: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A functions.models.Environment."""
    environment = service["environments"][name]
    action = environment.get("action") or {}
    ends_at = environment.get("ends_at")
    return {
        "service": service["name"],
        "environment": name,
        "product": service["product"],
        "owner": service["owner"],
        "state": environment["state"],
        "requested_by_name": environment["requested_by_name"],
        "created_at": environment["created_at"],
        "ends_at": ends_at,
        "announced": bool(ends_at) and environment.get("announced_for") == ends_at,
        "working_hours": environment.get("working_hours"),
        "operation_id": action.get("id"),
        "problem": (environment.get("failure") or {}).get("reason", ""),
    }


async def _extend(
    req: func.HttpRequest, client: df.DurableFunctionsClient, caller: Caller, sent: bytes | dict[str, Any]
) -> dict[str, Any]:
    from functions.models import ExtensionRequest
    from functions.validation import parse_json, validate

    asked = validate(ExtensionRequest, parse_json(sent) if isinstance(sent, bytes) else sent)
    now = datetime.now(UTC).replace(microsecond=0)
    until = asked.until or now + timedelta(hours=asked.hours or 0)
    until = until.astimezone(UTC).replace(microsecond=0)

    def change(service: Mapping[str, Any], environment: dict[str, Any]) -> dict[str, Any] | None:
        longest = _longest_hours(service, req.route_params["environment"])
        return changes.extend(environment, until, now, by=caller.id, by_name=caller.name, max_hours=longest)

    return await _change(req, client, caller, now, change)


async def _wish(req: func.HttpRequest, client: df.DurableFunctionsClient, state: str) -> func.HttpResponse:
    caller, now = await caller_with(req, READER), datetime.now(UTC)
    service = await _change(
        req, client, caller, now, lambda _, found: changes.wish(found, state, now, by_name=caller.name)
    )
    return answer(view(service, req.route_params["environment"]), HTTPStatus.ACCEPTED)


async def _change(
    req: func.HttpRequest, client: df.DurableFunctionsClient, caller: Caller, now: datetime, change: Any
) -> dict[str, Any]:
    """Change the environment for somebody who may, and have done at once what that makes due."""
    name = req.route_params["environment"]

    def for_this_person(service: dict[str, Any]) -> dict[str, Any] | None:
        _must_have(service, name)
        if not may_change(caller, service["environments"][name]):
            raise Forbidden("Only the person who asked for this environment, or Platform.Admin, may do this.")
        if name not in environments.TENDED:
            raise Conflict(f"An environment {name} is neither ended, stopped nor started from here.")
        return changes.in_service(service, name, lambda environment: change(service, environment))

    service = await services().registry.update((await _service(req))["name"], for_this_person)
    _must_have(service, name)
    assert service is not None
    try:
        return await tend_service(client, service, now)
    except Exception as error:
        log.warning("%s %s: the timer will do what is due (%s)", service["name"], name, type(error).__name__)
        return service


async def _service(req: func.HttpRequest) -> dict[str, Any]:
    """The service whose environment is asked for. Raises: InvalidRequest, NotFound."""
    from functions.registry import checked_name

    service = await services().registry.get(checked_name(req.route_params["name"]))
    _must_have(service, req.route_params["environment"])
    assert service is not None
    return service


def _must_have(service: Mapping[str, Any] | None, environment: str) -> None:
    if service is None or environment not in service.get("environments", {}):
        raise NotFound("There is no such environment. GET /api/environments lists them.")


def may_change(caller: Caller, environment: Mapping[str, Any]) -> bool:
    return caller.id == environment["requested_by"] or ADMIN in caller.roles


def _longest_hours(service: Mapping[str, Any], environment: str) -> float:
    """How far from now it may end, by its golden path's policy."""
    from shared.golden_paths.catalogue import golden_path

    try:
        policies = golden_path((service.get("golden_path") or {}).get("name", "")).policies
    except NotFound:
        return LONGEST_HOURS
    return float(policies["lifetime"]["max_hours"].get(environment, LONGEST_HOURS))


def _page_of(
    req: func.HttpRequest,
    caller: Caller,
    service: Mapping[str, Any],
    *,
    extended: bool = False,
    error: RequestError | None = None,
) -> func.HttpResponse:
    from functions.pages import environment as page

    name = req.route_params["environment"]
    return page.show(
        req,
        caller,
        service,
        may_change=may_change(caller, service["environments"][name]) and name in environments.TENDED,
        longest_hours=_longest_hours(service, name),
        extended=extended,
        error=error,
    )
