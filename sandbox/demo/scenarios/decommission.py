"""A service ends once a person allows it: environment destroyed, repository archived, all else gone or retired."""

from sandbox.demo import golden_path
from sandbox.demo.stage import Operation, Stage

NAME = "decommission"
TITLE = "A service is decommissioned, with approval"
RETIRED = "6"


async def play(stage: Stage) -> None:
    name = golden_path.new_name("cupons")
    before = await golden_path.holdings(stage)
    made = await golden_path.provisioned(stage, stage.world.wanted(name))
    stage.check("provisioned", expected="provisioned", observed=made["outcome"])
    answer = await stage.world.as_portal("DELETE", f"/api/services/{name}")
    stage.check("its end is accepted", expected=202, observed=answer.status_code)
    operation_id = str(answer.json()["operation_id"])
    await stage.until(
        "the operation waits for a decision",
        lambda: stage.operation(operation_id),
        lambda found: found and (found["approval"] or {}).get("state") == "waiting",
    )
    running = await golden_path.holdings(stage)
    stage.check(
        "until then nothing ends",
        expected=True,
        observed=f"{name} development (running)" in running["Azure environments"],
    )
    await stage.approve(operation_id)
    ended = await stage.ended(operation_id)
    stage.check("outcome", expected="decommissioned", observed=ended["outcome"])
    await _check_left(stage, name, before, ended)


async def _check_left(stage: Stage, name: str, before: golden_path.Holdings, ended: Operation) -> None:
    after = await golden_path.holdings(stage)
    for kind in (
        "pipelines",
        "Azure environments",
        "Dynatrace settings",
        "Dynatrace SLOs",
        "registered services",
    ):
        stage.check(f"{kind} as before", expected=before[kind], observed=after[kind])
    repositories = [each for each in after["repositories"] if each.startswith(name)]
    archived = len(repositories) == 1 and repositories[0].startswith(f"{name}-archived-")
    stage.check("the repository is archived, not erased", expected=True, observed=archived)
    items = (await stage.world.state("servicenow"))["cmdb_ci_service"]
    status = [each["operational_status"] for each in items if each["name"] == name]
    stage.check("the CI is retired", expected=[RETIRED], observed=status)
    stage.say(f"{name} has ended; {repositories[0] if repositories else '?'} keeps its code")
    stage.evidence |= {"operation": ended["id"], "service": name, "repository": repositories}
