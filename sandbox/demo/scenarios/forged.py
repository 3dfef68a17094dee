"""Notifications that Dynatrace did not send: refused, and nothing begins."""

import json
import secrets
import time

from sandbox.demo.stage import Stage, operation_of

NAME = "forged"
TITLE = "A forged webhook is refused, and nothing begins"


async def play(stage: Stage) -> None:
    problem_id = f"-{secrets.randbits(60)}_{int(time.time() * 1000)}V2"
    entity = {"type": "SERVICE", "name": "checkout", "entity": stage.world.demo["entity_id"]}
    forged = {"PID": problem_id, "State": "OPEN", "ProblemTitle": "Forged", "ImpactedEntities": [entity]}
    body = json.dumps(forged)
    before = len(await stage.operations())
    tries = {
        "a wrong secret": await stage.notify(body, secret=secrets.token_urlsafe(32)),
        "no secret": await stage.notify(body, secret=""),
        "a wrong function key": await stage.notify(body, key=secrets.token_urlsafe(32)),
        "no function key": await stage.notify(body, key=""),
    }
    for what, answer in tries.items():
        stage.check(f"the answer to {what}", expected=401, observed=answer.status_code)
        stage.check(f"secrets in the answer to {what}", expected=0, observed=_secrets_in(stage, answer.text))
    await stage.drained("incidents")
    operation_id = operation_of(problem_id)
    stage.check("the problem's operation", expected=None, observed=await stage.operation(operation_id))
    stage.check("operations", expected=before, observed=len(await stage.operations()))
    stage.check("incidents", expected=0, observed=len(await stage.incidents(operation_id)))
    stage.say("four forgeries answered 401")
    stage.evidence |= {"answers": {what: answer.status_code for what, answer in tries.items()}}


def _secrets_in(stage: Stage, text: str) -> int:
    app = stage.world.document["app"]
    return sum(app[name] in text for name in ("webhook_secret", "function_key"))
