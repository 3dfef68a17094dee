"""After an incident, on the whole platform: what people allow is made once, with replies lost and the app killed."""

import json
from contextlib import closing, suppress
from typing import Any

import pytest

from sandbox.demo.stage import Operation, Stage
from shared.domain.incident.follow_ups import suggest
from tests.e2e.stories.test_incidents import decide, kill, notes_of, only_incident
from tests.fakes.follow_ups import CASE, a_metric
from tests.fakes.remediation import POLICY

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS = {"RETRY_FIRST_S": "0.5", "RETRY_MAX_S": "2"}
WRITES = {"dynatrace": "create_settings", "azure_devops": "create_work_item", "servicenow": "update_incident"}


async def ended_incident(stage: Stage, title: str) -> Operation:
    """An incident that has ended, with its postmortem."""
    operation = await stage.decision_wanted(await stage.open_problem(title))
    assert await decide(stage, operation, "refuse") == 202
    return await stage.ended(operation["id"])


async def follow_up_of(stage: Stage, operation: Operation) -> Operation:
    """What follows the incident, waiting for a decision; started here unless its end has started it."""
    operation_id = f"follow-up-{operation['id']}"
    await start(stage, operation_id, operation)
    found = await stage.until(
        "the suggestions wait for a decision",
        lambda: stage.operation(operation_id),
        lambda told: bool(told and told["approval"] and told["steps"][-1]["name"] == "await_decision"),
    )
    assert found is not None
    return found


async def start(stage: Stage, operation_id: str, operation: Operation) -> None:
    import grpc
    from durabletask.client import TaskHubGrpcClient

    demo = stage.world.demo
    incident = await only_incident(stage, operation["id"])
    service: dict[str, Any] = {
        "name": demo["service"],
        "azure_devops": {"project": demo["project"]},
        "dynatrace": {"entity_id": demo["entity_id"]},
    }
    story = {
        "operation_id": operation["id"],
        "incident": {"number": incident["number"]},
        "service": service,
        "case": {**CASE, **operation["case"], "category": "recent_deployment"},
        "items": [a_metric("errors", demo["entity_id"])],
        "outcome": operation["outcome"],
        "duration_s": None,
    }
    request = {
        "plan": suggest("pt-BR", story),
        "incident": {
            "sys_id": incident["sys_id"],
            "number": incident["number"],
            "url": operation["links"]["incident"],
        },
        "service": demo["service"],
        "language": "pt-BR",
        "policy": {**POLICY, "retry_first_s": 0.5, "retry_max_s": 2.0, "follow_up_timeout_s": 600.0},
        "postmortem_url": operation["links"]["postmortem"],
        "public_url": stage.world.document["app"]["url"],
    }
    client = TaskHubGrpcClient(host_address=stage.world.document["durable"]["address"])
    with closing(client), suppress(grpc.RpcError):  # it is there already
        client.schedule_new_orchestration(
            "follow_up_incident", input=request, instance_id=operation_id, version="1"
        )


async def made_of(stage: Stage, follow_up: Operation) -> dict[str, list[dict[str, Any]]]:
    """What the vendors hold for each of its items."""
    settings = (await stage.world.state("dynatrace")).get("settings_object", [])
    work_items = (await stage.world.state("azure_devops")).get("work_item", [])
    found: dict[str, list[dict[str, Any]]] = {}
    for item in follow_up["approval"]["action"]["items"]:
        key = item["key"]
        found[key] = [one for one in settings if one.get("externalId") == f"valueflow-{key}"]
        found[key] += [one for one in work_items if f"valueflow:{key}" in one["fields"]["System.Tags"]]
    return found


async def test_what_is_allowed_is_made_once_whatever_fails_and_told_in_the_incident(stage: Stage) -> None:
    incident_operation = await ended_incident(stage, "Followed up")
    follow_up = await follow_up_of(stage, incident_operation)
    incident = await only_incident(stage, incident_operation["id"])
    before = await notes_of(stage, incident)
    for vendor, operation in WRITES.items():
        faults = [{"operation": operation, "kind": "lost_reply", "times": 1, "seconds": 0}]
        await stage.world.control(vendor, "PUT", "faults", faults)

    await stage.approve(follow_up["id"])
    kill(stage, "host")
    ended = await stage.ended(follow_up["id"])

    assert ended["outcome"] == "created"
    made = await made_of(stage, follow_up)
    assert {key: len(found) for key, found in made.items()} == dict.fromkeys(made, 1)
    assert {item["kind"] for item in follow_up["approval"]["action"]["items"]} == {"alert", "work_item"}
    (told,) = [note for note in await notes_of(stage, incident) if note not in before]
    assert "Ana" in told
    assert "_workitems/edit/" in told
    assert incident_operation["links"]["postmortem"] in json.dumps(made)
    suffered = [entry["fault"] for vendor in WRITES for entry in await stage.world.journal(vendor)]
    assert suffered.count("lost_reply") == len(WRITES)


async def test_what_is_refused_is_not_made(stage: Stage) -> None:
    incident_operation = await ended_incident(stage, "Not followed up")
    follow_up = await follow_up_of(stage, incident_operation)
    before = await made_of(stage, follow_up)

    assert await decide(stage, follow_up, "refuse") == 202
    ended = await stage.ended(follow_up["id"])

    assert ended["outcome"] == "refused"
    assert await made_of(stage, follow_up) == before
    assert any(
        "Nada foi criado" in note
        for note in await notes_of(stage, await only_incident(stage, incident_operation["id"]))
    )
