"""The environments that end: seen by readers; extended, stopped and started by who asked for them or Platform.Admin.

GET /api/environments; POST /api/services/{name}/environments/{environment}/stop and /start; GET and POST .../extend,
which is also a page for the person with the link from the card (HTML, no JavaScript needed).
Answers: 200; 202 for stop and start, which the next orchestration does; 400, 401, 403, 404; 409 when it has ended.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.forms import fields_of, is_form
from functions.http import answer, answers_problems, body_of, caller_with, wants_page
from functions.services.environment_owners import (
    change_environment,
    longest_hours,
    may_change,
    service_of,
    view,
)
from shared.domain.service import environment_changes as changes
from shared.domain.service import environments
from shared.errors import Conflict, InvalidRequest, RequestError, Unauthenticated
from shared.security.tokens import READER, Caller
from shared.services import services

bp = df.Blueprint()

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
        return answer(view(await service_of(req), req.route_params["environment"]))
    try:
        page.check_link(req)
        caller = await caller_with(req, READER)
        service = await service_of(req)
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
            return _page_of(req, caller, await service_of(req), error=error)
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


async def _extend(
    req: func.HttpRequest, client: df.DurableFunctionsClient, caller: Caller, sent: bytes | dict[str, Any]
) -> dict[str, Any]:
    from functions.models.environments import ExtensionRequest
    from functions.validation import parse_json, validate

    asked = validate(ExtensionRequest, parse_json(sent) if isinstance(sent, bytes) else sent)
    now = datetime.now(UTC).replace(microsecond=0)
    until = asked.until or now + timedelta(hours=asked.hours or 0)
    until = until.astimezone(UTC).replace(microsecond=0)

    def change(service: Mapping[str, Any], environment: dict[str, Any]) -> dict[str, Any] | None:
        longest = longest_hours(service, req.route_params["environment"])
        return changes.extend(environment, until, now, by=caller.id, by_name=caller.name, max_hours=longest)

    return await change_environment(req, client, caller, now, change)


async def _wish(req: func.HttpRequest, client: df.DurableFunctionsClient, state: str) -> func.HttpResponse:
    caller, now = await caller_with(req, READER), datetime.now(UTC)
    service = await change_environment(
        req, client, caller, now, lambda _, found: changes.wish(found, state, now, by_name=caller.name)
    )
    return answer(view(service, req.route_params["environment"]), HTTPStatus.ACCEPTED)


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
        may_change=may_change(caller, service, name) and name in environments.TENDED,
        longest_hours=longest_hours(service, name),
        extended=extended,
        error=error,
    )
