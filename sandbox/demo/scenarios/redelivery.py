"""The same notification five more times: nothing new anywhere."""

from sandbox.demo.scenarios import incident
from sandbox.demo.stage import Stage

NAME = "redelivery"
TITLE = "The same webhook, five more times: nothing new"
TIMES = 5


async def play(stage: Stage) -> None:
    known = stage.played.incidents[0] if stage.played.incidents else await incident.play(stage)
    before = await _counted(stage, known.operation)
    answers = [await stage.notify(known.notification) for _ in range(TIMES)]
    stage.check("answers", expected=[202] * TIMES, observed=[answer.status_code for answer in answers])
    ids = {answer.json().get("event_id") for answer in answers}
    stage.check("different event ids among them", expected=1, observed=len(ids))
    await stage.drained("incidents", "archive")
    after = await _counted(stage, known.operation)
    for what, count in before.items():
        stage.check(what, expected=count, observed=after[what])
    stage.say(f"{TIMES} more deliveries taken, {after['incidents of the problem']} incident as before")
    stage.evidence |= {"operation": known.operation, "event_id": ids.pop(), "counts": after}


async def _counted(stage: Stage, operation_id: str) -> dict[str, int]:
    return {
        "incidents of the problem": len(await stage.incidents(operation_id)),
        "runs of the problem": len(await stage.runs(operation_id)),
        "operations": len(await stage.operations()),
        "cards": len(await stage.cards()),
        "work notes": len((await stage.world.state("servicenow")).get("sys_journal_field", [])),
    }
