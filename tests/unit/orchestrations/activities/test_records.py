"""The activities on ServiceNow's records: one change and one CI per key; those of others are adopted and left."""

from typing import Any

import pytest

from orchestrations.activities.records import (
    cancel_change,
    close_change,
    create_configuration_item,
    delete_configuration_item,
    open_change,
    retire_configuration_item,
)
from tests.fakes.vendor import Fault, done_but_failed, lost_reply, malformed, no_connection, status, timed_out
from tests.fakes.vendors import Vendors, act, value

LOST = (lost_reply, timed_out, malformed, done_but_failed(500))
DRAFT = {
    "short_description": "New service orders",
    "description": "The platform is about to make it.",
    "start_at": "2026-11-21T12:00:00.000000Z",
    "end_at": "2026-11-21T13:00:00.000000Z",
}
ITEM = {"name": "orders", "fields": {"short_description": "Takes orders", "business_criticality": "3"}}
UNDO_CHANGE = {"made": None, "attempt": 1}
UNDO_ITEM = {"name": "orders", "made": None, "attempt": 1}
NEW, CLOSED, CANCELLED = "-5", "3", "4"


def states(vendors: Vendors) -> list[str]:
    return [change["state"] for change in vendors.servicenow.changes.values()]


@pytest.mark.parametrize("fault", [None, *LOST])
async def test_a_change_is_opened_once(vendors: Vendors, fault: Fault | None) -> None:
    if fault:
        vendors.servicenow.fail("POST", "/change_request", fault)

    first, second = [await value(open_change, DRAFT) for _ in range(2)]

    assert first == second
    (change,) = vendors.servicenow.changes.values()
    assert (change["type"], change["correlation_id"]) == ("standard", "op-1/step")
    assert (change["start_date"], change["end_date"]) == ("2026-11-21 12:00:00", "2026-11-21 13:00:00")
    assert first["url"].endswith(first["sys_id"])


async def close(sys_id: str, *, successful: bool = True) -> dict[str, Any]:
    return await value(
        close_change, {"sys_id": sys_id, "successful": successful, "notes": "Done"}, key="op-1/close_change"
    )


@pytest.mark.parametrize("fault", [None, *LOST])
@pytest.mark.parametrize(("successful", "code"), [(True, "successful"), (False, "unsuccessful")])
async def test_a_change_is_walked_to_its_end_once(
    vendors: Vendors, fault: Fault | None, successful: bool, code: str
) -> None:
    sys_id = (await value(open_change, DRAFT))["sys_id"]
    if fault:
        vendors.servicenow.fail("PATCH", "/change_request", fault)

    for _ in range(2):
        await close(sys_id, successful=successful)

    (change,) = vendors.servicenow.changes.values()
    assert (change["state"], change["close_code"]) == (CLOSED, code)


@pytest.mark.parametrize("fault", [None, *LOST])
async def test_a_change_that_came_to_nothing_is_cancelled_not_erased(
    vendors: Vendors, fault: Fault | None
) -> None:
    await value(open_change, DRAFT)
    if fault:
        vendors.servicenow.fail("PATCH", "/change_request", fault)

    for _ in range(2):
        assert await value(cancel_change, UNDO_CHANGE) == {"result": "cancelled"}

    assert states(vendors) == [CANCELLED]


async def test_a_change_that_was_never_opened_needs_no_cancelling(vendors: Vendors) -> None:
    vendors.servicenow.add("change_request", correlation_id="op-1/another")
    vendors.servicenow.add("change_request", correlation_id="op-0/step")

    assert await value(cancel_change, UNDO_CHANGE) == {"result": "absent"}
    assert states(vendors) == [NEW, NEW]


async def test_a_change_whose_opening_was_interrupted_is_found_and_cancelled(vendors: Vendors) -> None:
    vendors.servicenow.fail("POST", "/change_request", lost_reply)
    vendors.servicenow.fail("GET", "/change_request", lambda _, work: work(), *[no_connection] * 9)
    assert (await act(open_change, DRAFT))["status"] != "done"
    vendors.servicenow._faults.clear()

    await value(cancel_change, UNDO_CHANGE)

    assert states(vendors) == [CANCELLED]


