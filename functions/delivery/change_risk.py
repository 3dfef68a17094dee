"""POST /api/change-risk: how risky a change is, why, how to roll it out and back. An answer at once, nothing is kept.

Caller: a pipeline of a pull request. Needs: Platform.Reader.
Answers: 200; 400, 401, 403, 413; 502, 503 where Azure DevOps is asked for the files and cannot tell them.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.delivery.change_risk_facts import Looked, look_up, now
from functions.http import answer, answers_problems, body_of, caller_with, language_of
from shared.domain.risk import change_risk_plan, change_risk_words
from shared.domain.risk.change_risk import assess
from shared.security.tokens import READER
from shared.services import services
from shared.texts import say

bp = df.Blueprint()

ANSWER_WITHIN_S = 2.5
"""From the question to the answer, but for what judging itself takes: the model gets what is left of it."""


@bp.route(route="change-risk", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def assess_change(req: func.HttpRequest) -> func.HttpResponse:
    from functions.models.change_risk import ChangeRiskRequest
    from functions.validation import parse_json, validate

    await caller_with(req, READER)
    wanted = validate(ChangeRiskRequest, parse_json(body_of(req)))
    language = wanted.language or language_of(req)
    began = time.monotonic()
    looked = await look_up(wanted, now())
    # Thousands of files take a while, in which others are answered.
    told = await asyncio.to_thread(judged, looked, language)
    told |= {"pull_request": wanted.pull_request, "target": wanted.target}
    if said := await _in_words(told, language, ANSWER_WITHIN_S - (time.monotonic() - began)):
        told |= {"summary": said, "author": "openai"}
    return answer({**told, "markdown": change_risk_words.comment(language, told, wanted.title)})


async def _in_words(told: Mapping[str, Any], language: str, left_s: float) -> str | None:
    """A model's summary, if there is a model and it is in time; None: the embedded one stands."""
    words = services().risk_words
    if words is None or left_s <= 0:
        return None
    try:
        async with asyncio.timeout(left_s):
            return await words.sum_up(told, language)
    except TimeoutError:
        return None


def judged(looked: Looked, language: str) -> dict[str, Any]:
    """What the rules say, in the embedded words."""
    assessed = assess(looked.facts)
    uncounted = assessed.touched.uncounted
    missing = [*looked.missing, *([("lines", {"count": uncounted})] if uncounted else [])]
    chosen = change_risk_plan.rollout(assessed)
    back = change_risk_plan.rollback(assessed, looked.service, chosen)
    return {
        "service": looked.service["name"] if looked.service else None,
        "score": assessed.score,
        "level": assessed.level,
        "reasons": [change_risk_words.reason(language, one) for one in assessed.reasons],
        **change_risk_words.plan(language, chosen, back),
        "missing": [
            {"what": what, "text": say(language, f"risk.missing.{what}", **values)}
            for what, values in missing
        ],
        "files_judged": assessed.touched.files,
        "summary": change_risk_words.summary(language, assessed, chosen),
        "author": "embedded",
    }
