"""Our clients against the simulated vendors over real connections, under every fault they can be told.

Whatever fails, and as often as the call is repeated: never a second incident, note or comment.
"""

import asyncio
import time
from typing import Any

import pytest

from shared.clients.dynatrace import DynatraceClient
from shared.clients.servicenow import IncidentDraft, ServiceNowClient
from tests.integration.clients.stage import (
    Stage,
    every_fault,
    every_fault_of,
    until_done,
)

DRAFT: IncidentDraft = {
    "correlation_id": "incident--123_456V2-1700000000000",
    "short_description": "payments: failure rate increase",
    "description": "Failure rate 12 %",
    "impact": "2",
    "urgency": "1",
    "category": "software",
}
pytestmark = pytest.mark.usefixtures("no_pauses")


@every_fault_of("create_incident", "list_incident")
async def test_one_incident(
    servicenow: Stage, tickets: ServiceNowClient, operation: str, fault: dict[str, Any]
) -> None:
    servicenow.break_next(operation, fault)
    opened = await until_done(servicenow, lambda: tickets.incidents.open(DRAFT))
    again = await tickets.incidents.open(DRAFT)
    assert [row["sys_id"] for row in servicenow.documents("incident")] == [opened["sys_id"]]
    assert (again["sys_id"], again["result"], again["duplicates"]) == (opened["sys_id"], "adopted", [])


@every_fault_of("update_incident", "list_sys_journal_field")
async def test_one_note(
    servicenow: Stage, tickets: ServiceNowClient, operation: str, fault: dict[str, Any]
) -> None:
    sys_id = (await tickets.incidents.open(DRAFT))["sys_id"]
    servicenow.break_next(operation, fault)
    await until_done(servicenow, lambda: tickets.incidents.add_work_note(sys_id, "k/1", "approved"))
    assert await tickets.incidents.add_work_note(sys_id, "k/1", "approved") == "adopted"
    notes = [row["value"] for row in servicenow.documents("sys_journal_field") if row["element_id"] == sys_id]
    assert notes == ["approved\n[valueflow:k/1]"]


@every_fault
async def test_one_resolution(servicenow: Stage, tickets: ServiceNowClient, fault: dict[str, Any]) -> None:
    sys_id = (await tickets.incidents.open(DRAFT))["sys_id"]
    servicenow.break_next("update_incident", fault)
    await until_done(
        servicenow,
        lambda: tickets.incidents.resolve(sys_id, "k", "Solution provided", "Redeployed"),
    )
    (row,) = servicenow.documents("incident")
    assert (row["state"], row["close_notes"]) == ("6", "Redeployed\n[valueflow:k]")


async def test_an_incident_of_many_callers_at_once_is_one_to_all_of_them(
    servicenow: Stage, tickets: ServiceNowClient
) -> None:
    await asyncio.gather(*(tickets.incidents.open(DRAFT) for _ in range(6)))
    later = [await tickets.incidents.open(DRAFT) for _ in range(2)]
    assert len({opened["sys_id"] for opened in later}) == 1
    numbers = {row["number"] for row in servicenow.documents("incident")}
    assert numbers == {later[0]["number"], *later[0]["duplicates"]}


async def test_a_token_the_vendor_no_longer_takes_is_renewed(
    servicenow: Stage, tickets: ServiceNowClient
) -> None:
    servicenow.vendor.collection("_token").clear()
    await tickets.incidents.open(DRAFT)
    assert len(servicenow.documents("incident")) == 1


async def a_problem(dynatrace: Stage) -> dict[str, Any]:
    """Have a service, and a problem of it."""
    service = await dynatrace.tell("/entities", {"type": "SERVICE", "name": "payments"})
    opened: dict[str, Any] = await dynatrace.tell(
        "/problems", {"service_entity_id": service["entityId"], "title": "Failure rate increase"}
    )
    return opened


@every_fault_of("create_comment", "list_comments")
async def test_one_comment(
    dynatrace: Stage, observer: DynatraceClient, operation: str, fault: dict[str, Any]
) -> None:
    problem_id = (await a_problem(dynatrace))["problemId"]
    dynatrace.break_next(operation, fault)
    await until_done(dynatrace, lambda: observer.problems.comment(problem_id, "k", "INC1"))
    assert await observer.problems.comment(problem_id, "k", "INC1") == "adopted"
    assert [comment["content"] for comment in dynatrace.documents("comment")] == ["INC1\n[valueflow:k]"]


@every_fault
async def test_a_problem_is_read(dynatrace: Stage, observer: DynatraceClient, fault: dict[str, Any]) -> None:
    opened = await a_problem(dynatrace)
    dynatrace.break_next("get_problem", fault)
    found = await until_done(dynatrace, lambda: observer.problems.get(opened["problemId"]))
    assert found is not None
    assert (found["problem_id"], found["status"], found["end_ms"]) == (opened["problemId"], "OPEN", None)
    assert [problem["problem_id"] for problem in await observer.problems.open()] == [opened["problemId"]]
    entity_id = found["affected"][0]["entity_id"]
    entity = await observer.entities.get(entity_id)
    assert entity is not None
    assert entity["name"] == "payments"
    now_ms = int(time.time() * 1000)
    assert await observer.events.of([entity_id], now_ms - 3_600_000, now_ms) == []
    selector = "builtin:service.errors.total.rate"
    assert await observer.metrics.query(selector, entity_id, now_ms - 600_000, now_ms, "1m")