async def test_a_change_that_people_closed_stays_closed(vendors: Vendors) -> None:
    await value(open_change, DRAFT)
    (change,) = vendors.servicenow.changes.values()
    change["state"] = CLOSED

    await value(cancel_change, UNDO_CHANGE)

    assert states(vendors) == [CLOSED]


@pytest.mark.parametrize("fault", [None, *LOST])
async def test_a_configuration_item_is_made_once_and_taken_away(
    vendors: Vendors, fault: Fault | None
) -> None:
    if fault:
        vendors.servicenow.fail("POST", "/cmdb_ci_service", fault)
        vendors.servicenow.fail("DELETE", "/cmdb_ci_service", fault)

    first, second = [await value(create_configuration_item, ITEM) for _ in range(2)]
    assert first == second
    assert first["result"] == "created"
    (item,) = vendors.servicenow.items.values()
    assert (item["name"], item["correlation_id"]) == ("orders", "op-1/step")

    await value(delete_configuration_item, UNDO_ITEM)
    assert (await value(delete_configuration_item, UNDO_ITEM))["result"] == "absent"
    assert vendors.servicenow.items == {}


@pytest.mark.parametrize("correlation_id", ["", "op-0/step", "somebody"])
async def test_somebody_else_s_item_is_adopted_unchanged_and_left(
    vendors: Vendors, correlation_id: str
) -> None:
    theirs = vendors.servicenow.add("cmdb_ci_service", name="orders", correlation_id=correlation_id)
    before = dict(theirs)

    made = await value(create_configuration_item, ITEM)

    assert (made["sys_id"], made["result"]) == (theirs["sys_id"], "adopted")
    assert (await value(delete_configuration_item, UNDO_ITEM))["result"] == "left"
    assert list(vendors.servicenow.items.values()) == [before]


async def test_ours_is_found_beside_an_older_one_of_the_same_name(vendors: Vendors) -> None:
    """Two were made at once: the older is somebody's, and stays."""
    await value(create_configuration_item, ITEM)
    theirs = vendors.servicenow.add(
        "cmdb_ci_service", name="orders", correlation_id="", sys_created_on="2026-11-20 12:00:00"
    )

    assert (await value(delete_configuration_item, UNDO_ITEM))["result"] == "deleted"
    assert list(vendors.servicenow.items) == [theirs["sys_id"]]


async def test_an_item_is_retired_once_and_kept(vendors: Vendors) -> None:
    made = await value(create_configuration_item, ITEM)
    vendors.servicenow.fail("PATCH", "/cmdb_ci_service", lost_reply)

    for _ in range(2):
        assert await value(retire_configuration_item, {"sys_id": made["sys_id"]}) == {"result": "retired"}

    (item,) = vendors.servicenow.items.values()
    assert (item["operational_status"], item["install_status"]) == ("6", "7")


async def test_an_item_that_people_deleted_needs_no_retirement(vendors: Vendors) -> None:
    assert await value(retire_configuration_item, {"sys_id": "c" * 32}) == {"result": "absent"}


@pytest.mark.parametrize(("activity", "payload"), [(open_change, DRAFT), (create_configuration_item, ITEM)])
async def test_a_refusal_is_final_and_a_vendor_that_is_away_is_not(
    vendors: Vendors, activity: Any, payload: dict[str, Any]
) -> None:
    vendors.servicenow.fail("POST", "/api/now/table", status(403))
    assert (await act(activity, payload))["status"] == "refused"

    vendors.servicenow.fail("GET", "/api/now/table", *[no_connection] * 9)
    assert (await act(activity, payload))["status"] == "unavailable"
    assert (vendors.servicenow.changes, vendors.servicenow.items) == ({}, {})
