"""GET /api/dead-letters, POST /api/dead-letters/{subscription}/{sequence_number}/resubmit.

Caller: the platform team. Needs: Platform.Admin. Answers: 200, 202, 401, 403, 404, 503.
"""

import asyncio
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, caller_with
from functions.incidents.problems import read_problem
from shared.errors import NotFound, PoisonMessage
from shared.security.tokens import ADMIN
from shared.services import services

bp = df.Blueprint()

SUBSCRIPTIONS = ("incidents", "deliveries", "delivery-notes", "archive")
"""Those this app reads."""


@bp.route(route="dead-letters", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def list_dead_letters(req: func.HttpRequest) -> func.HttpResponse:
    """What no delivery could deal with, and what is wrong with each."""
    await caller_with(req, ADMIN)
    found = await asyncio.gather(*(services().dead_letters.list(name) for name in SUBSCRIPTIONS))
    return answer({"dead_letters": [_told(letter) for letters in found for letter in letters]})


@bp.route(
    route="dead-letters/{subscription}/{sequence_number}/resubmit",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@answers_problems
async def resubmit_dead_letter(req: func.HttpRequest) -> func.HttpResponse:
    """Send it to the topic again, then take it off the dead-letter queue."""
    await caller_with(req, ADMIN)
    subscription, number = req.route_params["subscription"], req.route_params["sequence_number"]
    if subscription not in SUBSCRIPTIONS or not number.isdecimal():
        raise NotFound("There is no such dead letter.")
    letter = await services().dead_letters.resubmit(subscription, int(number))
    return answer(_told(letter), 202)


def _told(letter: Any) -> dict[str, Any]:
    """The dead letter without its body, with what reading that body says now."""
    told = dict(letter)
    body = told.pop("body")
    return {**told, "fault": _fault(letter["subscription"], body)}


def _fault(subscription: str, body: bytes) -> str:
    if subscription != "incidents":
        return "its handler failed each time; mend the cause and resubmit"
    try:
        read_problem(body)
    except PoisonMessage as error:
        return str(error)
    return "it reads well; its handler failed each time: mend the cause and resubmit"
