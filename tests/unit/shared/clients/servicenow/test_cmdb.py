"""One configuration item per service, somebody else's of the name left alone, whatever ServiceNow does in between."""

import pytest

from shared.clients.servicenow import ServiceNowClient
from shared.errors import VendorError, VendorRefused
from tests.fakes.servicenow import URL, FakeServiceNow
from tests.fakes.vendor import Fault, body_of, every_fault, retry_later, status

ITEMS = "/table/cmdb_ci_service"
KEY = "provision-orders/create_configuration_item"
FIELDS = {"short_description": "Takes orders", "owned_by": "a" * 32}


async def test_an_item_is_made_with_our_key_and_its_fields(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    made = await client.cmdb.ensure("orders", KEY, FIELDS)
    (row,) = fake.items.values()
    link = f"{URL}/cmdb_ci_service.do?sys_id={row['sys_id']}"
    assert made == {"sys_id": row["sys_id"], "url": link, "ours": True}
    (request,) = fake.sent("POST", ITEMS)
    assert body_of(request) == {**FIELDS, "name": "orders", "correlation_id": KEY}


async def test_the_item_of_our_key_is_found_again_though_a_person_renamed_it(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    made = await client.cmdb.ensure("orders", KEY, FIELDS)
    fake.items[made["sys_id"]]["name"] = "Orders (Brazil)"
    assert await client.cmdb.ensure("orders", KEY, FIELDS) == made
    found = await client.cmdb.find("orders", KEY)
    assert found is not None
    assert (found["sys_id"], found["name"]) == (made["sys_id"], "Orders (Brazil)")


async def test_our_key_counts_before_the_name(fake: FakeServiceNow, client: ServiceNowClient) -> None:
    fake.add("cmdb_ci_service", name="orders")
    ours = fake.add(
        "cmdb_ci_service", name="orders", correlation_id=KEY, sys_created_on="2026-11-21 12:00:01"
    )
    made = await client.cmdb.ensure("orders", KEY, FIELDS)
    assert (made["sys_id"], made["ours"]) == (ours["sys_id"], True)
    by_name, by_key = await client.cmdb.find("orders"), await client.cmdb.find("orders", KEY)
    assert by_name is not None
    assert by_key is not None
    assert by_name["correlation_id"] == ""
    assert by_key["correlation_id"] == KEY


@pytest.mark.parametrize("correlation_id", ["", "somebody/else"])
async def test_somebody_elses_item_of_the_name_is_adopted_and_stays_as_it_is(
    fake: FakeServiceNow, client: ServiceNowClient, correlation_id: str
) -> None:
    theirs = fake.add("cmdb_ci_service", name="orders", correlation_id=correlation_id)
    before = dict(theirs)
    made = await client.cmdb.ensure("orders", KEY, FIELDS)
    assert (made["sys_id"], made["ours"]) == (theirs["sys_id"], False)
    assert list(fake.items.values()) == [before]
    assert not fake.sent("POST", ITEMS)


@pytest.mark.parametrize("name", ["Orders", "order"])
async def test_another_name_is_another_item(
    fake: FakeServiceNow, client: ServiceNowClient, name: str
) -> None:
    fake.add("cmdb_ci_service", name=name)
    fake.ignores_queries = True
    assert await client.cmdb.find("orders") is None
    assert (await client.cmdb.ensure("orders", KEY, FIELDS))["ours"]


@every_fault
async def test_one_item_whatever_happens_to_the_insert(
    fake: FakeServiceNow, client: ServiceNowClient, fault: Fault
) -> None:
    fake.fail("POST", ITEMS, fault, fault)
    made = await retry_later(lambda: client.cmdb.ensure("orders", KEY, FIELDS))
    assert (list(fake.items), made["ours"]) == ([made["sys_id"]], True)


async def test_when_a_race_makes_two_all_agree_on_the_older(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    def another_try() -> None:
        fake.before_insert = lambda: None
        earlier = "2026-11-21 11:59:59"
        fake.add("cmdb_ci_service", name="orders", correlation_id=KEY, sys_created_on=earlier)

    fake.before_insert = another_try
    made = await client.cmdb.ensure("orders", KEY, FIELDS)
    older, _ = fake.items
    assert (made["sys_id"], made["ours"]) == (older, True)
    assert await client.cmdb.ensure("orders", KEY, FIELDS) == made


async def test_of_several_of_a_name_the_oldest_counts_in_whatever_order_they_come(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    for second in (2, 1, 3):
        fake.add("cmdb_ci_service", name="orders", sys_created_on=f"2026-11-21 12:00:0{second}")
    fake.ignores_queries = True
    found = await client.cmdb.find("orders")
    assert found is not None
    assert fake.items[found["sys_id"]]["sys_created_on"] == "2026-11-21 12:00:01"


async def test_a_name_or_key_that_is_more_than_a_value_is_refused_before_anything_is_written(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    for name, key in (("orders^active=true", KEY), ("orders", "k^l"), ("orders", "x" * 101)):
        with pytest.raises(VendorRefused):
            await client.cmdb.ensure(name, key, FIELDS)
    assert not fake.sent("POST", ITEMS)


@pytest.mark.parametrize("name", ["sys_id", "name", "correlation_id"])
async def test_fields_cannot_say_what_is_ours_to_say(
    fake: FakeServiceNow, client: ServiceNowClient, name: str
) -> None:
    with pytest.raises(ValueError, match=name):
        await client.cmdb.ensure("orders", KEY, {name: "x"})
    assert not fake.requests


async def test_an_item_is_read_or_is_not_there(fake: FakeServiceNow, client: ServiceNowClient) -> None:
    row = fake.add("cmdb_ci_service", name="orders")
    found = await client.cmdb.get(row["sys_id"])
    assert found is not None
    assert (found["name"], found["operational_status"]) == ("orders", "1")
    assert await client.cmdb.get("0" * 32) is None


@every_fault
async def test_deleted_whatever_happens(fake: FakeServiceNow, client: ServiceNowClient, fault: Fault) -> None:
    ours, theirs = (fake.add("cmdb_ci_service", name=name)["sys_id"] for name in ("orders", "theirs"))
    fake.fail("DELETE", ITEMS, fault, fault)
    await retry_later(lambda: client.cmdb.delete(ours))
    assert list(fake.items) == [theirs]
    assert await client.cmdb.delete(ours) is False


async def test_deleting_says_whether_there_was_one(fake: FakeServiceNow, client: ServiceNowClient) -> None:
    sys_id = fake.add("cmdb_ci_service", name="orders")["sys_id"]
    assert [await client.cmdb.delete(sys_id) for _ in range(2)] == [True, False]


async def test_a_refused_deletion_is_not_an_absence(fake: FakeServiceNow, client: ServiceNowClient) -> None:
    fake.fail("DELETE", ITEMS, status(403))
    with pytest.raises(VendorRefused):
        await client.cmdb.delete("0" * 32)


@every_fault
async def test_retired_whatever_happens(fake: FakeServiceNow, client: ServiceNowClient, fault: Fault) -> None:
    sys_id = fake.add("cmdb_ci_service", name="orders")["sys_id"]
    fake.fail("PATCH", ITEMS, fault, fault)
    await retry_later(lambda: client.cmdb.retire(sys_id))
    row = fake.items[sys_id]
    assert (row["operational_status"], row["install_status"]) == ("6", "7")
    assert await client.cmdb.retire(sys_id) == "adopted"


async def test_an_item_that_is_not_there_cannot_be_retired(client: ServiceNowClient) -> None:
    for sys_id in ("0" * 32, "no sys_id"):
        with pytest.raises(VendorError):
            await client.cmdb.retire(sys_id)
