"""GET /api/golden-paths, /{name}; POST /{name}/validate and /{name}/services: choose a path, try it, get a service.

Caller: Backstage, people, scripts. Needs: Platform.Reader to read, Platform.Requester to validate and to ask.
Answers: 200; 202 with the operation; 400, 401, 403, 404; 409 when the name belongs to another, with its operation;
413; 422 with all faults by field; 500 when the path's files cannot be rendered; 503 when a name cannot be claimed
now.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, body_of, caller_with
from functions.services.service_requests import Request, is_of, operation_id_of, read_request
from functions.starting import settled, start_once
from shared.domain.service.provisioning import PIPELINE_FOLDER
from shared.errors import Conflict
from shared.security.tokens import READER, REQUESTER
from shared.services import services

if TYPE_CHECKING:
    from shared.claims import Claim

bp = df.Blueprint()

ABANDONED_AFTER_MINUTES = 2
"""Far longer than it takes to start an operation whose name is claimed."""


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
    faults = asked.faults + await _taken(asked)
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
            **settled(configuration),
        },
    )
    address = f"{configuration.public_url}/api/operations/{operation_id}"
    body = {"operation_id": operation_id, "status_url": address, "started": started}
    return answer(body, HTTPStatus.ACCEPTED, {"Location": address})


async def _claim(client: df.DurableFunctionsClient, asked: Request, operation_id: str) -> None:
    """Take the name for the operation. Raises: Conflict with the operation that has it."""
    state = await client.get_orchestration_state(operation_id)
    if state is not None:
        if not is_of(state, asked):
            raise _other_body(operation_id)
        return  # It was asked for before, and runs or has ended.
    registered = await services().registry.get(asked.name)
    if registered:
        raise _belongs(registered.get("operation_id", ""), "A service of this name is registered.")
    claim = asked.claim(operation_id)
    held = await services().claims.take(asked.name, claim)
    if held["operation_id"] != operation_id and await _is_abandoned(client, held):
        held = await services().claims.take_over(asked.name, held, claim)
    if held["operation_id"] != operation_id:
        raise _belongs(held["operation_id"], "Another operation has this name.")
    if held["request_hash"] != claim["request_hash"]:
        raise _other_body(operation_id)


async def _is_abandoned(client: df.DurableFunctionsClient, held: "Claim") -> bool:
    """Whether nobody ever started the operation that has the name: its starter ended between the two."""
    from datetime import UTC, datetime, timedelta

    if datetime.now(UTC) - datetime.fromisoformat(held["at"]) < timedelta(minutes=ABANDONED_AFTER_MINUTES):
        return False
    return await client.get_orchestration_state(held["operation_id"], fetch_payloads=False) is None


def _belongs(operation_id: str, detail: str) -> Conflict:
    facts = {"operation_id": operation_id} if operation_id else {}
    if operation_id:
        facts["status_url"] = f"{services().settings.public_url}/api/operations/{operation_id}"
    return Conflict(f"{detail} Choose another name, or follow that operation.", **facts)


def _other_body(operation_id: str) -> Conflict:
    return Conflict("This Idempotency-Key was used with another body.", operation_id=operation_id)


async def _taken(asked: Request) -> list[dict[str, str]]:
    """Who has the name already, and whether the project is there, as far as the two fields have no other faults."""
    wrong = {fault["field"] for fault in asked.faults}
    name, project = ("" if field in wrong else asked.parameters[field] for field in ("name", "project"))
    faults = []
    if project and not await services().azure_devops.projects.exists(project):
        message = "there is no such project, or the platform may not see it"
        faults, project = [{"field": "project", "message": message}], ""
    messages = await _holders(name) if name else []
    if name and project:
        messages += await _namesakes(project, name, adopt=asked.parameters.get("adopt_existing") is True)
    return faults + [{"field": "name", "message": message} for message in messages]


async def _holders(name: str) -> list[str]:
    """The service or the operation that has this name."""
    if await services().registry.get(name):
        return ["a service of this name is registered"]
    held = await services().claims.get(name)
    return [f"operation {held['operation_id']} has this name"] if held else []


async def _namesakes(project: str, name: str, *, adopt: bool) -> list[str]:
    """What Azure DevOps has under this name and we would stop at."""
    client = services().azure_devops
    repository = await client.repositories.find(project, name)
    pipeline = await client.pipelines.find(project, name, PIPELINE_FOLDER)
    found = []
    if repository and not adopt:
        found.append("Azure DevOps has a repository of this name: set adopt_existing to take it")
    if pipeline and (not repository or pipeline["repository_id"] != repository["repository_id"]):
        found.append("Azure DevOps has a pipeline of this name that builds another repository")
    return found


def _shown(path: Any) -> dict[str, Any]:
    names = ("name", "version", "owner", "title", "description", "tags", "runtime", "steps")
    return {
        **{name: getattr(path, name) for name in names},
        "parameters": path.schema,
        "policies": path.policies,
        "estimate": path.estimate,
    }
