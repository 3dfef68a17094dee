"""Similar incidents for people and Backstage, forgetting one, and the timers that learn and tend.

GET /api/incidents/similar?q=...&service=...&limit=..., POST with {"text", "service", "limit"} where the words are many
or should not stand in an address: needs Platform.Reader.
DELETE /api/incidents/{id}/memory: needs Platform.Admin. {id} is the operation's, or `servicenow-<sys_id>`.
Answers: 200, 400, 401, 403, 413, 503.
"""

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, body_of, caller_with
from shared.errors import InvalidRequest, VendorUnavailable
from shared.security.tokens import ADMIN, READER
from shared.services import services

bp = df.Blueprint()
log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9_.-]{1,150}")


@bp.route(route="incidents/similar", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def find_similar(req: func.HttpRequest) -> func.HttpResponse:
    await caller_with(req, READER)
    named = {"text": "q", "service": "service", "limit": "limit"}
    return answer(
        await _similar({name: req.params[sent] for name, sent in named.items() if sent in req.params})
    )


@bp.route(route="incidents/similar", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def ask_similar(req: func.HttpRequest) -> func.HttpResponse:
    from functions.validation import parse_json

    await caller_with(req, READER)
    return answer(await _similar(parse_json(body_of(req))))


@bp.route(route="incidents/{id}/memory", methods=["DELETE"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def forget_incident(req: func.HttpRequest) -> func.HttpResponse:
    """Take what is remembered of an incident away, everywhere and for good. Doing it twice is doing it once."""
    caller = await caller_with(req, ADMIN)
    id_ = req.route_params["id"]
    if not _ID.fullmatch(id_):
        message = "up to 150 letters, digits, '.', '_' and '-'"
        raise InvalidRequest(f"An incident's id has {message}.", [{"field": "id", "message": message}])
    removed = await services().knowledge.forget(id_)
    log.info("the memory of %s was forgotten by %s (%d)", id_, caller.id, removed)
    return answer({"id": id_, "removed": removed})


@bp.timer_trigger(arg_name="timer", schedule="0 */15 * * * *")
async def learn_resolved_incidents(timer: func.TimerRequest) -> None:
    """Remember what people resolved in ServiceNow. Late or missed runs catch up by themselves."""
    from shared.knowledge.learning import learn

    days = services().settings.learn_incidents_days
    if not days:
        return
    first = datetime.now(UTC) - timedelta(days=days)
    try:
        learnt = await learn(services().blob, services().servicenow.past, services().knowledge, first)
    except VendorUnavailable as error:
        log.warning("nothing more is learnt until the next run: %s", error)
        return
    log.info("learnt from resolved incidents: %s", learnt)


@bp.timer_trigger(arg_name="timer", schedule="0 25 * * * *")
async def tend_knowledge(timer: func.TimerRequest) -> None:
    """Encode what an encoder has not seen yet, put small blobs together."""
    try:
        log.info("knowledge: %s", await services().knowledge.tend())
    except VendorUnavailable as error:
        log.warning("the knowledge is left as it is until the next run: %s", error)


async def _similar(asked: Any) -> dict[str, Any]:
    from functions.models.incidents import SimilarRequest
    from functions.validation import validate
    from shared.redaction import redacted

    wanted = validate(SimilarRequest, asked)
    found = await services().knowledge.similar(
        redacted(wanted.text), service=wanted.service, limit=wanted.limit
    )
    return {"incidents": found, "remembered": await services().knowledge.count()}
