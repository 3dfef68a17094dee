"""A team asks for a service in Backstage and has it seconds later: repository, pipeline, environment, monitoring."""

from sandbox.demo import golden_path
from sandbox.demo.stage import Operation, Stage

NAME = "provision"
TITLE = "A service is provisioned by a golden path"


async def play(stage: Stage) -> Operation:
    """The operation that made it."""
    name = golden_path.new_name("pedidos")
    wanted = stage.world.wanted(name)
    before = await golden_path.holdings(stage)
    ended = await golden_path.provisioned(stage, wanted)
    after = await golden_path.holdings(stage)
    stage.check("outcome", expected="provisioned", observed=ended["outcome"])
    stage.check("steps that failed", expected=[], observed=_failed(ended))
    for kind, made in _expected(name).items():
        new = [each for each in after[kind] if each not in before[kind]]
        stage.check(kind, expected=made, observed=new)
    again = await stage.world.as_portal("POST", golden_path.SERVICES, wanted)
    told = again.json()
    stage.check(
        "asked again: the same operation",
        expected=[202, ended["id"], False],
        observed=[again.status_code, told.get("operation_id"), told.get("started")],
    )
    entity = await stage.world.as_portal("GET", f"/api/catalog/entities/{name}")
    stage.check("Backstage can read its entity", expected=200, observed=entity.status_code)
    service = (await stage.ask("GET", f"/api/services/{name}")).json()
    stage.check(
        "incidents find it by its entity", expected=True, observed=bool(service["dynatrace"]["entity_id"])
    )
    stage.say(f"{name} runs: {ended['links']['repository']}")
    stage.evidence |= {"operation": ended["id"], "service": name, "links": ended["links"]}
    return ended


def _expected(name: str) -> dict[str, list[str]]:
    return {
        "repositories": [name],
        "pipelines": [name],
        "Azure environments": [f"{name} development (running)"],
        "Dynatrace settings": [f"alerting.profile {name}", f"management-zones {name}"],
        "Dynatrace SLOs": [f"{name} availability", f"{name} latency"],
        "CIs": [name],
        "registered services": [name],
    }


def _failed(operation: Operation) -> list[str]:
    return [step["name"] for step in operation["steps"] if step["state"] != "done"]
