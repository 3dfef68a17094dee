"""What somebody asks for with a golden path: read, checked, priced, and known again when it is asked twice."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import body_of
from functions.operations.operations import UNDER_WAY, told_by
from orchestrations.approving import EXPIRED
from shared.domain import approvals
from shared.domain.service import provisioning
from shared.errors import InvalidRequest, Unprocessable
from shared.security.tokens import Caller
from shared.services import services

if TYPE_CHECKING:
    from shared.claims import Claim
    from shared.golden_paths.catalogue import GoldenPath

MOST_KEY_CHARACTERS = 200
_UNDONE = (provisioning.COMPENSATED, provisioning.CANCELLED, approvals.REFUSE, EXPIRED)


@dataclass(frozen=True)
class Request:
    """One request. parameters: with their defaults filled in, where they have no faults."""

    path: "GoldenPath"
    parameters: dict[str, Any]
    caller: Caller
    faults: list[dict[str, str]]

    @classmethod
    def of(cls, path: "GoldenPath", sent: dict[str, Any], caller: Caller) -> "Request":
        from shared.golden_paths.validation import complete, faults

        sent = _plain(sent)
        found = faults(path, sent)
        return cls(path, sent if found else complete(path, sent), caller, found)

    @property
    def name(self) -> str:
        """The service's name."""
        return str(self.parameters.get("name", ""))

    @property
    def monthly_brl(self) -> int:
        from shared.golden_paths.estimate import monthly_brl

        return monthly_brl(self.path, self.parameters)

    @property
    def approval(self) -> dict[str, Any] | None:
        """{"risk", "reasons"} where a person must allow it, else None."""
        from shared.golden_paths.estimate import approval_reasons

        reasons = approval_reasons(self.path, self.parameters)
        return {"risk": self.path.policies["approval"]["risk"], "reasons": reasons} if reasons else None

    @property
    def request_hash(self) -> str:
        """SHA-256 of path, parameters and caller."""
        asked = [self.path.name, self.parameters, self.caller.id]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    def render(self) -> dict[str, bytes]:
        """The repository's files. Raises: RenderFailed."""
        from shared.golden_paths.rendering import render

        return render(self.path, self.parameters)

    def claim(self, operation_id: str) -> "Claim":
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"operation_id": operation_id, "request_hash": self.request_hash, "at": at}

    def work(self) -> dict[str, Any]:
        """The orchestration's input, beside policy and language."""
        return {
            "path": {
                "name": self.path.name,
                "version": self.path.version,
                "steps": list(self.path.steps),
                "policies": self.path.policies,
                "monitoring": self.path.monitoring,
            },
            "parameters": self.parameters,
            "monthly_brl": self.monthly_brl,
            "approval": self.approval,
            "requested_by": {"id": self.caller.id, "name": self.caller.name},
            "request_hash": self.request_hash,
        }


def read_request(req: func.HttpRequest, caller: Caller) -> Request:
    """The request of an HTTP call, without faults, whose skeleton renders.

    Raises: NotFound, InvalidRequest, Unprocessable with all faults by field, RenderFailed.
    """
    from functions.validation import parse_json
    from shared.golden_paths.catalogue import golden_path

    path = golden_path(req.route_params["name"])
    asked = Request.of(path, parse_json(body_of(req)), caller)
    if asked.faults:
        named = ", ".join(sorted({fault["field"] for fault in asked.faults}))
        raise Unprocessable(f"Mend these fields: {named}. Nothing was created.", asked.faults)
    asked.render()
    return asked


async def operation_id_of(client: df.DurableFunctionsClient, asked: Request, key: str) -> str:
    """The id of this request's operation: of the one it has, else of the one to start."""
    if key:
        if len(key) > MOST_KEY_CHARACTERS or not key.isprintable():
            message = f"up to {MOST_KEY_CHARACTERS} printable characters"
            raise InvalidRequest(
                f"Idempotency-Key has {message}.", [{"field": "Idempotency-Key", "message": message}]
            )
        return provisioning.operation_id(asked.name, f"{asked.caller.id}\n{key}")
    attempt = 1
    while True:
        operation_id = provisioning.operation_id(asked.name, f"{asked.request_hash}\n{attempt}")
        state = await client.get_orchestration_state(operation_id)
        if state is None or not await _is_over(state, asked.name):
            return operation_id
        attempt += 1


def is_of(state: Any, asked: Request) -> bool:
    """Whether the operation was started for exactly this request."""
    asked_then = json.loads(state.serialized_input or "{}").get("request_hash")
    return asked_then in (None, asked.request_hash)


async def _is_over(state: Any, name: str) -> bool:
    """Whether it has ended and its service is no more: all was undone, or it was decommissioned since."""
    if state.runtime_status.name in UNDER_WAY:
        return False
    outcome = told_by(state).get("outcome")
    if outcome == provisioning.PROVISIONED:
        registered = await services().registry.get(name)
        return registered is None or registered.get("operation_id") != state.instance_id
    return outcome in _UNDONE


def _plain(value: Any) -> Any:
    """JSON knows one kind of number: 2.0 is 2, in the price, in the files and in the request's hash."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
