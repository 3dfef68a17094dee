"""A timer makes every service's scorecard; GET /api/services/{name}/scorecard and .../badge.svg read it.

Reading is one look into Blob. Callers: Backstage's card, pages that show the badge. Needs: Platform.Reader; the badge
also opens with the signed address that stands in the scorecard (`badge_url`), since an <img> sends no token.
Answers: 200, 304, 400, 401, 403, 404. ?format=svg of the scorecard is the badge.
"""

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answers_problems, caller_with
from functions.services.registry import checked_name
from shared.errors import InvalidRequest, NotFound
from shared.security import links
from shared.security.tokens import READER
from shared.services import services

bp = df.Blueprint()
log = logging.getLogger(__name__)

MAX_AGE_S = 60
_PURPOSE = "badge"
_QUARTER_S = 91 * 24 * 3600
_HEADERS = {
    "Cache-Control": f"private, max-age={MAX_AGE_S}",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Authorization",
}


@bp.timer_trigger(arg_name="timer", schedule="45 */10 * * * *")
async def refresh_scorecards(timer: func.TimerRequest) -> None:
    await refresh(datetime.now(UTC))


async def refresh(now: datetime) -> None:
    """One round over the registry. now: aware."""
    from shared import scorecard_rows, scorecards

    own = services()
    common = await _common()
    cards = scorecards.Scorecards(own.blob)

    async def one(service: Mapping[str, Any]) -> None:
        gates, slos = await asyncio.gather(
            scorecard_rows.or_none("gates", own.delivery_notes.gates(service["name"])),
            scorecard_rows.or_none("SLOs", scorecards.objectives(own.dynatrace.slos, service)),
        )
        card = scorecards.card_of(service, common, gates, slos, now)
        card["badge_url"] = _badge_url(service["name"], round(now.timestamp()))
        await cards.put(card, own.settings.default_language)

    registered = await own.registry.all()
    report = await scorecards.refresh(registered, one)
    await cards.keep_only({service["name"] for service in registered})
    log.info("scorecards: %d made, not made: %s", report.written, report.failed)


@bp.route(route="services/{name}/scorecard", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def get_scorecard(req: func.HttpRequest) -> func.HttpResponse:
    await caller_with(req, READER)
    kind = req.params.get("format", "json")
    if kind not in ("json", "svg"):
        raise InvalidRequest(
            "format is json or svg.", [{"field": "format", "message": "must be json or svg"}]
        )
    return await _kept(req, kind)


@bp.route(route="services/{name}/badge.svg", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def get_badge(req: func.HttpRequest) -> func.HttpResponse:
    if "token" in req.params:
        name, secrets = checked_name(req.route_params["name"]), services().settings.link_secrets
        links.verify(secrets, req.params["token"], _PURPOSE, name, now_s=time.time())
    else:
        await caller_with(req, READER)
    return await _kept(req, "svg")


async def _common() -> Any:
    """What all services' scorecards need, asked once."""
    from shared import scorecard_rows, scorecards

    own = services()
    entries = await scorecard_rows.or_none("open incidents", own.open_incidents.all())
    configured = bool(own.settings.snowflake_account)
    return scorecards.Common(
        dora=await scorecard_rows.dora_rows(own.warehouse) if configured else None,
        incidents=await scorecard_rows.incident_rows(own.warehouse) if configured else None,
        open_incidents=None if entries is None else scorecards.count_open(entries),
    )


def _badge_url(name: str, now_s: int) -> str:
    """An address that stays the same for a quarter and opens for three more, and nothing but the badge."""
    expires_at_s = (now_s // _QUARTER_S + 4) * _QUARTER_S
    settings = services().settings
    token = links.sign(settings.link_secrets, _PURPOSE, name, expires_at_s=expires_at_s)
    return f"{settings.public_url}/api/services/{name}/badge.svg?token={token}"


async def _kept(req: func.HttpRequest, kind: str) -> func.HttpResponse:
    """What the last round left, or 304 when the caller has it already (RFC 9110, 13.1.2)."""
    from shared.scorecards import JSON, SVG, Scorecards

    body = await Scorecards(services().blob).get(checked_name(req.route_params["name"]), kind)
    if body is None:
        raise NotFound(
            "There is no scorecard of this name: it is no service, or one of the last ten minutes."
        )
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**_HEADERS, "ETag": etag}
    if kind == "svg":
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    held = re.findall(r'"[^"]*"|\*', req.headers.get("If-None-Match", ""))
    if etag in held or held == ["*"]:
        return func.HttpResponse(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return func.HttpResponse(body, mimetype=JSON if kind == "json" else SVG, charset="utf-8", headers=headers)
