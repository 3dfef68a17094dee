"""Changes and configuration items over real connections, under every fault ServiceNow can be told."""

import asyncio
from typing import Any

import pytest

from shared.clients.servicenow import ChangeDraft, ServiceNowClient
from shared.errors import VendorRefused
from tests.integration.clients.stage import Stage, every_fault_of, telling_fault, until_done

pytestmark = pytest.mark.usefixtures("no_pauses")

KEY = "provision-orders/open_change"
DRAFT: ChangeDraft = {
    "correlation_id": KEY,
    "short_description": "Provision orders",
    "description": "python-function 1.0.0",
    "start_at": "2026-11-21T12:00:00Z",
    "end_at": "2026-11-21T13:00:00Z",
}
FIELDS = {"short_description": "Takes orders"}


@every_fault_of("create_change_request", "list_change_request")
async def test_one_change(
    servicenow: Stage, tickets: ServiceNowClient, operation: str, fault: dict[str, Any]
) -> None:
    servicenow.break_next(operation, fault)
    opened = await until_done(servicenow, lambda: tickets.changes.open(DRAFT))
    assert await tickets.changes.open(DRAFT) == opened
    (row,) = servicenow.documents("change_request")
    assert (row["sys_id"], row["number"]) == (opened["sys_id"], opened["number"])
    assert (row["type"], row["state"]) == ("standard", "-5")
    assert (row["start_date"], row["end_date"]) == ("2026-11-21 12:00:00", "2026-11-21 13:00:00")


@every_fault_of("update_change_request", "get_change_request")
async def test_one_closing(
    servicenow: Stage, tickets: ServiceNowClient, operation: str, fault: dict[str, Any]
) -> None:
    sys_id = (await tickets.changes.open(DRAFT))["sys_id"]
    servicenow.break_next(operation, fault)
    await until_done(servicenow, lambda: tickets.changes.close(sys_id, "k", True, "done"))
    assert await tickets.changes.close(sys_id, "k", True, "done") == "adopted"
    (row,) = servicenow.documents("change_request")
    assert (row["state"], row["active"], row["close_code"]) == ("3", "false", "successful")
    assert row["close_notes"] == "done\n[valueflow:k]"
    assert row["work_start"]
    assert row["work_end"]


@telling_fault
@pytest.mark.parametrize("step", [2, 4])
async def test_one_closing_when_it_breaks_on_the_way(
    servicenow: Stage, tickets: ServiceNowClient, fault: dict[str, Any], step: int
) -> None:
    sys_id = (await tickets.changes.open(DRAFT))["sys_id"]
    for state in ("-2", "-1", "0")[: step - 1]:
        row = servicenow.documents("change_request")[0]
        servicenow.vendor.collection("change_request").put(sys_id, {**row, "state": state})
    servicenow.break_next("update_change_request", fault)
    await until_done(servicenow, lambda: tickets.changes.close(sys_id, "k", False, "undone"))
    (row,) = servicenow.documents("change_request")
    assert (row["state"], row["close_code"]) == ("3", "unsuccessful")


@telling_fault
async def test_one_cancellation(servicenow: Stage, tickets: ServiceNowClient, fault: dict[str, Any]) -> None:
    sys_id = (await tickets.changes.open(DRAFT))["sys_id"]
    servicenow.break_next("update_change_request", fault)
    await until_done(servicenow, lambda: tickets.changes.cancel(sys_id, "k", "undone"))
    (row,) = servicenow.documents("change_request")
    assert (row["state"], row["active"], row["close_notes"]) == ("4", "false", "undone\n[valueflow:k]")


async def test_a_normal_change_that_waits_for_people_is_not_closed_past_them(
    servicenow: Stage, tickets: ServiceNowClient
) -> None:
    sys_id = (await tickets.changes.open(DRAFT))["sys_id"]
    row = servicenow.documents("change_request")[0]
    servicenow.vendor.collection("change_request").put(sys_id, {**row, "type": "normal"})
    with pytest.raises(VendorRefused, match="Check State Transition"):
        await tickets.changes.close(sys_id, "k", True, "done")
    assert servicenow.documents("change_request")[0]["state"] == "-5"


async def test_a_change_of_many_callers_at_once_is_one_to_all_that_come_later(
    servicenow: Stage, tickets: ServiceNowClient
) -> None:
    await asyncio.gather(*(tickets.changes.open(DRAFT) for _ in range(6)))
    later = [await tickets.changes.open(DRAFT) for _ in range(2)]
    oldest = min(servicenow.documents("change_request"), key=lambda row: row["number"])
    assert {one["sys_id"] for one in later} == {oldest["sys_id"]}


@every_fault_of("create_cmdb_ci_service", "list_cmdb_ci_service")
async def test_one_item(
    servicenow: Stage, tickets: ServiceNowClient, operation: str, fault: dict[str, Any]
) -> None:
    servicenow.break_next(operation, fault)
    made = await until_done(servicenow, lambda: tickets.cmdb.ensure("orders", KEY, FIELDS))
    assert await tickets.cmdb.ensure("orders", KEY, FIELDS) == made
    (row,) = servicenow.documents("cmdb_ci_service")
    assert (row["sys_id"], made["ours"]) == (made["sys_id"], True)
    assert (row["name"], row["correlation_id"], row["short_description"]) == ("orders", KEY, "Takes orders")


@telling_fault
async def test_somebody_elses_item_of_the_name_stays_as_it_is(
    servicenow: Stage, tickets: ServiceNowClient, fault: dict[str, Any]
) -> None:
    theirs = await tickets.cmdb.ensure("orders", "somebody/else", FIELDS)
    before = servicenow.documents("cmdb_ci_service")
    servicenow.break_next("list_cmdb_ci_service", fault)
    made = await until_done(
        servicenow, lambda: tickets.cmdb.ensure("orders", KEY, {"short_description": "other"})
    )
    assert (made["sys_id"], made["ours"]) == (theirs["sys_id"], False)
    assert servicenow.documents("cmdb_ci_service") == before


@telling_fault
async def test_an_item_is_retired(
    servicenow: Stage, tickets: ServiceNowClient, fault: dict[str, Any]
) -> None:
    made = await tickets.cmdb.ensure("orders", KEY, FIELDS)
    servicenow.break_next("update_cmdb_ci_service", fault)
    await until_done(servicenow, lambda: tickets.cmdb.retire(made["sys_id"]))
    (row,) = servicenow.documents("cmdb_ci_service")
    assert (row["operational_status"], row["install_status"]) == ("6", "7")


@telling_fault
async def test_an_item_is_deleted_and_no_other(
    servicenow: Stage, tickets: ServiceNowClient, fault: dict[str, Any]
) -> None:
    made, theirs = [await tickets.cmdb.ensure(name, name, FIELDS) for name in ("orders", "payments")]
    servicenow.break_next("delete_cmdb_ci_service", fault)
    await until_done(servicenow, lambda: tickets.cmdb.delete(made["sys_id"]))
    assert [row["sys_id"] for row in servicenow.documents("cmdb_ci_service")] == [theirs["sys_id"]]
    assert await tickets.cmdb.delete(made["sys_id"]) is False
