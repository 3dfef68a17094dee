"""The timer that heals what webhooks missed."""

import time
from typing import Any

from functions.incidents.problems import handle_problem
from functions.incidents.reconciling import reconcile
from shared.domain.incident.problems import instance_id
from tests.fakes.durable import FakeDurableClient
from tests.fakes.remediation import PROBLEM

ID = instance_id(PROBLEM["problem_id"], PROBLEM["start_ms"])  # type: ignore[arg-type]
FOUND = {
    "problem_id": PROBLEM["problem_id"],
    "display_id": "P-1",
    "title": "Failure rate increase",
    "status": "OPEN",
    "severity": "ERROR",
    "impact": "SERVICES",
    "start_ms": PROBLEM["start_ms"],
    "end_ms": None,
    "affected": [{"entity_id": "SERVICE-1", "name": "checkout"}],
    "impacted": [],
    "root_cause": None,
    "evidence": [],
    "url": "https://dynatrace.example/problems/1",
}


async def test_an_open_problem_nobody_told_gets_its_incident_once(
    world: Any, client: FakeDurableClient
) -> None:
    world.dynatrace.problems.opened = [FOUND]

    first = await reconcile(client)  # type: ignore[arg-type]
    again = await reconcile(client)  # type: ignore[arg-type]

    assert first["opened"] == 1
    assert again == {"opened": 0, "resolved": 0, "ended": 0}
    assert list(client.instances) == [ID]


async def test_a_problem_that_ended_unheard_is_told_to_its_incident(
    world: Any, client: FakeDurableClient
) -> None:
    await handle_problem(client, dict(PROBLEM))  # type: ignore[arg-type]

    await reconcile(client)  # type: ignore[arg-type]

    assert client.instances[ID].events == [("problem_resolved", {"identity": ID})]


async def test_an_incident_whose_operation_ended_without_a_word_takes_no_more_problems(
    world: Any, client: FakeDurableClient
) -> None:
    await handle_problem(client, dict(PROBLEM))  # type: ignore[arg-type]
    client.instances[ID].status = "FAILED"

    healed = await reconcile(client)  # type: ignore[arg-type]

    assert healed["ended"] == 1
    (entry,) = await world.open_incidents.all()
    assert entry["ended_ms"] is not None


OTHER = {**FOUND, "problem_id": "-7_1763726400001V2", "start_ms": 1763726400001}


async def test_an_open_problem_left_in_a_resolved_incident_gets_one_again(
    world: Any, client: FakeDurableClient
) -> None:
    await handle_problem(client, dict(PROBLEM))  # type: ignore[arg-type]
    joining: Any = {**PROBLEM, "problem_id": OTHER["problem_id"], "start_ms": OTHER["start_ms"]}
    await handle_problem(client, joining)  # type: ignore[arg-type]
    incident = {"sys_id": "s" * 32, "number": "INC1", "url": "https://snow.example"}
    await world.open_incidents.update(ID, {"ended_ms": 2, "outcome": "self_resolved", "incident": incident})
    client.instances[ID].status = "COMPLETED"
    world.dynatrace.problems.opened = [OTHER]

    first = await reconcile(client)  # type: ignore[arg-type]
    again = await reconcile(client)  # type: ignore[arg-type]

    assert (first["opened"], again["opened"]) == (1, 0)
    assert client.starts == 2


async def test_a_resolution_nobody_heard_is_told_once(world: Any, client: FakeDurableClient) -> None:
    await handle_problem(client, dict(PROBLEM))  # type: ignore[arg-type]

    told = [(await reconcile(client))["resolved"] for _ in range(2)]  # type: ignore[arg-type]

    assert told == [1, 0]


async def test_a_young_problem_that_dynatrace_does_not_list_yet_is_not_over(
    world: Any, client: FakeDurableClient
) -> None:
    await handle_problem(client, dict(PROBLEM))  # type: ignore[arg-type]
    now_ms = int(time.time() * 1000)
    young: Any = {**PROBLEM, "problem_id": f"-8_{now_ms}V2", "start_ms": now_ms}
    operation_id = (await world.open_incidents.all())[0]["operation_id"]
    await world.open_incidents.update(operation_id, {"last_ms": now_ms})
    await handle_problem(client, young)  # type: ignore[arg-type]

    await reconcile(client)  # type: ignore[arg-type]

    assert ("problem_resolved", {"identity": ID}) in client.instances[ID].events
    assert len([name for name, _ in client.instances[ID].events if name == "problem_resolved"]) == 1
