"""What scenarios about delivery stand on: a service of its own, a version that goes out, the gate that judges it."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from sandbox.demo import golden_path
from sandbox.demo.browser import Browser, Page
from sandbox.demo.played import Delivered, Version
from sandbox.demo.stage import Stage
from sandbox.platform.seed import ERROR_RATE, GATE, PRODUCT, configuration_item

RUN_SECONDS, SAMPLE_SECONDS = 1.5, 0.5
WINDOW_MINUTES = 0.07
"""Four seconds: eight samples."""
FREIGHT = "src/freight.py"
_MAIN, _NO_COMMIT = "refs/heads/main", "0" * 40
_PIPELINE = "trigger: none\nsteps:\n  - script: make deploy\n"

type Gate = dict[str, Any]


@asynccontextmanager
async def quickly(stage: Stage) -> AsyncIterator[None]:
    """Runs and samples come fast meanwhile, so that a window of seconds holds enough."""
    usual = [
        (vendor, await stage.world.control(vendor, "GET", "config"))
        for vendor in ("azure_devops", "dynatrace")
    ]
    quick = {"azure_devops": {"run_seconds": RUN_SECONDS}, "dynatrace": {"sample_seconds": SAMPLE_SECONDS}}
    for vendor, changes in quick.items():
        await stage.world.control(vendor, "PUT", "config", changes)
    try:
        yield
    finally:
        for vendor, config in usual:
            before = {name: config[name] for name in quick[vendor]}
            await stage.world.control(vendor, "PUT", "config", before)


async def new_service(stage: Stage) -> Delivered:
    """A registered service with code, a pipeline and an entity, of which nothing went out yet.

    Its owner lets a version that failed its gate be taken back without a person.
    """
    name, project = golden_path.new_name("entregas"), stage.world.demo["project"]
    wanted = {"project": project, "name": name, "repository": name}
    pipeline = await stage.world.control("azure_devops", "POST", "pipelines", wanted)
    entity_id = f"SERVICE-{secrets.token_hex(8).upper()}"
    entity = {"name": name, "type": "SERVICE", "entity_id": entity_id, "tags": []}
    await stage.world.control("dynatrace", "POST", "entities", entity)
    item = await configuration_item(stage.world, name, PRODUCT)
    document = {
        "product": PRODUCT,
        "owner": "time-loja",
        "tier": 3,
        "azure_devops": {"project": project, "pipeline_id": pipeline["id"]},
        "dynatrace": {"entity_id": entity_id, "metric_selector": ERROR_RATE, "upper_bound": 2.0},
        "servicenow_ci": item,
        "delivery": {"environment": "production"},
        "automation": {"allow": ["roll_back", "redeploy"]},
        "gate": GATE,
    }
    (await stage.world.as_operator("PUT", f"/api/services/{name}", document)).raise_for_status()
    made = Delivered(name, pipeline["id"], pipeline["repository_id"], entity_id, item)
    await push(stage, made, "Begin", {"azure-pipelines.yml": _PIPELINE})
    return made


async def push(stage: Stage, to: Delivered, comment: str, files: dict[str, str], change: str = "add") -> str:
    """A commit on the main branch; its id. change: "edit" where the files are there."""
    place = f"/{stage.world.demo['project']}/_apis/git/repositories/{to.repository_id}"
    commits = (await stage.world.state("azure_devops")).get("commit", [])
    mine = [one for one in commits if one["repository_id"] == to.repository_id]
    changes = [
        {
            "changeType": change,
            "item": {"path": f"/{path}"},
            "newContent": {"content": text, "contentType": "rawtext"},
        }
        for path, text in files.items()
    ]
    body = {
        "refUpdates": [{"name": _MAIN, "oldObjectId": mine[-1]["commit_id"] if mine else _NO_COMMIT}],
        "commits": [{"comment": comment, "changes": changes}],
    }
    pushed = await stage.world.as_team("POST", f"{place}/pushes", body)
    return str(pushed["commits"][0]["commitId"])


async def put_out(stage: Stage, to: Delivered, comment: str, text: str) -> Version:
    """A change is pushed, announced in ServiceNow and deployed by the service's pipeline."""
    commit = await push(stage, to, comment, {FREIGHT: text}, "edit" if to.versions else "add")
    planned = {"title": f"{to.service}: {comment}", "cmdb_ci": to.servicenow_ci}
    change = await stage.world.control("servicenow", "POST", "changes", planned)
    runs = f"/{stage.world.demo['project']}/_apis/pipelines/{to.pipeline_id}/runs"
    run = await stage.world.as_team("POST", runs, {})
    ended = await stage.until(
        f"run {run['id']} ends",
        lambda: stage.world.as_team("GET", f"{runs}/{run['id']}"),
        lambda found: found["state"] == "completed",
    )
    stage.check("the run that deploys", expected="succeeded", observed=ended["result"])
    version = Version(ended["id"], ended["name"], commit, (change["number"], change["sys_id"]))
    stage.say(f"run {version.run_id} puts {to.service} {version.name} out: {comment}")
    return version


async def check_told(stage: Stage, version: Version) -> None:
    """The hook became a fact of the service, and Dynatrace heard of it, once."""
    key = {"key": "valueflow.deployment_id", "value": f"azure_devops:{version.run_id}:production"}

    async def events() -> list[dict[str, Any]]:
        told = (await stage.world.state("dynatrace")).get("event", [])
        return [one for one in told if key in one["properties"]]

    found = await stage.until("Dynatrace has its deployment", events, lambda told: told)
    stage.check("its deployment in Dynatrace", expected=["CUSTOM_DEPLOYMENT"], observed=_types(found))


async def judged(stage: Stage, to: Delivered, version: Version) -> Gate:
    """Ask for a gate as the pipeline's last stage does, and poll it to its verdict; kept among the versions."""
    asked = {
        "service": to.service,
        "version": version.name,
        "commit": version.commit,
        "run_id": version.run_id,
        "change_number": version.change[0],
        "window_minutes": WINDOW_MINUTES,
    }
    answer = await stage.world.as_portal("POST", "/api/quality-gates", asked)
    stage.check("the gate is asked for", expected=202, observed=answer.status_code)
    gate_id = str(answer.raise_for_status().json()["operation_id"])
    gate = await stage.until(
        f"{gate_id} is decided", lambda: read(stage, gate_id), lambda found: found["state"] == "decided"
    )
    to.versions.append(replace(version, gate=gate_id))
    return gate


async def read(stage: Stage, gate_id: str) -> Gate:
    """The gate as its pipeline reads it."""
    answer = await stage.world.as_portal("GET", f"/api/quality-gates/{gate_id}")
    found: Gate = answer.raise_for_status().json()
    return found


async def page(stage: Stage, gate_id: str) -> Page:
    """The gate as a person sees it: the link, signing in, the page."""
    async with Browser() as browser:
        shown = await browser.open(f"{stage.world.document['app']['url']}/api/quality-gates/{gate_id}")
        shown = await browser.follow(shown, "/.auth/login/aad")
        return await browser.press(shown, "person", "davi")


async def cards(stage: Stage, gate_id: str) -> list[dict[str, Any]]:
    """What the channel was told about this gate."""
    return [card for card in await stage.cards() if gate_id in json.dumps(card)]


async def notes(stage: Stage, version: Version) -> list[str]:
    """The work notes in the version's change, oldest first."""
    rows = (await stage.world.state("servicenow")).get("sys_journal_field", [])
    return [str(row["value"]) for row in rows if row["element_id"] == version.change[1]]


def _types(events: list[dict[str, Any]]) -> list[str]:
    return [str(one["eventType"]) for one in events]
