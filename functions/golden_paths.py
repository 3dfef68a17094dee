"""GET /api/golden-paths, /{name}; POST /{name}/validate and /{name}/services: choose a path, try it, get a service.

Caller: Backstage, people, scripts. Needs: Platform.Reader to read, Platform.Requester to validate and to ask.
Answers: 200; 202 with the operation; 400, 401, 403, 404; 409 when the name belongs to another, with its operation;
413; 422 with all faults by field; 503 when a name cannot be claimed now.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, body_of, caller_with
from functions.service_requests import Request, operation_id_of, read_request
from functions.starting import policy, start_once
from shared.errors import Conflict
from shared.security.tokens import READER, REQUESTER
from shared.services import services

if TYPE_CHECKING:
    from shared.claims import Claim

bp = df.Blueprint()


@bp.route(route="golden-paths", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def list_golden_paths(req: func.HttpRequest) -> func.HttpResponse:
    from shared.golden_paths.catalogue import all_paths

    await caller_with(req, READER)
    return answer({"golden_paths": [_shown(path) for path in all_paths()]})


@bp.route(route="golden-paths/{name}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def get_golden_path(req: func.HttpRequest) -> func.HttpResponse:
    """One path with the JSON Schema of its parameters."""
    from shared.golden_paths.catalogue import golden_path

    await caller_with(req, READER)
    return answer(_shown(golden_path(req.route_params["name"])))


@bp.route(route="golden-paths/{name}/validate", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def validate_request(req: func.HttpRequest) -> func.HttpResponse:
    """What would happen, with nothing created: faults, who has the name, cost, and who must allow it."""
    from functions.validation import parse_json
    from shared.golden_paths.catalogue import golden_path

    caller = await caller_with(req, REQUESTER)
    path = golden_path(req.route_params["name"])
    parameters = parse_json(body_of(req))
    asked = Request.of(path, parameters, caller)
    faults = asked.faults + (await _taken(asked) if asked.name and not asked.faults else [])
    if faults:
        return answer({"valid": False, "errors": faults})
    return answer(
        {
            "valid": True,
            "errors": [],
            "parameters": asked.parameters,
            "estimate": {"monthly_brl": asked.monthly_brl},
            "approval": asked.approval,
            "files": sorted(asked.render()),
        }
    )


@bp.route(route="golden-paths/{name}/services", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def request_service(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Ask for a service: 202 with the operation, whether it was started now or before.

    Header Idempotency-Key (optional): the same key and body is the same request for ever. Without it the body and
    the caller make the key, and asking again after an end that left nothing behind is a new request.
    """
    caller = await caller_with(req, REQUESTER)
    asked = read_request(req, caller)
    operation_id = await operation_id_of(client, asked, req.headers.get("Idempotency-Key", ""))
    await _claim(client, asked, operation_id)
    configuration = services().settings
    started = await start_once(
        client,
        "provision_service",
        operation_id,
        {
            **asked.work(),
            "policy": policy(configuration),
            "language": configuration.default_language,
            "public_url": configuration.public_url,
        },
    )
    address = f"{configuration.public_url}/api/operations/{operation_id}"
    body = {"operation_id": operation_id, "status_url": address, "started": started}
    return answer(body, HTTPStatus.ACCEPTED, {"Location": address})


async def _claim(client: df.DurableFunctionsClient, asked: Request, operation_id: str) -> None:
    """Take the name for the operation. Raises: Conflict with the operation that has it."""
    registered = await services().registry.get(asked.name)
    if registered and registered.get("operation_id") != operation_id:
        raise _belongs(registered.get("operation_id", ""), "A service of this name is registered.")
    claim = asked.claim(operation_id)
    held = await services().claims.get(asked.name)
    if held is None and await client.get_orchestration_state(operation_id, fetch_payloads=False):
        return  # It was asked for before, and has ended.
    held = held or await services().claims.take(asked.name, claim)
    if held["operation_id"] != operation_id and await _is_abandoned(client, held):
        held = await services().claims.take_over(asked.name, held, claim)
    if held["operation_id"] != operation_id:
        raise _belongs(held["operation_id"], "Another operation has this name.")
    if held["request_hash"] != claim["request_hash"]:
        raise Conflict("This Idempotency-Key was used with another body.", operation_id=operation_id)


async def _is_abandoned(client: df.DurableFunctionsClient, held: "Claim") -> bool:
    """Whether nobody ever started the operation that has the name: its starter ended between the two."""
    from datetime import UTC, datetime, timedelta

    if datetime.now(UTC) - datetime.fromisoformat(held["at"]) < timedelta(minutes=ABANDONED_AFTER_MINUTES):
        return False
    return await client.get_orchestration_state(held["operation_id"], fetch_payloads=False) is None


ABANDONED_AFTER_MINUTES = 2
"""Far longer than it takes to start an operation whose name is claimed."""


def _belongs(operation_id: str, detail: str) -> Conflict:
    facts = {"operation_id": operation_id} if operation_id else {}
    if operation_id:
        facts["status_url"] = f"{services().settings.public_url}/api/operations/{operation_id}"
    return Conflict(f"{detail} Choose another name, or follow that operation.", **facts)


async def _taken(asked: Request) -> list[dict[str, str]]:
    """Who has the name already: the registry, an operation, or Azure DevOps."""
    faults = []
    if await services().registry.get(asked.name):
        faults.append("a service of this name is registered")
    elif held := await services().claims.get(asked.name):
        faults.append(f"operation {held['operation_id']} has this name")
    client, project = services().azure_devops, asked.parameters["project"]
    if not await client.projects.exists(project):
        return [
            *_fault("name", faults),
            {"field": "project", "message": "there is no such project, or the platform may not see it"},
        ]
    if not asked.parameters["adopt_existing"] and await client.repositories.find(project, asked.name):
        faults.append("Azure DevOps has a repository of this name: set adopt_existing to take it")
    return _fault("name", faults)


def _fault(field: str, messages: list[str]) -> list[dict[str, str]]:
    return [{"field": field, "message": message} for message in messages]


def _shown(path: Any) -> dict[str, Any]:
    names = ("name", "version", "owner", "title", "description", "tags", "runtime", "steps")
    return {
        **{name: getattr(path, name) for name in names},
        "parameters": path.schema,
        "policies": path.policies,
        "estimate": path.estimate,
    }
