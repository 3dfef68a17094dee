"""A problem becomes an incident, a person approves the rollback, recovery is verified, the postmortem is linked."""

from sandbox.demo.played import Incident
from sandbox.demo.stage import Stage, operation_of
from sandbox.platform.story import TITLES

NAME = "incident"
TITLE = "A problem is found, approved, rolled back and verified"
RESOLVED = "6"


async def play(stage: Stage) -> Incident:
    """The incident, which is kept for scenarios that go on from it."""
    problem_id = await stage.open_problem(TITLES[0])
    operation_id = operation_of(problem_id)
    waiting = await stage.decision_wanted(problem_id)
    opened = await stage.incidents(operation_id)
    stage.check("incidents in ServiceNow", expected=1, observed=len(opened))
    stage.check("runs before the decision", expected=0, observed=len(await stage.runs(operation_id)))
    case = waiting["case"]
    stage.say(f"ServiceNow has {opened[0]['number']}: {case['confidence']} % {case['hypothesis']}")
    await stage.approve(operation_id)
    ended = await stage.ended(operation_id)
    await _check_end(stage, problem_id, ended)
    notification = await stage.notification(problem_id)
    stage.played.incidents.append(Incident(problem_id, operation_id, opened[0]["number"], notification))
    return stage.played.incidents[-1]


async def _check_end(stage: Stage, problem_id: str, ended: dict[str, object]) -> None:
    operation_id = str(ended["id"])
    stage.check("outcome", expected="resolved", observed=ended["outcome"])
    runs = await stage.runs(operation_id)
    good = stage.world.demo["good_commit"]
    stage.check(
        "rollback runs, each of the last good commit", expected=[good], observed=[r["version"] for r in runs]
    )
    problems = (await stage.world.state("dynatrace"))["problem"]
    status = next(each["status"] for each in problems if each["problemId"] == problem_id)
    stage.check("the problem in Dynatrace", expected="CLOSED", observed=status)
    incident = (await stage.incidents(operation_id))[0]
    stage.check("the incident's state in ServiceNow", expected=RESOLVED, observed=incident["state"])
    address = f"/api/operations/{operation_id}/postmortem"
    stage.check(
        "the incident links the postmortem", expected=True, observed=address in incident["close_notes"]
    )
    postmortem = await stage.ask("GET", address)
    stage.check("the postmortem can be read", expected=200, observed=postmortem.status_code)
    stage.check("it names the incident", expected=True, observed=incident["number"] in postmortem.text)
    stage.say(
        f"run {runs[0]['id'] if runs else '?'} verified, {incident['number']} resolved, postmortem linked"
    )
    stage.evidence |= {
        "operation": operation_id,
        "incident": incident["number"],
        "runs": [run["id"] for run in runs],
        "postmortem": address,
    }
