"""A version of the demo's service goes out, well or not, and its pipeline asks for a gate: for the page's buttons."""

import secrets

from sandbox.platform.story import BAD_CHANGES, World

GOOD_CHANGE = "Keep baskets for a month"
WINDOW_MINUTES = 0.1
"""Six samples."""


async def put_out(world: World, *, good: bool) -> str:
    """Deploy now and ask as the pipeline's last stage does: the gate's id. A bad version makes the service sick."""
    await world.mend()
    demo = world.demo
    commit = demo["good_commit"] if good else secrets.token_hex(20)
    comment = GOOD_CHANGE if good else secrets.choice(BAD_CHANGES)
    name = await world.deploy(commit, comment, ago_s=1.0)
    if not good:
        sick = {"entity_id": demo["entity_id"], "effect": "raised"}
        await world.control("dynatrace", "POST", "windows", sick)
        await world.expect_recovery()
    asked = {
        "service": demo["service"],
        "version": name,
        "commit": commit,
        "run_id": await _run_id(world, name),
        "window_minutes": WINDOW_MINUTES,
    }
    answer = await world.as_portal("POST", "/api/quality-gates", asked)
    return str(answer.raise_for_status().json()["operation_id"])


async def _run_id(world: World, name: str) -> int:
    runs = (await world.state("azure_devops"))["run"]
    mine = [run for run in runs if run["pipeline_id"] == world.demo["pipeline_id"] and run["name"] == name]
    return int(mine[-1]["id"])
