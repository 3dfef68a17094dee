"""One change per correlation_id, walked to its end once, whatever ServiceNow does in between."""

import asyncio
from typing import Any, cast

import pytest

from shared.clients.servicenow import ChangeDraft, ServiceNowClient
from shared.errors import VendorError, VendorRefused
from tests.fakes.servicenow import URL, FakeServiceNow
from tests.fakes.vendor import Fault, body_of, every_fault, lost_reply, retry_later, status

CHANGES = "/table/change_request"
KEY = "provision-orders/open_change"


def a_draft(**fields: Any) -> ChangeDraft:
    draft = {
        "correlation_id": KEY,
        "short_description": "Provision orders",
        "description": "python-function 1.0.0",
        "start_at": "2026-11-21T09:00:00-03:00",
        "end_at": "2026-11-21T13:00:00Z",
        **fields,
    }
    return cast("ChangeDraft", draft)


def walked(fake: FakeServiceNow) -> list[str]:
    """The states the change was put to, in order."""
    return [body_of(request)["state"] for request in fake.sent("PATCH", CHANGES)]


async def test_a_standard_change_is_opened_with_its_planned_time(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    opened = await client.changes.open(a_draft(assignment_group="a" * 32, cmdb_ci=""))
    (row,) = fake.changes.values()
    assert opened == {
        "sys_id": row["sys_id"],
        "number": "CHG0000001",
        "url": f"{URL}/change_request.do?sys_id={row['sys_id']}",
        "ours": True,
    }
    (request,) = fake.sent("POST", CHANGES)
    assert body_of(request) == {
        "type": "standard",
        "correlation_id": KEY,
        "correlation_display": "ValueFlow",
        "short_description": "Provision orders",
        "description": "python-function 1.0.0",
        "start_date": "2026-11-21 12:00:00",
        "end_date": "2026-11-21 13:00:00",
        "assignment_group": "a" * 32,
    }


@every_fault
async def test_one_change_whatever_happens_to_the_insert(
    fake: FakeServiceNow, client: ServiceNowClient, fault: Fault
) -> None:
    fake.fail("POST", CHANGES, fault, fault)
    opened = await retry_later(lambda: client.changes.open(a_draft()))
    assert [opened["sys_id"]] == list(fake.changes)


async def test_many_callers_at_once_agree_on_one_change(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    opened = await asyncio.gather(*(client.changes.open(a_draft()) for _ in range(8)))
    found = await client.changes.find(KEY)
    assert found is not None
    assert {one["sys_id"] for one in opened} == {found["sys_id"]}


async def test_a_strangers_change_is_never_ours(fake: FakeServiceNow, client: ServiceNowClient) -> None:
    stranger = fake.add("change_request", correlation_id="other")
    fake.ignores_queries = True
    assert await client.changes.find(KEY) is None
    assert (await client.changes.open(a_draft()))["sys_id"] != stranger["sys_id"]


@pytest.mark.parametrize("value", ["", "a^state=3", "x" * 101, "javascript:1"])
async def test_a_correlation_id_that_is_more_than_a_value_is_refused_before_anything_is_sent(
    fake: FakeServiceNow, client: ServiceNowClient, value: str
) -> None:
    for call in (client.changes.open(a_draft(correlation_id=value)), client.changes.find(value)):
        with pytest.raises(VendorRefused):
            await call
    assert not fake.requests


@pytest.mark.parametrize(("successful", "code"), [(True, "successful"), (False, "unsuccessful")])
async def test_a_change_is_walked_to_closed_one_state_at_a_time(
    fake: FakeServiceNow, client: ServiceNowClient, successful: bool, code: str
) -> None:
    sys_id = (await client.changes.open(a_draft()))["sys_id"]
    assert await client.changes.close(sys_id, "k", successful, "All steps done") == "created"
    assert walked(fake) == ["-2", "-1", "0", "3"]
    row = fake.changes[sys_id]
    assert (row["state"], row["close_code"]) == ("3", code)
    assert row["close_notes"] == "All steps done\n[valueflow:k]"


@pytest.mark.parametrize(
    ("state", "way"),
    [
        ("-4", ["-2", "-1", "0", "3"]),
        ("-3", ["-2", "-1", "0", "3"]),
        ("-2", ["-1", "0", "3"]),
        ("-1", ["0", "3"]),
        ("0", ["3"]),
    ],
)
async def test_it_is_walked_from_wherever_a_person_moved_it(
    fake: FakeServiceNow, client: ServiceNowClient, state: str, way: list[str]
) -> None:
    sys_id = fake.add("change_request", state=state)["sys_id"]
    await client.changes.close(sys_id, "k", True, "done")
    assert walked(fake) == way


@pytest.mark.parametrize("state", ["3", "4"])
async def test_a_change_that_has_ended_is_left_alone(
    fake: FakeServiceNow, client: ServiceNowClient, state: str
) -> None:
    sys_id = fake.add("change_request", state=state, close_notes="by Ana")["sys_id"]
    assert await client.changes.close(sys_id, "k", True, "done") == "adopted"
    assert await client.changes.cancel(sys_id, "k", "not needed") == "adopted"
    assert fake.changes[sys_id]["close_notes"] == "by Ana"
    assert not fake.sent("PATCH")


@every_fault
@pytest.mark.parametrize("broken", [1, 2, 4])
async def test_closed_once_whatever_happens_on_the_way(
    fake: FakeServiceNow, client: ServiceNowClient, fault: Fault, broken: int
) -> None:
    sys_id = fake.add("change_request")["sys_id"]
    untouched = [lambda request, work: work()] * (broken - 1)
    fake.fail("PATCH", CHANGES, *untouched, fault)
    await retry_later(lambda: client.changes.close(sys_id, "k", True, "done"))
    assert fake.changes[sys_id]["state"] == "3"
    assert fake.changes[sys_id]["close_notes"] == "done\n[valueflow:k]"
    assert await client.changes.close(sys_id, "k", True, "done") == "adopted"


async def test_what_this_key_closed_is_not_closed_again_when_a_person_reopened_it(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    sys_id = fake.add("change_request")["sys_id"]
    await client.changes.close(sys_id, "k", True, "done")
    fake.changes[sys_id]["state"] = "0"
    assert await client.changes.close(sys_id, "k", True, "done") == "adopted"
    assert fake.changes[sys_id]["state"] == "0"


async def test_an_instance_that_takes_the_write_and_not_the_state_is_found_out(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    sys_id = fake.add("change_request")["sys_id"]
    fake.ignores_states = True
    with pytest.raises(VendorRefused, match="stays in state -5"):
        await client.changes.close(sys_id, "k", True, "done")


async def test_a_rule_that_forbids_the_way_is_told(fake: FakeServiceNow, client: ServiceNowClient) -> None:
    sys_id = fake.add("change_request")["sys_id"]
    error = {"message": "Operation Failed", "detail": "aborted by Business Rule 'Freeze'"}
    fake.fail("PATCH", CHANGES, status(403, {"error": error}))
    with pytest.raises(VendorRefused, match="Business Rule 'Freeze'"):
        await client.changes.close(sys_id, "k", True, "done")


@every_fault
async def test_cancelled_whatever_happens(
    fake: FakeServiceNow, client: ServiceNowClient, fault: Fault
) -> None:
    sys_id = fake.add("change_request", state="-1")["sys_id"]
    fake.fail("PATCH", CHANGES, fault, fault)
    await retry_later(lambda: client.changes.cancel(sys_id, "k", "Undone"))
    row = fake.changes[sys_id]
    assert (row["state"], row["close_notes"]) == ("4", "Undone\n[valueflow:k]")
    assert await client.changes.cancel(sys_id, "k", "Undone") == "adopted"


async def test_a_change_that_is_gone_needs_no_cancelling_but_cannot_be_closed(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    assert await client.changes.cancel("0" * 32, "k", "Undone") == "adopted"
    with pytest.raises(VendorRefused) as refused:
        await client.changes.close("0" * 32, "k", True, "done")
    assert refused.value.status == 404


async def test_a_refused_cancellation_is_not_an_absence(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    sys_id = fake.add("change_request")["sys_id"]
    fake.fail("PATCH", CHANGES, status(403))
    with pytest.raises(VendorRefused):
        await client.changes.cancel(sys_id, "k", "Undone")


@pytest.mark.parametrize("sys_id", ["", "CHG0000001", "A" * 32, "../incident/" + "0" * 20])
async def test_what_is_no_sys_id_is_refused_before_anything_is_sent(
    fake: FakeServiceNow, client: ServiceNowClient, sys_id: str
) -> None:
    for call in (client.changes.close(sys_id, "k", True, "n"), client.changes.cancel(sys_id, "k", "n")):
        with pytest.raises(VendorError):
            await call
    assert not fake.requests


async def test_a_change_is_found_although_the_first_look_fails(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    opened = await client.changes.open(a_draft())
    fake.fail("GET", CHANGES, lost_reply, status(503))
    found = await client.changes.find(KEY)
    assert found is not None
    assert (found["number"], found["state"]) == (opened["number"], "-5")
