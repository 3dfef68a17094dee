"""ServiceNow answers 503 for 20 seconds, longer where the machine is slow: the flow waits and finishes."""

import time

from sandbox.demo.observed import Operation
from sandbox.demo.stage import Stage, operation_of
from sandbox.platform.story import TITLES
from sandbox.platform.waiting import PATIENCE_S

NAME = "vendor_away"
TITLE = "ServiceNow is away for 20 s: the flow waits and finishes"
AWAY_S = 20.0


async def play(stage: Stage) -> None:
    began = time.monotonic()
    await stage.world.make_away("servicenow", PATIENCE_S)
    stage.say(f"ServiceNow answers 503 for {AWAY_S:g} s")
    problem_id = await stage.open_problem(TITLES[2])
    operation_id = operation_of(problem_id)
    waiting = await stage.until(
        "a step that waits for ServiceNow", lambda: stage.operation(operation_id), _waits
    )
    step = _waits(waiting)
    stage.check("the step that waits", expected="open_incident", observed=step["name"] if step else None)
    stage.check("incidents meanwhile", expected=0, observed=len(await stage.incidents(operation_id)))
    await stage.world.make_away("servicenow", max(AWAY_S - (time.monotonic() - began), 0.1))
    stage.say("the operation shows the step that waits, and why")
    await stage.decision_wanted(problem_id)
    waited_s = time.monotonic() - began
    stage.check("the flow went on only after ServiceNow was back", expected=True, observed=waited_s >= AWAY_S)
    await stage.approve(operation_id)
    ended = await stage.ended(operation_id)
    incidents, runs = await stage.incidents(operation_id), await stage.runs(operation_id)
    refused = [entry for entry in await stage.world.journal("servicenow") if entry["status"] == 503]
    stage.check("requests were refused with 503", expected=True, observed=bool(refused))
    stage.check("outcome", expected="resolved", observed=ended["outcome"])
    stage.check("incidents", expected=1, observed=len(incidents))
    stage.check("rollback runs", expected=1, observed=len(runs))
    stage.say(f"{incidents[0]['number']} opened after {waited_s:.0f} s and resolved")
    stage.evidence |= {
        "operation": operation_id,
        "incident": incidents[0]["number"],
        "refused_requests": len(refused),
        "waited_s": round(waited_s, 1),
    }


def _waits(operation: Operation | None) -> dict[str, str] | None:
    steps = operation["steps"] if operation else []
    waiting = [step for step in steps if step["state"] == "waiting" and step.get("detail")]
    return waiting[0] if waiting else None
