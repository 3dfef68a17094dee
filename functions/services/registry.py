"""GET /api/services, GET and PUT /api/services/{name}: the service registry.

Caller: people, Backstage, scripts. Needs: Platform.Reader to read, Platform.Admin to write.
Answers: 200, 400, 401, 403, 404; 503 also when others keep changing the document.
"""

import re
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, body_of, caller_with
from shared.errors import InvalidRequest, NotFound, VendorUnavailable
from shared.security.tokens import ADMIN, READER
from shared.services import services

if TYPE_CHECKING:
    from functions.models.services import ServiceDraft

bp = df.Blueprint()

_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


@bp.route(route="services", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def list_services(req: func.HttpRequest) -> func.HttpResponse:
    await caller_with(req, READER)
    return answer({"services": await services().registry.all()})


@bp.route(route="services/{name}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def get_service(req: func.HttpRequest) -> func.HttpResponse:
    await caller_with(req, READER)
    service = await services().registry.get(checked_name(req.route_params["name"]))
    if service is None:
        raise NotFound("There is no service of this name.")
    return answer(service)


@bp.route(route="services/{name}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def put_service(req: func.HttpRequest) -> func.HttpResponse:
    """Register the service, or change what is sent of it. Doing it twice is doing it once."""
    from functions.models.services import ServiceDraft
    from functions.validation import parse_json, validate

    await caller_with(req, ADMIN)
    name = checked_name(req.route_params["name"])
    draft = validate(ServiceDraft, parse_json(body_of(req)))
    return answer(await _register(name, draft))


async def _register(name: str, draft: "ServiceDraft") -> dict[str, Any]:
    """The document with the draft in it. What the draft does not say stays: most of all what provisioning wrote."""
    registry, sent = services().registry, draft.model_dump(exclude_unset=True)

    def change(service: dict[str, Any]) -> dict[str, Any]:
        joined = {part: {**service.get(part, {}), **sent[part]} for part in ("azure_devops", "dynatrace")}
        return {**service, **sent, **joined}

    new = {"name": name, **draft.model_dump()}
    if changed := await registry.update(name, change):
        return changed
    if await registry.add(new):
        return new
    if changed := await registry.update(name, change):
        return changed
    raise VendorUnavailable("blob", "register", f"service {name} is being registered and taken away")


def checked_name(name: str) -> str:
    """Raises: InvalidRequest."""
    if not _NAME.fullmatch(name):
        message = "up to 63 lower-case letters, digits and hyphens, beginning with a letter"
        raise InvalidRequest(f"A service's name has {message}.", [{"field": "name", "message": message}])
    return name
