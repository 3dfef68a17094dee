"""POST /api/quality-gates and GET /api/quality-gates/{id}: judge a deployment by what it did to the service.

Caller: pipelines, with Platform.Requester; readers of a verdict, pipelines and people, need Platform.Reader. A gate is
asked for once per service, environment, version and run (or Idempotency-Key), however often the request is sent.
Answers: 202 with the gate's address; 200 with the gate as it stands, JSON or a page; 400, 401, 403, 404, 413.
"""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, body_of, caller_with, wants_page
from functions.operations.operations import told_by
from functions.services.registry import checked_name
from functions.starting import policy, start_once
from shared.errors import ConfigurationError, InvalidRequest, NotFound, RequestError, Unauthenticated
from shared.security.tokens import READER, REQUESTER
from shared.services import services

if TYPE_CHECKING:
    from functions.models.gates import GateRequest

bp = df.Blueprint()

OLDEST, LONGEST = timedelta(days=14), timedelta(hours=24)
LOOK_AGAIN_S = 10
_ID = re.compile(r"gate-[a-z0-9-]{1,90}")
_KEY_CHARACTERS = 200


@bp.route(route="quality-gates", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def ask_for_gate(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Start the gate, or find it. Its window may lie ahead: then it is judged when that is over."""
    from functions.models.gates import GateRequest
    from functions.validation import parse_json, validate

    await caller_with(req, REQUESTER)
    asked = validate(GateRequest, parse_json(body_of(req)))
    service = await services().registry.get(checked_name(asked.service))
    if service is None:
        raise NotFound("There is no service of this name.")
    gate_id = _gate_id(asked, req.headers.get("Idempotency-Key", ""))
    started = await start_once(client, "evaluate_gate", gate_id, _request(asked, service))
    address = f"{services().settings.public_url}/api/quality-gates/{gate_id}"
    body = {"operation_id": gate_id, "status_url": address, "started": started}
    return answer(body, HTTPStatus.ACCEPTED, {"Location": address, "Retry-After": str(LOOK_AGAIN_S)})


@bp.route(route="quality-gates/{id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def get_gate(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """The gate with its verdict, or how far it is. A browser gets a page, which asks to sign in."""
    if not wants_page(req):
        await caller_with(req, READER)
        gate = await _gate(req.route_params["id"], client)
        again = {"Retry-After": str(LOOK_AGAIN_S)} if gate["state"] == "running" else {}
        return answer(gate, headers=again)
    from functions.pages.gate import page

    try:
        caller = await caller_with(req, READER)
        gate = await _gate(req.route_params["id"], client)
    except RequestError as error:
        return page(req, error.status, error="" if isinstance(error, Unauthenticated) else error.detail)
    return page(req, caller=caller, gate=gate)


async def _gate(gate_id: str, client: df.DurableFunctionsClient) -> dict[str, Any]:
    """A functions.models.gates.QualityGate. Raises: NotFound."""
    if not _ID.fullmatch(gate_id):
        raise NotFound("There is no quality gate of this id.")
    operation_url = f"{services().settings.public_url}/api/operations/{gate_id}"
    if result := await services().gates.get(gate_id):
        shown = {name: value for name, value in result.items() if name != "rules"}
        return {**shown, "state": "decided", "step": "", "operation_url": operation_url}
    state = await client.get_orchestration_state(gate_id)
    if state is None:
        raise NotFound("There is no quality gate of this id.")
    asked = json.loads(state.serialized_input or "{}").get("asked", {})
    running = state.runtime_status.name in ("PENDING", "RUNNING", "SUSPENDED")
    steps = told_by(state).get("steps") or [{"name": "await_window"}]
    return {
        "id": gate_id,
        **{name: value for name, value in asked.items() if name != "check"},
        "state": "running" if running else "failed",
        "step": steps[-1]["name"],
        "verdict": None if running else "inconclusive",
        "decision": None if running else "hold",
        "objectives": [],
        "operation_url": operation_url,
    }


def _gate_id(asked: "GateRequest", key: str) -> str:
    """Raises: InvalidRequest."""
    if len(key) > _KEY_CHARACTERS or not (key or "x").isprintable():
        message = f"up to {_KEY_CHARACTERS} printable characters"
        raise InvalidRequest(
            f"Idempotency-Key has {message}.", [{"field": "Idempotency-Key", "message": message}]
        )
    told = [
        asked.service,
        asked.environment,
        *([key] if key else [asked.version, asked.run_id, asked.dry_run]),
    ]
    return f"gate-{asked.service[:63]}-{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:20]}"


def _request(asked: "GateRequest", service: dict[str, Any]) -> dict[str, Any]:
    """The orchestration's input. Raises: InvalidRequest."""
    from shared.gates.rules import rules_of

    try:
        rules = rules_of(service)
    except ConfigurationError as error:
        raise InvalidRequest(
            f"Mend the service's gate: {error}", [{"field": "service", "message": str(error)}]
        ) from None
    settings = services().settings
    from_, until = _window(asked, rules["window_minutes"])
    told = asked.model_dump(exclude={"from_", "until", "window_minutes"})
    return {
        "asked": {**told, "from_ms": _ms(from_), "until_ms": _ms(until)},
        "service": service,
        "rules": rules,
        "policy": {
            **policy(settings),
            "gate_settle_s": settings.gate_settle_minutes * 60,
            "gate_patience_s": settings.gate_patience_minutes * 60,
            "gate_poll_s": settings.gate_poll_s,
        },
        "language": settings.default_language,
        "public_url": settings.public_url,
    }


def _window(asked: "GateRequest", usual_minutes: float) -> tuple[datetime, datetime]:
    """From when the version ran until when it is judged. Raises: InvalidRequest."""
    now = datetime.now(UTC)
    from_ = asked.from_ or now
    until = asked.until or from_ + timedelta(minutes=asked.window_minutes or usual_minutes)
    if not now - OLDEST <= from_ < until <= min(from_ + LONGEST, now + LONGEST):
        message = (
            "the window is at most 24 hours long, begins within the last 14 days and ends within 24 hours"
        )
        raise InvalidRequest(
            f"No such window can be judged: {message}.", [{"field": "from", "message": message}]
        )
    return from_, until


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
