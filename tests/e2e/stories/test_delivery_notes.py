"""Risk and scorecards on the whole platform: what a gate failed counts in the next change, and shows in the card."""

import secrets
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from sandbox.demo.stage import Stage
from shared.clients.servicebus import EventPublisher
from shared.domain import event_types
from shared.events import new_event
from shared.settings import EVENTS_TOPIC

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD, BAD = secrets.token_hex(20), secrets.token_hex(20)
FREIGHT, MIGRATION = "src/freight.py", "migrations/V2__freight.sql"
WITHIN_S = 3.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(there: Any) -> str:
    """A service of its own whose last version changed two files."""
    name, project = f"frete-{secrets.token_hex(3)}", there.demo["project"]
    wanted = {"project": project, "name": name, "repository": name}
    pipeline = (await there.control("azure_devops", "POST", "pipelines", wanted))["id"]
    for commit, ago_s, files in (
        (GOOD, 9000.0, {FREIGHT: "a = 1\n"}),
        (BAD, 600.0, {FREIGHT: "a = 2\n", MIGRATION: "SELECT 1;\n"}),
    ):
        run = {"pipeline_id": pipeline, "commit": commit, "comment": "x", "result": "succeeded"}
        await there.control(
            "azure_devops", "POST", "runs", {**run, "finished_ago_seconds": ago_s, "files": files}
        )
    document = {
        "product": "Loja Online",
        "owner": "time-loja",
        "tier": 2,
        "azure_devops": {"project": project, "pipeline_id": pipeline},
        "dynatrace": {"metric_selector": "builtin:service.response.time", "upper_bound": 1.0},
    }
    answer = await called(there, "PUT", f"services/{name}", document)
    assert answer.status_code == 200, answer.text
    return name


async def called(there: Any, method: str, path: str, body: object = None) -> Any:
    headers = {"Authorization": f"Bearer {await there.token()}"}
    return await there.http.request(
        method, f"{there.document['app']['url']}/api/{path}", json=body, headers=headers, timeout=30.0
    )


async def decided(there: Any, service: str, verdict: str, version: str) -> None:
    """A gate says so on the event topic."""
    gate_id = f"gate-{secrets.token_hex(4)}"
    gate = {
        "gate_id": gate_id,
        "service": service,
        "environment": "production",
        "version": version,
        "commit": BAD,
        "deployment_id": None,
        "verdict": verdict,
        "score": 10.0,
        "decided_at": datetime.now(UTC).isoformat(),
        "rollback": None,
    }
    publisher = EventPublisher(EVENTS_TOPIC, connection=there.document["servicebus"]["connection_string"])
    try:
        await publisher.publish(new_event(event_types.GATE_DECIDED, "test", (gate_id,), gate))
    finally:
        await publisher.close()


async def test_files_that_a_gate_failed_count_in_the_next_change(stage: Stage, service: str) -> None:
    change = {"service": service, "files": [{"path": FREIGHT, "additions": 3, "deletions": 1}]}
    await decided(stage.world, service, "fail", "1.2")

    async def rules() -> dict[str, int]:
        answer = await called(stage.world, "POST", "change-risk", change)
        return {one["rule"]: one["points"] for one in answer.json()["reasons"]}

    found = await stage.until("the blamed file is known", rules, lambda found: "history" in found)
    assert found["gate_fail"] == 10


async def test_azure_devops_is_asked_for_the_files_and_the_answer_comes_in_time(
    stage: Stage, service: str
) -> None:
    change = {"service": service, "commits": {"base": GOOD, "head": BAD}, "language": "en"}
    await called(stage.world, "POST", "change-risk", change)
    began = time.monotonic()
    answer = await called(stage.world, "POST", "change-risk", change)
    took_s = time.monotonic() - began

    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert told["files_judged"] == 2
    assert told["rollback"]["safe"] is False
    assert "migration" in {one["rule"] for one in told["reasons"]}
    assert took_s < WITHIN_S


async def test_the_scorecard_shows_the_gate_and_its_badge_opens_by_its_address(
    stage: Stage, service: str
) -> None:
    await decided(stage.world, service, "fail", "1.3")

    async def card() -> dict[str, Any]:
        await stage.world.run_timer("refresh_scorecards")
        answer = await called(stage.world, "GET", f"services/{service}/scorecard")
        return dict(answer.json()) if answer.status_code == 200 else {}

    told = await stage.until("the scorecard shows the gate", card, lambda one: one.get("level") == "poor")
    assert told["sections"]["gates"]["last"][0]["verdict"] == "fail"
    assert told["sections"]["cost"]["level"] is None

    badge = await stage.world.http.get(told["badge_url"])
    assert (badge.status_code, badge.headers["content-type"].split(";")[0]) == (200, "image/svg+xml")
    assert badge.text.startswith("<svg")
