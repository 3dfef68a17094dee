"""GET /api/openapi.json: what this app answers, from the models that validate it.

Caller: anyone. What there is to answer stands in functions/platform/endpoints.py.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems
from functions.platform.endpoints import ENDPOINTS, Endpoint

bp = df.Blueprint()


@bp.route(route="openapi.json", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def get_openapi(req: func.HttpRequest) -> func.HttpResponse:
    return answer(document())


@cache
def document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    from shared.clients.http import VERSION

    schemas = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(f"/api/{endpoint.route}", {})[endpoint.method] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ValueFlow",
            "version": VERSION,
            "description": "Refusals are RFC 9457 problem details.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "Entra ID",
                },
                "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
                "sharedSecret": {"type": "apiKey", "in": "header", "name": "X-ValueFlow-Secret"},
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    refusals = {*endpoint.refusals, 500, *((401, 403, 503) if endpoint.role else ())}
    responses: dict[str, Any] = {str(endpoint.status): {"description": "Done", **_content(endpoint.answer)}}
    responses |= {
        str(status): {"description": "Refused", **_content("Problem", "application/problem+json")}
        for status in sorted(refusals)
    }
    if endpoint.route == "health":
        responses["503"] = {"description": "Events are not taken", **_content("Health")}
    told: dict[str, Any] = {
        "operationId": f"{endpoint.method}_{endpoint.route.replace('/', '_').translate(str.maketrans('', '', '{}.'))}",
        "summary": endpoint.summary,
        "responses": responses,
        "security": _security(endpoint),
    }
    names = [part[1:-1] for part in endpoint.route.split("/") if part.startswith("{")]
    if names:
        told["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
    if endpoint.body:
        told["requestBody"] = {"required": True, **_content(endpoint.body)}
    if endpoint.role:
        told["description"] = f"Needs the role {endpoint.role}."
    return told


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.route.startswith("webhooks"):
        return [{"functionKey": [], "sharedSecret": []}]
    return [{"token": []}] if endpoint.role else []


def _content(model: str, media_type: str = "application/json") -> Mapping[str, Any]:
    return {"content": {media_type: {"schema": {"$ref": f"#/components/schemas/{model}"}}}} if model else {}


def _shapes() -> dict[str, Any]:
    """All that functions.models has, by name."""
    import importlib
    import pkgutil

    from functions import models

    found: dict[str, Any] = {}
    for room in pkgutil.iter_modules(models.__path__):
        found |= vars(importlib.import_module(f"functions.models.{room.name}"))
    return found


def _schemas() -> dict[str, Any]:
    from pydantic.json_schema import models_json_schema

    from functions.platform.sources.dynatrace import DynatraceNotification

    shapes = {**_shapes(), "DynatraceNotification": DynatraceNotification}
    used = {name for endpoint in ENDPOINTS for name in (endpoint.answer, endpoint.body) if name} | {"Problem"}
    known = {name: shapes[name] for name in sorted(used)}
    template = "#/components/schemas/{model}"
    _, definitions = models_json_schema(
        [(model, "validation") for model in known.values()], ref_template=template
    )
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas
