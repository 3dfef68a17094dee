"""The timer that heals what webhooks missed."""

from typing import Any

from functions.problems import handle_problem
from functions.reconciling import reconcile
from shared.domain.problems import instance_id
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
