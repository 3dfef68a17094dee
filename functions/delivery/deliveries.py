"""Service Bus subscription `deliveries`: reports become facts, and Dynatrace hears of production.

GET /api/deliveries/unmatched lists what nobody could make facts of, each with its reason, explained in the reader's
language (Platform.Reader);
POST /api/deliveries/unmatched/{id}/retry tries one again (Platform.Admin). Answers: 200, 401, 403, 404, 503.
An event that cannot be read fails; the broker dead-letters it after its deliveries.
"""

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, caller_with, language_of
from shared.domain import event_types
from shared.errors import NotFound, PoisonMessage
from shared.security.tokens import ADMIN, READER
from shared.services import services
from shared.settings import EVENTS_TOPIC
from shared.texts import say_or

if TYPE_CHECKING:
    from shared.delivery.announcing import Announcer
    from shared.delivery.facts import Facts
    from shared.delivery.shelf import Kept, Shelf
    from shared.domain.delivery.delivery_reports import Report

bp = df.Blueprint()
log = logging.getLogger(__name__)


@bp.service_bus_topic_trigger(
    arg_name="message",
    topic_name=EVENTS_TOPIC,
    subscription_name="deliveries",
    connection="ServiceBusConnection",
)
async def on_delivery_event(message: func.ServiceBusMessage) -> None:
    event = read_event(message.get_body())
    if event["type"] == event_types.DELIVERY_REPORTED:
        await take(event["id"], event["data"])
    elif event["type"] == event_types.DEPLOYMENT_FINISHED:
        told = await announcer().tell(event["data"], datetime.now(UTC))
        if told:
            log.info("deployment to production, to Dynatrace: %s", told)


def read_event(body: bytes) -> dict[str, Any]:
    """The event inside the message. Raises: PoisonMessage."""
    try:
        event = json.loads(body)
        known = isinstance(event["data"], dict) and isinstance(event["type"], str) and event["id"]
    except (ValueError, TypeError, LookupError):
        raise PoisonMessage("the message is not a CloudEvent with data") from None
    if not known:
        raise PoisonMessage("the event's data is not an object")
    return dict(event)


async def take(report_id: str, report: "Report", now: datetime | None = None) -> str:
    """Publish what the report means, or keep it; returns the reason it was kept for.

    Killed in between, the message comes again: the facts have the same ids, the entry is written over.
    """
    outcome = await facts().of(report)
    if outcome.reason:
        kept = await shelf().keep(report_id, report, outcome.reason, now or datetime.now(UTC))
        await services().publisher.publish(_unmatched(kept))
        log.info("a delivery of %s is kept: %s", report["source"], outcome.reason)
        return outcome.reason
    for event in outcome.events:
        await services().publisher.publish(event)
    await shelf().drop(report_id)
    return ""


@bp.route(route="deliveries/unmatched", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def list_unmatched(req: func.HttpRequest) -> func.HttpResponse:
    """Newest first; ?reason= and ?source= narrow it."""
    await caller_with(req, READER)
    reason, source = req.params.get("reason", ""), req.params.get("source", "")
    language = language_of(req)
    found = [
        {**_told(one), "explanation": say_or("", language, f"unmatched.{one['reason']}")}
        for one in await shelf().all()
        if reason in ("", one["reason"]) and source in ("", one["report"]["source"])
    ]
    return answer({"unmatched": found})


@bp.route(route="deliveries/unmatched/{id}/retry", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def retry_unmatched(req: func.HttpRequest) -> func.HttpResponse:
    await caller_with(req, ADMIN)
    kept = await shelf().get(req.route_params["id"])
    if kept is None:
        raise NotFound("There is no such delivery: it was matched, or was never here.")
    reason = await take(kept["id"], kept["report"])
    return answer({"id": kept["id"], "matched": not reason, "reason": reason})


def facts() -> "Facts":
    from shared.delivery.facts import Facts

    own = services()
    return Facts(own.registry, own.azure_devops, own.action_log, own.settings.azure_devops_url, own.github)


def shelf() -> "Shelf":
    from shared.delivery.shelf import Shelf

    return Shelf(services().blob)


def announcer() -> "Announcer":
    from shared.delivery.announcing import Announcer

    own = services()
    return Announcer(own.blob, own.dynatrace, own.registry)


def _told(kept: "Kept") -> dict[str, Any]:
    """An entry as people read it: where it happened, not what else was told."""
    report = kept["report"]
    told = {name: kept[name] for name in ("id", "reason", "kept_at", "tried_at", "tries")}
    place = {name: value for name, value in report["place"].items() if value}
    return {**told, **{name: report[name] for name in ("source", "kind", "hook")}, "place": place}


def _unmatched(kept: "Kept") -> Any:
    """The same event each time it is tried in vain for the same reason."""
    from shared.events import new_event

    identity = (kept["id"], kept["reason"])
    return new_event(event_types.DELIVERY_UNMATCHED, "/deliveries", identity, _told(kept), kept["id"])
