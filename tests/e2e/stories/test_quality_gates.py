"""Quality gates on the whole platform: a good version passes, a bad one goes back, proven; no data never passes."""

import json
import os
import secrets
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.demo.stage import Stage
from sandbox.platform.story import read_document

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS = {
    "GATE_SETTLE_MINUTES": "0.02",
    "GATE_PATIENCE_MINUTES": "0.1",
    "GATE_POLL_S": "1",
    "VERIFICATION_TIMEOUT_MINUTES": "1",
}
LATENCY, ERRORS = "builtin:service.response.time", "builtin:service.errors.total.rate"
WINDOW_MINUTES = 0.15
GATE = {
    "inconclusive": "hold",
    "objectives": [
        {
            "name": "errors",
            "indicator": "errors",
            "direction": "lower",
            "aggregate": "mean",
            "pass": [{"criteria": ["<=1"]}],
            "weight": 2,
            "key": True,
            "min_samples": 3,
        },
        {
            "name": "latency",
            "indicator": "latency",
            "direction": "lower",
            "pass": [{"criteria": ["<=+60%"]}],
            "min_samples": 3,
        },
    ],
}


class Service:
    """A service of its own, with a pipeline that has run well and a healthy entity."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.stage, self.world, self.name = stage, stage.world, name
        self.entity_id = f"SERVICE-{secrets.token_hex(8).upper()}"
        self.good = secrets.token_hex(20)
        self.pipeline = 0

    async def exist(self, automation: dict[str, Any] | None = None) -> "Service":
        project = self.world.demo["project"]
        wanted = {"project": project, "name": self.name, "repository": self.name}
        self.pipeline = (await self.world.control("azure_devops", "POST", "pipelines", wanted))["id"]
        await self.deploy(self.good, ago_s=9000)
        entity = {"name": self.name, "type": "SERVICE", "entity_id": self.entity_id, "tags": []}
        await self.world.control("dynatrace", "POST", "entities", entity)
        document = {
            "product": "Loja Online",
            "owner": "time-loja",
            "tier": 3,
            "azure_devops": {"project": project, "pipeline_id": self.pipeline},
            "dynatrace": {"entity_id": self.entity_id, "metric_selector": ERRORS, "upper_bound": 2.0},
            "automation": automation or {},
            "gate": GATE,
        }
        (await self.call("PUT", f"/api/services/{self.name}", document)).raise_for_status()
        return self

    async def deploy(self, commit: str, ago_s: float = 1.0) -> int:
        run = {"pipeline_id": self.pipeline, "commit": commit, "comment": "x", "result": "succeeded"}
        told = await self.world.control(
            "azure_devops", "POST", "runs", {**run, "finished_ago_seconds": ago_s}
        )
        return int(told["id"])

    async def get_sick(self) -> None:
        told = {
            "kind": "recent_deployment",
            "entity_id": self.entity_id,
            "name": self.name,
            "open_problem": False,
        }
        await self.world.control("dynatrace", "POST", "stories", told)
        consequence = {
            "pipeline_id": self.pipeline,
            "when_version": self.good,
            "heals_service": self.entity_id,
        }
        await self.world.control("azure_devops", "PUT", "consequences", [consequence])

    async def call(self, method: str, path: str, body: object = None) -> Any:
        client = "backstage" if method == "POST" else "operator"
        headers = {"Authorization": f"Bearer {await self.world.token(client)}"}
        url = self.world.document["app"]["url"] + path
        return await self.world.http.request(method, url, json=body, headers=headers, timeout=30.0)

    async def judged(self, **asked: Any) -> dict[str, Any]:
        """Ask for a gate as a pipeline does, and poll it to its verdict."""
        body = {"service": self.name, "version": "1.0", "window_minutes": WINDOW_MINUTES, **asked}
        first = await self.call("POST", "/api/quality-gates", body)
        assert first.status_code == 202, first.text
        again = await self.call("POST", "/api/quality-gates", body)
        assert again.json() == {**first.json(), "started": False}

        async def look() -> dict[str, Any]:
            found: dict[str, Any] = (await self.call("GET", f"/api/quality-gates/{gate_id}")).json()
            return found

        gate_id = first.json()["operation_id"]
        return await self.stage.until(f"{gate_id} is decided", look, lambda gate: gate["state"] == "decided")

    async def settled(self, gate_id: str) -> dict[str, Any]:
        """The gate once its operation has ended."""
        await self.stage.ended(gate_id)
        found: dict[str, Any] = (await self.call("GET", f"/api/quality-gates/{gate_id}")).json()
        return found

    async def gate_events(self, gate_id: str) -> list[dict[str, Any]]:
        """What the channel was told about this gate, as cards."""
        cards = [json.dumps(card) for card in await self.stage.cards()]
        return [json.loads(card) for card in cards if gate_id in card]


def kill_the_worker(stage: Stage) -> None:
    processes = read_document(Path(stage.world.document["state"]))["processes"]
    os.kill(int(processes["host"]["pid"]), signal.SIGKILL)


@pytest.mark.long
async def test_a_good_version_passes_and_becomes_the_baseline_of_the_next(stage: Stage) -> None:
    service = await Service(stage, f"bom-{secrets.token_hex(2)}").exist()

    first = await service.judged(version="1.0")
    second = await service.judged(version="1.1")

    assert (first["verdict"], first["decision"], first["score"]) == ("pass", "proceed", 100.0)
    latency = {gate["version"]: gate["objectives"][1] for gate in (first, second)}
    assert latency["1.0"]["baseline_from"] == "before"
    assert (latency["1.1"]["baseline_from"], latency["1.1"]["baseline"]) == (
        "history",
        latency["1.0"]["value"],
    )
    assert await service.gate_events(first["id"])


@pytest.mark.long
async def test_a_bad_version_fails_and_goes_back_by_itself_where_owner_and_policies_allow_it(
    stage: Stage,
) -> None:
    allow = {"allow": ["roll_back", "redeploy"]}
    service = await Service(stage, f"ruim-{secrets.token_hex(2)}").exist(allow)
    bad = secrets.token_hex(20)
    run_id = await service.deploy(bad)
    await service.get_sick()

    gate = await service.judged(version="2.0", commit=bad, run_id=run_id)
    ended = await service.settled(gate["id"])

    assert (gate["verdict"], gate["decision"]) == ("fail", "stop")
    assert ended["rollback"]["state"] == "verified", ended["rollback"]
    operation = await stage.operation(gate["id"])
    assert operation is not None
    assert operation["approval"]["action"]["type"] == "roll_back"
    (run,) = await stage.runs(gate["id"])
    assert run["version"] == service.good


@pytest.mark.long
async def test_a_worker_killed_while_it_goes_back_deploys_once(stage: Stage) -> None:
    service = await Service(stage, f"morto-{secrets.token_hex(2)}").exist(
        {"allow": ["roll_back", "redeploy"]}
    )
    bad = secrets.token_hex(20)
    run_id = await service.deploy(bad)
    await service.get_sick()

    gate = await service.judged(version="2.1", commit=bad, run_id=run_id)
    kill_the_worker(stage)
    await stage.until("the app answers again", lambda: stage.ask("GET", "/api/openapi.json"), bool)
    ended = await service.settled(gate["id"])

    assert (gate["verdict"], ended["rollback"]["state"]) == ("fail", "verified")
    assert len(await stage.runs(gate["id"])) == 1


@pytest.mark.long
async def test_what_nobody_measured_is_held_and_changes_nothing(stage: Stage) -> None:
    service = await Service(stage, f"mudo-{secrets.token_hex(2)}").exist({"allow": ["roll_back", "redeploy"]})
    fault = {"operation": "query_metrics", "kind": "status", "status": 503, "for_seconds": 120}
    await stage.world.control("dynatrace", "PUT", "faults", [fault])

    gate = await service.judged(version="3.0", commit=service.good)
    ended = await service.settled(gate["id"])

    assert (gate["verdict"], gate["decision"], gate["score"]) == ("inconclusive", "hold", None)
    assert {one["reason"] for one in gate["objectives"]} == {"vendor"}
    assert ended["rollback"] is None
    assert await stage.runs(gate["id"]) == []


@pytest.mark.long
async def test_the_page_tells_a_person_the_same(stage: Stage) -> None:
    service = await Service(stage, f"pagina-{secrets.token_hex(2)}").exist()
    since = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
    gate = await service.judged(version="4.0", **{"from": since})

    url = f"{stage.world.document['app']['url']}/api/quality-gates/{gate['id']}"
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    refused = await stage.world.http.get(url, headers=headers)
    shown = await stage.world.http.get(
        url, headers={**headers, "Authorization": f"Bearer {await stage.world.token()}"}
    )

    assert refused.status_code == 401
    assert "Sign in" in refused.text
    assert shown.status_code == 200
    assert "<svg" in shown.text
    assert "pass" in shown.text
