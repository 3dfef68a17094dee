"""The registry as Backstage's catalog: as JSON, and in the form a Location of type url reads.

GET /api/catalog/entities, /api/catalog/entities/{name}: needs Platform.Reader.
GET /api/catalog/locations/services.yaml: needs Platform.Reader, or the signed address that POST /api/catalog/links
gives to an administrator: Backstage's reader of addresses sends no token, so the address carries one, good for this
document alone and until a day.
Answers: 200, 304, 400, 401, 403, 404. ?groups=true makes a Group of each owner.
"""

import hashlib
import json
import re
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, body_of, caller_with
from shared.domain.service.catalog import Catalog, catalog
from shared.domain.service.catalog_component import Addresses, component_type
from shared.errors import Forbidden, InvalidRequest, NotFound
from shared.security import links
from shared.security.tokens import ADMIN, READER
from shared.services import services

bp = df.Blueprint()

_PURPOSE = "catalog"
_PATH = "/api/catalog/locations/services.yaml"
_DAY_S = 24 * 3600
_REVALIDATED = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}


@bp.route(route="catalog/entities", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def list_entities(req: func.HttpRequest) -> func.HttpResponse:
    await caller_with(req, READER)
    told = await _catalog(groups=_flag(req, "groups"))
    return _document(req, _json(told), "application/json")


@bp.route(route="catalog/entities/{name}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def get_entities(req: func.HttpRequest) -> func.HttpResponse:
    """One service's Component with its System, and its Group where wanted."""
    await caller_with(req, READER)
    told = await _catalog(groups=_flag(req, "groups"), only=req.route_params["name"])
    if not told.entities:
        raise NotFound("There is no service of this name in the catalog.")
    return _document(req, _json(told), "application/json")


@bp.route(route="catalog/locations/services.yaml", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def get_location(req: func.HttpRequest) -> func.HttpResponse:
    """Each entity is a YAML document written as JSON, which YAML 1.2 is: no word turns into a number or a truth."""
    groups = _flag(req, "groups")
    if "token" in req.params:
        _check_link(req, groups)
    else:
        await caller_with(req, READER)
    told = await _catalog(groups=groups)
    documents = [f"---\n{json.dumps(each, ensure_ascii=False, indent=2)}\n" for each in told.entities]
    return _document(req, "".join(documents), "application/yaml")


@bp.route(route="catalog/links", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def make_link(req: func.HttpRequest) -> func.HttpResponse:
    """A signed address for Backstage's `catalog.locations`. It can only be read from, and ends by itself."""
    from functions.models.platform import CatalogLinkRequest
    from functions.validation import parse_json, validate

    await caller_with(req, ADMIN)
    wanted = validate(CatalogLinkRequest, parse_json(body_of(req)))
    settings = services().settings
    expires_at_s = int(time.time()) + wanted.days * _DAY_S
    token = links.sign(settings.link_secrets, _PURPOSE, _part(wanted.groups), expires_at_s=expires_at_s)
    query = f"groups=true&token={token}" if wanted.groups else f"token={token}"
    expires_at = datetime.fromtimestamp(expires_at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return answer(
        {"url": f"{settings.public_url}{_PATH}?{query}", "expires_at": expires_at}, HTTPStatus.CREATED
    )


def _check_link(req: func.HttpRequest, groups: bool) -> None:
    """Raises: Forbidden."""
    secrets, token = services().settings.link_secrets, req.params["token"]
    try:
        links.verify(secrets, token, _PURPOSE, _part(groups), now_s=time.time())
    except Forbidden:
        raise Forbidden(
            "This address has expired or is not as it was given. An administrator gets a new one by "
            "POST /api/catalog/links."
        ) from None


def _part(groups: bool) -> str:
    return "with groups" if groups else "without groups"


async def _catalog(*, groups: bool, only: str | None = None) -> Catalog:
    settings = services().settings
    addresses = Addresses(
        settings.public_url, settings.azure_devops_url.rstrip("/"), settings.dynatrace_url.rstrip("/")
    )
    registered = await services().registry.all()
    return catalog(registered, addresses, types=_types(), groups=groups, only=only)


def _types() -> dict[str, str]:
    """What each golden path makes."""
    from shared.golden_paths.catalogue import all_paths

    return {path.name: component_type(path.runtime) for path in all_paths()}


def _json(told: Catalog) -> str:
    return json.dumps({"entities": told.entities, "remarks": told.remarks}, ensure_ascii=False)


def _document(req: func.HttpRequest, text: str, media_type: str) -> func.HttpResponse:
    """200 with the text, or 304 when the caller has it already (RFC 9110, 13.1.2)."""
    body = text.encode()
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**_REVALIDATED, "ETag": etag}
    held: list[Any] = re.findall(r'"[^"]*"|\*', req.headers.get("If-None-Match", ""))
    if etag.removeprefix("W/") in held or held == ["*"]:
        return func.HttpResponse(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return func.HttpResponse(body, mimetype=media_type, charset="utf-8", headers=headers)


def _flag(req: func.HttpRequest, name: str) -> bool:
    given = req.params.get(name, "false")
    if given not in ("true", "false"):
        raise InvalidRequest(
            f"{name} is true or false.", [{"field": name, "message": "must be true or false"}]
        )
    return bool(given == "true")
