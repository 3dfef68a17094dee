"""Environments that end, on the whole platform: announced, extended by their owner, destroyed by their pipeline."""

import asyncio
import itertools
import os
import random
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sandbox.demo.browser import Browser
from sandbox.demo.stage import Stage
from sandbox.platform.story import read_document
from sandbox.vendors.entra.people import person
from shared.clients.azure_devops import ResourceName, azure_devops_client
from shared.clients.blob import BlobStore, blob_store
from shared.domain.service.environments import iso
from shared.registry import ServiceRegistry

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEVELOPMENT = "development"
RESOURCES: list[ResourceName] = [
    {"type": "endpoint", "name": f"azure-{DEVELOPMENT}"},
    {"type": "environment", "name": DEVELOPMENT},
]

_numbers = itertools.count(1)


def from_now(**duration: float) -> str:
    return iso(datetime.now(UTC) + timedelta(**duration))


class Registered:
    """One service's environment on the platform; each story has a service of its own."""

    def __init__(self, stage: Stage, registry: ServiceRegistry, name: str) -> None:
        self.stage, self._registry, self.name = stage, registry, name

    async def register(self, **environment: Any) -> None:
        found = await self._registry.get(self.stage.world.demo["service"])
        assert found is not None
        ana = person("ana")
        assert ana is not None
        asked_by = {"requested_by": ana.oid, "requested_by_name": ana.name, "created_at": from_now(days=-3)}
        made = {"state": "running", "ends_at": None, "announced_for": None, "working_hours": None}
        await self._registry.put(
            {**found, "name": self.name, "environments": {DEVELOPMENT: {**made, **asked_by, **environment}}}
        )

    async def environment(self) -> dict[str, Any]:
        service = await self._registry.get(self.name)
        assert service is not None
        found: dict[str, Any] = service["environments"][DEVELOPMENT]
        return found

    async def tick(self) -> None:
        """Run the app's timer now."""
        await self.stage.world.run_timer("tend_environments")

    async def until(self, what: str, good: Any) -> dict[str, Any]:
        return await self.stage.until(what, self.environment, good)

    async def cards(self) -> list[dict[str, Any]]:
        return [each["card"] for each in await self.stage.cards() if self.name in str(each["card"])]

    async def runs(self, action: str) -> list[dict[str, Any]]:
        """Runs that any operation on this environment started to do this."""
        rows = (await self.stage.world.state("azure_devops")).get("run", [])
        prefix = f"environment-{self.name}-{DEVELOPMENT}-{action}-"
        return [
            run
            for run in rows
            if str(run["variables"].get("VALUEFLOW_KEY", {}).get("value", "")).startswith(prefix)
        ]


def kill_the_worker(stage: Stage) -> None:
    processes = read_document(Path(stage.world.document["state"]))["processes"]
    os.kill(int(processes["host"]["pid"]), signal.SIGKILL)


@pytest_asyncio.fixture(loop_scope="module")
async def blob(stage: Stage) -> AsyncIterator[BlobStore]:
    connection = stage.world.document["blob"]["connection_string"]
    store = blob_store("valueflow", connection_string=connection)
    yield store
    await store.close()


@pytest_asyncio.fixture(loop_scope="module")
async def orders(stage: Stage, blob: BlobStore) -> Registered:
    """A service of its own, whose pipeline may use what a golden path's may."""
    demo, vendor = stage.world.demo, stage.world.document["vendors"]["azure_devops"]
    client = azure_devops_client(vendor["organization_url"], vendor["token"])
    resources = await client.pipelines.resources(demo["project"], RESOURCES)
    await client.pipelines.authorize(demo["project"], demo["pipeline_id"], resources)
    await client.aclose()
    return Registered(stage, ServiceRegistry(blob), f"orders-{next(_numbers)}")


async def test_its_owner_is_told_and_extends_it_from_the_card(stage: Stage, orders: Registered) -> None:
    await orders.register(ends_at=from_now(hours=5))
    await orders.tick()
    announced = await orders.until("it is announced", lambda each: each["announced_for"] == each["ends_at"])

    (card,) = await orders.cards()
    async with Browser() as browser:
        page = await browser.open(card["actions"][0]["url"])
        assert page.status == 401
        page = await browser.follow(page, "/.auth/login/aad")
        page = await browser.press(page, "person", "ana")
        page = await browser.press(page, "", "", hours="30")
    assert page.status == 200, page.text

    extended = await orders.until(
        "people are told of it", lambda each: (each.get("extension") or {}).get("told")
    )
    assert extended["ends_at"] > announced["ends_at"]
    assert len(await orders.cards()) == 2


async def test_it_is_destroyed_once_although_the_worker_is_killed(stage: Stage, orders: Registered) -> None:
    end = from_now(minutes=-1)
    await orders.register(ends_at=end, announced_for=end)
    await orders.tick()

    await asyncio.sleep(random.uniform(0, 1.5))  # anywhere in the flow: that is what is tested
    kill_the_worker(stage)
    await stage.until("the app answers again", lambda: stage.ask("GET", "/api/openapi.json"), bool)
    await orders.tick()
    destroyed = await orders.until("it is destroyed", lambda each: each["state"] == "destroyed")

    (run,) = await orders.runs("destroy")
    assert run["template_parameters"] == {"action": "destroy", "environment": DEVELOPMENT}
    assert destroyed["run_id"] == run["id"]
    assert destroyed["action"] is None


async def test_a_destruction_that_fails_is_an_incident_and_stays_visible(
    stage: Stage, orders: Registered
) -> None:
    end = from_now(minutes=-1)
    await orders.register(ends_at=end, announced_for=end)
    failing = {"pipeline": stage.world.demo["service"], "stage": "deploy", "action": "destroy"}
    await stage.world.control("azure_devops", "PUT", "config", {"fail": [failing]})
    await orders.tick()

    failed = await orders.until("it is known to have failed", lambda each: each["state"] == "destroy_failed")

    incidents = (await stage.world.state("servicenow")).get("incident", [])
    assert [row["number"] for row in incidents if orders.name in row["short_description"]] == [
        failed["failure"]["incident"]["number"]
    ]
