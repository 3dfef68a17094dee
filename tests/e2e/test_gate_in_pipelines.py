"""Gates as pipelines use them, against the running platform: the script, a check with callback, the page's lines."""

import asyncio
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sandbox.demo import delivery
from sandbox.demo.played import Delivered
from sandbox.demo.stage import Stage
from sandbox.platform import versions
from sandbox.platform.seed import GATE
from sandbox.platform.story import world
from tests.e2e.conftest import ROOT, Document

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        not all(map(shutil.which, ("bash", "curl", "jq"))),
        reason="the script of gates needs bash, curl and jq",
    ),
]
SCRIPT = ROOT / "quality_gates" / "github" / "gate.sh"
NOWHERE = {"ENVIRONMENT": "preview", "WINDOW_MINUTES": "0.01"}
"""An environment that nobody measures."""

type Ended = subprocess.CompletedProcess[str]


def played[T](platform: Document, story: Callable[[Stage], Awaitable[T]]) -> T:
    async def play() -> T:
        async with world(platform) as stands_on:
            stage = Stage(stands_on, print)
            async with delivery.quickly(stage):
                return await story(stage)

    return asyncio.run(play())


async def run_script(stage: Stage, service: Delivered, **environment: str) -> Ended:
    """The pipeline's stage, with the variables its template gives it."""
    given = {
        "PATH": os.environ["PATH"],
        "NO_PROXY": "*",
        "VALUEFLOW_URL": stage.world.document["app"]["url"],
        "VALUEFLOW_TOKEN": await stage.world.token("backstage"),
        "SERVICE": service.service,
        "ENVIRONMENT": "production",
        "VERSION": "20261121.1",
        "COMMIT": "a" * 40,
        "RUN_ID": "7",
        "WINDOW_MINUTES": str(delivery.WINDOW_MINUTES),
        "FIRST_PAUSE_S": "1",
        "LONGEST_WAIT_S": "90",
    }
    return await asyncio.to_thread(
        subprocess.run,
        ["bash", str(SCRIPT)],
        env={**given, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


async def register_with(stage: Stage, service: Delivered, **gate: Any) -> None:
    path = f"/api/services/{service.service}"
    kept = (await stage.world.as_operator("GET", path)).raise_for_status().json()
    wanted = ("product", "owner", "tier", "azure_devops", "dynatrace", "delivery")
    document = {name: kept[name] for name in wanted} | {"gate": {**GATE, **gate}}
    (await stage.world.as_operator("PUT", path, document)).raise_for_status()


def test_a_good_version_lets_the_pipeline_go_on(platform: Document) -> None:
    async def story(stage: Stage) -> Ended:
        return await run_script(stage, await delivery.new_service(stage))

    ended = played(platform, story)

    assert ended.returncode == 0, ended.stderr
    assert "Verdict: pass, decision: proceed, score: 100" in ended.stdout
    assert "pass  latency" in ended.stdout


def test_a_bad_version_stops_the_pipeline_and_a_dry_run_touches_nothing(platform: Document) -> None:
    async def story(stage: Stage) -> tuple[Ended, list[Any], Delivered]:
        service = await delivery.new_service(stage)
        sick = {"entity_id": service.entity_id, "effect": "raised"}
        await stage.world.control("dynatrace", "POST", "windows", sick)
        ended = await run_script(stage, service, DRY_RUN="true")
        runs = (await stage.world.state("azure_devops"))["run"]
        return ended, runs, service

    ended, runs, service = played(platform, story)

    assert ended.returncode == 1
    assert "Verdict: fail, decision: stop" in ended.stdout
    assert [run for run in runs if run["pipeline_id"] == service.pipeline_id] == []


@pytest.mark.parametrize(("policy", "status"), [("hold", 1), ("warn", 0)])
def test_what_nobody_measured_holds_or_warns_as_the_service_says(
    platform: Document, policy: str, status: int
) -> None:
    async def story(stage: Stage) -> Ended:
        service = await delivery.new_service(stage)
        await register_with(stage, service, inconclusive=policy)
        return await run_script(stage, service, **NOWHERE)

    ended = played(platform, story)

    assert ended.returncode == status, ended.stdout + ended.stderr
    assert "Verdict: inconclusive" in ended.stdout
    assert "not_measured" in ended.stdout


def test_a_check_that_waits_is_told_how_it_ends(platform: Document) -> None:
    plans = {"pass": str(uuid.uuid4()), "inconclusive": str(uuid.uuid4())}

    async def story(stage: Stage) -> dict[str, list[str]]:
        service = await delivery.new_service(stage)
        await register_with(stage, service, inconclusive="hold")
        projects = await stage.world.as_team("GET", "/_apis/projects")
        project_id = next(
            one["id"] for one in projects["value"] if one["name"] == stage.world.demo["project"]
        )

        async def ask(verdict: str, **changes: Any) -> None:
            check = {
                "project_id": project_id,
                "hub_name": "checks",
                "plan_id": plans[verdict],
                "job_id": str(uuid.uuid4()),
                "task_id": str(uuid.uuid4()),
            }
            body = {"service": service.service, "version": verdict, "check": check, **changes}
            (await stage.world.as_portal("POST", "/api/quality-gates", body)).raise_for_status()

        await ask("pass", window_minutes=delivery.WINDOW_MINUTES)
        await ask("inconclusive", environment="preview", window_minutes=0.01)

        async def told() -> dict[str, list[str]]:
            checks = (await stage.world.state("azure_devops")).get("check", [])
            return {
                verdict: [one["result"] for one in checks if one["plan"] == plan]
                for verdict, plan in plans.items()
            }

        return await stage.until("both checks have ended", told, lambda found: all(found.values()))

    assert played(platform, story) == {"pass": ["succeeded"], "inconclusive": ["failed"]}


def test_a_button_puts_a_bad_version_out_and_a_person_lets_it_go_back(platform: Document) -> None:
    async def story(stage: Stage) -> tuple[dict[str, Any], dict[str, Any]]:
        gate_id = await versions.put_out(stage.world, good=False)
        gate = await stage.until(
            "its verdict",
            lambda: delivery.read(stage, gate_id),
            lambda found: found["state"] == "decided",
        )
        await stage.approve(gate_id)
        await stage.ended(gate_id)
        assert [check for check in stage.checks if not check.holds] == []
        return gate, await delivery.read(stage, gate_id)

    gate, ended = played(platform, story)

    assert (gate["verdict"], gate["decision"]) == ("fail", "stop")
    assert ended["rollback"]["state"] == "verified"


def test_the_lines_of_the_documentation_run_as_they_are_written(platform: Document) -> None:
    async def get_well(stage: Stage) -> None:
        await stage.world.mend()
        await stage.world.control("dynatrace", "POST", f"entities/{stage.world.demo['entity_id']}/heal", {})

    played(platform, get_well)
    (lines,) = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "quality-gates.md").read_text(), re.DOTALL)
    environment = {**os.environ, "VALUEFLOW_STATE": platform["state"], "NO_PROXY": "*", "FIRST_PAUSE_S": "1"}
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert re.search(r'"started": ?true', ended.stdout)
    assert "Verdict: pass" in ended.stdout
