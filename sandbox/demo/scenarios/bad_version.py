"""A version goes out and the service gets sick: the gate fails, the version before goes back and proves itself."""

from sandbox.demo import delivery
from sandbox.demo.played import Delivered, Version
from sandbox.demo.scenarios import good_version
from sandbox.demo.stage import Stage

NAME = "bad_version"
TITLE = "A bad version fails its gate: the one before goes back, proven"


async def play(stage: Stage) -> Delivered:
    """The service, of which a good version ran and a bad one was taken back."""
    known = [one for one in stage.played.delivered if len(one.versions) == 1]
    service = known[-1] if known else await good_version.play(stage)
    async with delivery.quickly(stage):
        await _play(stage, service)
    return service


async def _play(stage: Stage, service: Delivered) -> None:
    good = service.versions[-1]
    await _let_it_heal(stage, service, good)
    bad = await delivery.put_out(stage, service, "Ask the new freight service", "rate = None\n")
    sick = {"entity_id": service.entity_id, "effect": "raised"}
    await stage.world.control("dynatrace", "POST", "windows", sick)
    gate = await delivery.judged(stage, service, bad)
    await delivery.check_told(stage, bad)
    stage.check("the gate's verdict", expected="fail", observed=gate["verdict"])
    stage.check("the pipeline must", expected="stop", observed=gate["decision"])
    failed = [one["name"] for one in gate["objectives"] if one["status"] == "fail"]
    stage.say(f"the gate says {gate['verdict']}: {', '.join(failed)}; {good.name} goes back")
    ended = await stage.ended(gate["id"])
    back = (await delivery.read(stage, gate["id"]))["rollback"] or {}
    stage.check("the version before", expected="verified", observed=back.get("state"))
    await _check_back(stage, service, good, bad, gate["id"])
    stage.say(f"{good.name} runs again, proven by the same objectives; Teams and {bad.change[0]} say so")
    stage.evidence |= {
        "service": service.service,
        "run": bad.run_id,
        "gate": gate["id"],
        "rollback_runs": [run["id"] for run in await stage.runs(gate["id"])],
        "change": bad.change[0],
        "outcome": ended["outcome"],
    }


async def _let_it_heal(stage: Stage, service: Delivered, good: Version) -> None:
    """A run of the good version makes the service well, as it would."""
    awaited = await stage.world.control("azure_devops", "GET", "consequences")
    mine = {
        "pipeline_id": service.pipeline_id,
        "when_version": good.commit,
        "heals_service": service.entity_id,
    }
    await stage.world.control("azure_devops", "PUT", "consequences", [*awaited, mine][-20:])


async def _check_back(stage: Stage, service: Delivered, good: Version, bad: Version, gate_id: str) -> None:
    started = await stage.runs(gate_id)
    stage.check(
        "rollback runs, of the good commit",
        expected=[good.commit],
        observed=[run["version"] for run in started],
    )
    runs = (await stage.world.state("azure_devops"))["run"]
    mine = [run for run in runs if run["pipeline_id"] == service.pipeline_id and run["result"] == "succeeded"]
    stage.check(
        "what runs now", expected=good.commit, observed=max(mine, key=lambda run: run["id"])["version"]
    )
    notes = await delivery.notes(stage, bad)
    stage.check("notes in the change: verdict, policy, run, end", expected=4, observed=len(notes))
    stage.check(
        "cards in Teams: verdict, end", expected=2, observed=len(await delivery.cards(stage, gate_id))
    )
