"""GET and POST /api/deployments/{id}/corrections: what people say a deployment counts as (docs/dora.md).

Caller: people. Needs: Platform.Reader to read, Platform.Approver to correct: who is trusted to decide on a service's
incidents, and nobody else, changes what they are laid to. Saying again what holds already is saying it once; its
event is sent again, so that one that got lost is mended. {id} is percent-encoded.
Answers: 200, 202 with the correction (the next load counts it), 400, 401, 403, 409, 413, 503.
"""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, body_of, caller_with
from shared.corrections import path_of
from shared.domain.delivery.deliveries import Correction
from shared.domain.event_types import DEPLOYMENT_CORRECTED
from shared.domain.metrics import dora_corrections
from shared.errors import Conflict, InvalidRequest
from shared.security.tokens import APPROVER, READER
from shared.services import services
from shared.shared_lists import SharedLists

bp = df.Blueprint()

MOST = 200
"""Corrections of one deployment."""
LONGEST_ID = 300


@bp.route(route="deployments/{id}/corrections", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def list_corrections(req: func.HttpRequest) -> func.HttpResponse:
    """All that was said of it, oldest first, and whether it still counts."""
    await caller_with(req, READER)
    id_ = _id_of(req)
    said = await _lists().read(path_of(id_))
    hold = {one["correction_id"] for one in dora_corrections.holding(said)}
    told = [{**one, "holds": one["correction_id"] in hold} for one in said]
    return answer({"deployment_id": id_, "corrections": told})


@bp.route(route="deployments/{id}/corrections", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def correct_deployment(req: func.HttpRequest) -> func.HttpResponse:
    from functions.models.corrections import CorrectionRequest
    from functions.validation import parse_json, validate
    from shared.events import new_event
    from shared.redaction import redacted

    caller = await caller_with(req, APPROVER)
    id_ = _id_of(req)
    asked = validate(CorrectionRequest, parse_json(body_of(req))).model_dump(exclude_none=True)
    correction = await _say(id_, {**asked, "reason": redacted(asked["reason"])}, caller.id)
    at = datetime.fromisoformat(correction["at"])
    identity = (correction["correction_id"],)
    event = new_event(DEPLOYMENT_CORRECTED, "/valueflow", identity, dict(correction), subject=id_, time=at)
    await services().publisher.publish(event)
    holds = correction["kind"] != dora_corrections.RESTORE
    return answer({**correction, "holds": holds}, HTTPStatus.ACCEPTED)


async def _say(id_: str, asked: dict[str, Any], by: str) -> Correction:
    """Keep the correction, without losing what others say at the same time. Raises: Conflict, VendorUnavailable."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    told: list[Correction] = []

    def change(said: list[Correction]) -> list[Correction]:
        changed, correction = dora_corrections.say(said, id_, asked, by, at)
        if len(changed) > MOST:
            raise Conflict(f"This deployment was corrected {MOST} times; no more are taken.")
        told.append(correction)
        return changed

    await _lists().update(path_of(id_), change)
    return told[-1]


def _lists() -> SharedLists:
    return SharedLists(services().blob, "corrections")


def _id_of(req: func.HttpRequest) -> str:
    id_ = req.route_params["id"]
    if not id_.strip() or len(id_) > LONGEST_ID or not id_.isprintable():
        message = f"up to {LONGEST_ID} printable characters"
        raise InvalidRequest(f"A deployment's id has {message}.", [{"field": "id", "message": message}])
    return str(id_)
