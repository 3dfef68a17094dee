"""Actions on the whole platform: done unasked where the owner said so, asked again, proven or taken back."""

import json
import secrets
from typing import Any

import pytest

from sandbox.demo.stage import Operation, Stage, operation_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD = "7d" * 20
SETTINGS = {"VERIFICATION_TIMEOUT_MINUTES": "0.2"}


async def waits_for(stage: Stage, problem_id: str, action_type: str) -> Operation:
    """The operation, once it asks for an action of this type."""

    def asks(operation: Operation | None) -> bool:
        approval = (operation or {}).get("approval") or {}
        return bool(approval.get("state") == "waiting" and approval["action"]["type"] == action_type)

    name = operation_of(problem_id)
    found = await stage.until(f"{name} asks for {action_type}", lambda: stage.operation(name), asks)
    assert found is not None
    return found


async def approve(stage: Stage, operation: Operation) -> None:
    """As a tool does, with a token."""
    url = f"{stage.world.document['app']['url']}/api/approvals/{operation['id']}"
    body = {"decision": "approve", "action_hash": operation["approval"]["action_hash"]}
    headers = {"Authorization": f"Bearer {await stage.world.token()}"}
    answer = await stage.world.http.post(url, json=body, headers=headers)
    assert answer.status_code == 202, answer.text


async def notes_of(stage: Stage, operation_id: str) -> list[str]:
    (incident,) = await stage.incidents(operation_id)
    rows = (await stage.world.state("servicenow")).get("sys_journal_field", [])
    return [row["value"] for row in rows if row["element_id"] == incident["sys_id"]]


async def service_of_its_own(stage: Stage, name: str, automation: dict[str, Any]) -> tuple[str, int]:
    """Registered, with a pipeline that has run well; the ids of its entity and its pipeline."""
    world = stage.world
    entity_id = f"SERVICE-{secrets.token_hex(8).upper()}"
    project = world.demo["project"]
    wanted = {"project": project, "name": name, "repository": name}
    pipeline = (await world.control("azure_devops", "POST", "pipelines", wanted))["id"]
    run = {"pipeline_id": pipeline, "commit": GOOD, "comment": "x", "result": "succeeded"}
    await world.control("azure_devops", "POST", "runs", {**run, "finished_ago_seconds": 9000.0})
    document = {
        "product": "Loja Online",
        "owner": "time-loja",
        "tier": 3,
        "azure_devops": {"project": project, "pipeline_id": pipeline},
        "dynatrace": {
            "entity_id": entity_id,
            "metric_selector": "builtin:service.errors.total.rate",
            "upper_bound": 2.0,
        },
        "servicenow_ci": world.demo["servicenow_ci"],
        "automation": automation,
    }
    url = f"{world.document['app']['url']}/api/services/{name}"
    headers = {"Authorization": f"Bearer {await world.token()}"}
    (await world.http.put(url, json=document, headers=headers)).raise_for_status()
    return entity_id, pipeline


async def test_a_known_leak_is_restarted_without_a_person_where_the_owner_allows_it(stage: Stage) -> None:
    entity_id, pipeline = await service_of_its_own(stage, "estoque", {"allow": ["restart"]})
    told = {"kind": "memory_leak", "entity_id": entity_id, "name": "estoque"}
    problem_id = (await stage.world.control("dynatrace", "POST", "stories", told))["problem"]["problemId"]
    consequence = {
        "pipeline_id": pipeline,
        "when_version": GOOD,
        "heals_service": entity_id,
        "resolves_problem": problem_id,
    }
    await stage.world.control("azure_devops", "PUT", "consequences", [consequence])
    ended = await stage.ended(operation_of(problem_id))

    assert (ended["outcome"], ended["approval"]["state"]) == ("resolved", "automatic")
    assert ended["approval"]["action"]["type"] == "restart"
    runs = await stage.runs(ended["id"])
    assert [run["template_parameters"].get("action") for run in runs] == ["stop", "start"]
    cards = [json.dumps(card) for card in await stage.cards()]
    assert not [card for card in cards if f"/api/approvals/{ended['id']}" in card]


async def test_a_version_that_went_out_while_people_thought_is_not_rolled_back(stage: Stage) -> None:
    problem_id = await stage.open_problem("Failure rate increase")
    asked = await waits_for(stage, problem_id, "roll_back")
    await stage.world.deploy(secrets.token_hex(20), "Somebody was quicker")

    await approve(stage, asked)
    handed = await stage.until(
        "nothing is proposed any more",
        lambda: stage.operation(asked["id"]),
        lambda found: found and found["steps"][-1]["name"] == "await_recovery_2",
    )
    await stage.world.control("dynatrace", "POST", f"problems/{problem_id}/resolve", {})
    ended = await stage.ended(asked["id"])

    assert handed is not None
    assert "deployed since" in handed["case"]["action_text"] or "desde então" in handed["case"]["action_text"]
    assert ended["outcome"] == "self_resolved"
    assert await stage.runs(ended["id"]) == []


@pytest.mark.long
async def test_an_action_that_did_not_help_is_taken_back_once_people_allow_it(stage: Stage) -> None:
    problem_id = await stage.open_problem("Failure rate increase")
    await stage.world.control("azure_devops", "PUT", "consequences", [])
    asked = await waits_for(stage, problem_id, "roll_back")
    await approve(stage, asked)

    offered = await waits_for(stage, problem_id, "redeploy")
    await approve(stage, offered)
    ended = await stage.ended(offered["id"])

    assert ended["outcome"] == "unverified"
    bad = asked["approval"]["action"]["replaces_commit"]
    assert [run["version"] for run in await stage.runs(ended["id"])] == [stage.world.demo["good_commit"], bad]
    (incident,) = await stage.incidents(ended["id"])
    assert incident["state"] != "6"
    notes = await notes_of(stage, ended["id"])
    assert len(notes) == len(set(notes))
