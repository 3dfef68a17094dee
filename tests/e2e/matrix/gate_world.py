"""A service whose new version is bad, with what a pipeline tells of it: what a gate needs to fail and to go back."""

import secrets
from dataclasses import dataclass
from typing import Any

from sandbox.platform.seed import PROJECT
from sandbox.platform.story import World
from tests.e2e.matrix.cases import APPROVAL
from tests.e2e.matrix.rig import Rig
from tests.e2e.matrix.worlds import servicenow_row

WINDOW_S = 4
GATE = {
    "inconclusive": "hold",
    "objectives": [
        {
            "name": name,
            "indicator": name,
            "direction": "lower",
            "aggregate": "mean",
            "pass": [{"criteria": [criterion]}],
            "key": name == "errors",
            "min_samples": 2,
        }
        for name, criterion in (("errors", "<=2"), ("latency", "<=400"))
    ],
}


@dataclass(frozen=True)
class Deployed:
    """What went out. change: its record in ServiceNow. check: the ids of the pipeline's check that waits."""

    name: str
    pipeline_id: int
    good: str
    bad: str
    run_id: int
    change: dict[str, Any]
    check: dict[str, str]

    @property
    def asks(self) -> dict[str, Any]:
        """What its pipeline says of it."""
        return {
            "service": self.name,
            "version": "2.0",
            "commit": self.bad,
            "run_id": self.run_id,
            "change_number": self.change["number"],
            "check": self.check,
        }


async def deploy_badly(rig: Rig, name: str, kind: str) -> Deployed:
    """A good version ran, a bad one went out, and the service is sick of it until the good one is back."""
    world, entity_id = rig.world, f"SERVICE-{secrets.token_hex(8).upper()}"
    wanted = {"project": PROJECT, "name": name, "repository": name}
    pipeline_id = int((await world.control("azure_devops", "POST", "pipelines", wanted))["id"])
    good, bad = secrets.token_hex(20), secrets.token_hex(20)
    await _ran(world, pipeline_id, good, 9000)
    run_id = await _ran(world, pipeline_id, bad, 60)
    entity = {"name": name, "type": "SERVICE", "entity_id": entity_id, "tags": []}
    await world.control("dynatrace", "POST", "entities", entity)
    story = {"kind": "recent_deployment", "entity_id": entity_id, "name": name, "open_problem": False}
    await world.control("dynatrace", "POST", "stories", story)
    heals = {"pipeline_id": pipeline_id, "when_version": good, "heals_service": entity_id}
    await world.control("azure_devops", "PUT", "consequences", [heals])
    document = {
        "product": "Loja Online",
        "owner": "time-loja",
        "tier": 3,
        "azure_devops": {"project": PROJECT, "pipeline_id": pipeline_id},
        "dynatrace": {"entity_id": entity_id, "metric_selector": "m", "upper_bound": 2.0},
        "automation": {"allow": [] if kind == APPROVAL else ["roll_back", "redeploy"]},
        "gate": GATE,
    }
    answer = await rig.call("PUT", f"/api/services/{name}", document, admin=True)
    answer.raise_for_status()
    change = await servicenow_row(world, "change_request", {"short_description": f"{name} 2.0"})
    check = {each: _guid() for each in ("project_id", "plan_id", "job_id", "task_id")} | {
        "hub_name": "checks"
    }
    check["project_id"] = str((await world.state("azure_devops"))["project"][0]["id"])
    return Deployed(name, pipeline_id, good, bad, run_id, change, check)


async def _ran(world: World, pipeline_id: int, commit: str, ago_s: float) -> int:
    run = {"pipeline_id": pipeline_id, "commit": commit, "comment": "x", "result": "succeeded"}
    told = await world.control("azure_devops", "POST", "runs", {**run, "finished_ago_seconds": ago_s})
    return int(told["id"])


def _guid() -> str:
    digits = secrets.token_hex(16)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
