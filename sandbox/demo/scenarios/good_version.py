"""A version goes out: the hook is matched, Dynatrace knows of it, the gate passes and its page says why."""

from sandbox.demo import delivery
from sandbox.demo.played import Delivered
from sandbox.demo.stage import Stage

NAME = "good_version"
TITLE = "A good version goes out: Dynatrace knows, the gate passes"


async def play(stage: Stage) -> Delivered:
    """The service, which is kept for scenarios that go on from it."""
    async with delivery.quickly(stage):
        return await _play(stage)


async def _play(stage: Stage) -> Delivered:
    service = await delivery.new_service(stage)
    version = await delivery.put_out(stage, service, "Round freight to cents", "rate = 1\n")
    gate = await delivery.judged(stage, service, version)
    await delivery.check_told(stage, version)
    stage.check("the gate's verdict", expected="pass", observed=gate["verdict"])
    stage.check("the pipeline may", expected="proceed", observed=gate["decision"])
    unmatched = (await stage.ask("GET", "/api/deliveries/unmatched")).json()["unmatched"]
    mine = [one for one in unmatched if one["place"].get("pipeline_id") == str(service.pipeline_id)]
    stage.check("hooks that nobody could match", expected=[], observed=mine)
    page = await delivery.page(stage, gate["id"])
    stage.check("its page", expected=200, observed=page.status)
    stage.check("charts on it", expected=len(gate["objectives"]), observed=len(page.pictures))
    await stage.ended(gate["id"])
    stage.check("notes in the change", expected=1, observed=len(await delivery.notes(stage, version)))
    stage.say(f"the gate says {gate['verdict']}, {gate['score']:g} of 100, and its page shows why")
    stage.played.delivered.append(service)
    stage.evidence |= {"service": service.service, "run": version.run_id, "gate": gate["id"]}
    return service
