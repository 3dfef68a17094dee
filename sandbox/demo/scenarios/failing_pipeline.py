"""The first run fails while it deploys: everything that was made is undone, whatever there was before stays."""

from sandbox.demo import golden_path
from sandbox.demo.golden_path import Holdings
from sandbox.demo.stage import Stage

NAME = "failing_pipeline"
TITLE = "A pipeline fails at deploy: nothing is left behind"


async def play(stage: Stage) -> None:
    name = golden_path.new_name("estoque")
    control = stage.world.control
    await control("azure_devops", "PUT", "config", {"fail": [{"pipeline": name, "stage": "deploy"}]})
    before = await golden_path.holdings(stage)
    stage.say(f"the pipeline of {name} will fail at its stage deploy, half of its environment made")
    operation_id = await golden_path.ask_for(stage, stage.world.wanted(name))
    during = await _most(stage, name)
    ended = await stage.ended(operation_id)
    after = await golden_path.holdings(stage)
    stage.check("outcome", expected="compensated", observed=ended["outcome"])
    stage.check("it says at which stage", expected=True, observed="deploy" in ended["error"])
    stage.check("compensations", expected=["undone"], observed=golden_path.states(ended, "compensations"))
    for kind, names in before.items():
        stage.check(f"{kind} as before", expected=names, observed=after[kind])
    changes = (await stage.world.state("servicenow"))["change_request"]
    ours = [each["state"] for each in changes if each["correlation_id"].startswith(f"{operation_id}/")]
    stage.check("the change is cancelled", expected=["4"], observed=ours)
    for line in golden_path.side_by_side(before, during, after):
        stage.say(f"  {line}")
    stage.evidence |= {"operation": operation_id, "before": before, "meanwhile": during, "after": after}


async def _most(stage: Stage, name: str) -> Holdings:
    """What exists once the first run is under way."""
    return await stage.until(
        f"the pipeline of {name} has its permissions",
        lambda: golden_path.holdings(stage),
        lambda held: name in held["pipelines"] and f"{name} latency" in held["Dynatrace SLOs"],
    )
