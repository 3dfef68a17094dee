"""What a new platform begins with: one service, known to every system, whose pipeline has run well before.

Doing it again changes nothing but what addresses it names: the service is looked for first.
"""

from pathlib import Path
from typing import Any

import httpx

from sandbox.platform.document import ORGANIZATION, Document
from sandbox.platform.story import World

SERVICE, PRODUCT = "checkout", "Loja Online"
PROJECT, PIPELINE = "loja", "checkout"
ENTITY = "SERVICE-4C1E57A90B3D2F68"
GOOD_COMMIT = "5f0c3e9a7b2d4c61e8f09a1b2c3d4e5f60718293"
EARLIER_COMMIT = "2b9d8c7a6f5e4d3c2b1a09f8e7d6c5b4a3928170"
SAMPLE_SECONDS, RUN_SECONDS = 1.0, 3.0
ERROR_RATE = "builtin:service.errors.total.rate"
TEMPLATE = Path(__file__).parents[2] / "docs" / "integrations" / "dynatrace-problem-notification.json"

GATE = {
    "objectives": [
        {
            "name": "errors",
            "indicator": "errors",
            "direction": "lower",
            "aggregate": "mean",
            "pass": [{"criteria": ["<=1"]}],
            "warn": [{"criteria": ["<=2"]}],
            "weight": 2,
            "key": True,
            "min_samples": 3,
        },
        {
            "name": "latency",
            "indicator": "latency",
            "direction": "lower",
            "pass": [{"criteria": ["<=+60%"]}],
            "warn": [{"criteria": ["<=+100%"]}],
            "min_samples": 3,
        },
    ]
}
"""A gate that windows of seconds can judge: with so few samples chance alone moves a mean by more than a tenth."""


async def prepare(document: Document) -> dict[str, Any]:
    """Fill what is empty and have Dynatrace and Azure DevOps tell the app; what the demo's service is called where."""
    async with httpx.AsyncClient(timeout=20.0, trust_env=False) as http:
        world = World({**document, "demo": {}}, http)
        await _tell_the_app(world)
        state = await world.state("azure_devops")
        pipeline = next((one for one in state.get("pipeline", []) if one["name"] == PIPELINE), None)
        demo = {
            "service": SERVICE,
            "project": PROJECT,
            "pipeline_id": pipeline["id"] if pipeline else await _add_pipeline(world),
            "entity_id": ENTITY,
            "good_commit": GOOD_COMMIT,
        }
        world.demo = demo
        if pipeline is None:
            await _begin(world)
        demo["servicenow_ci"] = await configuration_item(world, SERVICE, PRODUCT)
        await _register(world)
        return demo


async def _tell_the_app(world: World) -> None:
    app = world.document["app"]
    headers = {"X-ValueFlow-Secret": app["webhook_secret"], "x-functions-key": app["function_key"]}
    settings = {"url": app["webhook_url"], "headers": headers, "template": TEMPLATE.read_text("utf-8")}
    await world.control("dynatrace", "PUT", "notification", settings)
    url = f"{app['url']}/api/webhooks/azure_devops"
    hooks = {"url": url, "headers": headers, "organization": ORGANIZATION}
    await world.control("azure_devops", "PUT", "service_hooks", hooks)


async def _add_pipeline(world: World) -> int:
    wanted = {"project": PROJECT, "name": PIPELINE, "repository": SERVICE}
    return int((await world.control("azure_devops", "POST", "pipelines", wanted))["id"])


async def _begin(world: World) -> None:
    """The service's past: it exists, it was deployed twice, it is well."""
    await world.control("azure_devops", "PUT", "config", {"run_seconds": RUN_SECONDS})
    await world.control("dynatrace", "PUT", "config", {"sample_seconds": SAMPLE_SECONDS})
    entity = {
        "name": SERVICE,
        "type": "SERVICE",
        "entity_id": ENTITY,
        "tags": ["env:prod", f"product:{PROJECT}"],
    }
    await world.control("dynatrace", "POST", "entities", entity)
    await world.deploy(EARLIER_COMMIT, "Show delivery dates in the basket", ago_s=26 * 3600)
    await world.deploy(GOOD_COMMIT, "Keep baskets for a week", ago_s=3 * 3600)


async def configuration_item(world: World, name: str, about: str) -> str:
    """sys_id of the CI of this name, made where it is missing."""
    vendor = world.document["vendors"]["servicenow"]
    form = {"grant_type": "client_credentials"}
    form |= {name: vendor[name] for name in ("client_id", "client_secret")}
    signed = await world.http.post(f"{vendor['url']}/oauth_token.do", data=form)
    signed.raise_for_status()
    headers = {"Authorization": f"Bearer {signed.json()['access_token']}"}
    table = f"{vendor['url']}/api/now/table/cmdb_ci_service"
    found = await world.http.get(table, params={"sysparm_query": f"name={name}"}, headers=headers)
    found.raise_for_status()
    if rows := found.json()["result"]:
        return str(rows[0]["sys_id"])
    made = await world.http.post(table, json={"name": name, "short_description": about}, headers=headers)
    made.raise_for_status()
    return str(made.json()["result"]["sys_id"])


async def _register(world: World) -> None:
    """Tell the app's registry; doing it twice is doing it once."""
    demo = world.demo
    service = {
        "product": PRODUCT,
        "owner": "time-loja",
        "tier": 2,
        "azure_devops": {"project": demo["project"], "pipeline_id": demo["pipeline_id"]},
        "dynatrace": {
            "entity_id": demo["entity_id"],
            "metric_selector": ERROR_RATE,
            "upper_bound": 2.0,
        },
        "servicenow_ci": demo["servicenow_ci"],
        "delivery": {"environment": "production"},
        "gate": GATE,
    }
    (await world.as_operator("PUT", f"/api/services/{SERVICE}", service)).raise_for_status()
