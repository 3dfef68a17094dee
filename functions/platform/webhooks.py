"""POST /api/webhooks/{source}: take a notification, prove who sent it, put it on the event topic.

Caller: the source's own webhook, with a function key and its secret.
Answers: 202 once Service Bus has the event; 400, 401, 404, 413; 503 with Retry-After when Service Bus is away.
"""

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, body_of
from functions.platform import sources
from shared.errors import NotFound
from shared.services import services

bp = df.Blueprint()


@bp.route(route="webhooks/{source}", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@answers_problems
async def receive_webhook(req: func.HttpRequest) -> func.HttpResponse:
    source = sources.find(req.route_params["source"])
    if source is None:
        raise NotFound("There is no webhook of this name.")
    body = body_of(req)
    source.verify(req.headers, body, services().settings)
    event = source.to_event(body)
    await services().publisher.publish(event)
    return answer({"event_id": event.id, "type": event.type}, 202)
