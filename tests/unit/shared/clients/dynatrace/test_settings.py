"""One settings object per key, somebody else's of the same name left alone, whatever Dynatrace does in between."""

import pytest

from shared.clients.dynatrace import DynatraceClient
from shared.errors import OutcomeUnknown, VendorRefused, VendorUnavailable
from tests.fakes.dynatrace import FakeDynatrace
from tests.fakes.vendor import Fault, Late, body_of, every_fault, retry_later, status

ZONES = "builtin:management-zones"
ZONE = {"name": "orders", "rules": []}
KEY = "provision-orders/create_management_zone"


async def test_an_object_is_made_with_our_key(fake: FakeDynatrace, client: DynatraceClient) -> None:
    made = await client.settings.ensure(ZONES, ZONE, KEY)
    assert made == {"object_id": "object-1", "ours": True}
    (request,) = fake.sent("POST")
    draft = {"schemaId": ZONES, "scope": "environment", "value": ZONE, "externalId": KEY}
    assert body_of(request) == [draft]


async def test_the_object_of_our_key_is_found_again_on_any_page(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    for number in range(4):
        fake.add_setting(ZONES, {"name": f"zone {number}"})
    first = await client.settings.ensure(ZONES, ZONE, KEY)
    again = await client.settings.ensure(ZONES, {"name": "renamed"}, KEY)
    assert (again, len(fake.sent("POST"))) == (first, 1)
    assert await client.settings.find(ZONES, external_id=KEY) == {
        "object_id": first["object_id"],
        "schema_id": ZONES,
        "external_id": KEY,
        "value": ZONE,
    }


@pytest.mark.parametrize("external_id", ["", "somebody/else"])
async def test_somebody_elses_object_of_the_name_is_adopted_and_stays_as_it_is(
    fake: FakeDynatrace, client: DynatraceClient, external_id: str
) -> None:
    theirs = fake.add_setting(ZONES, {"name": "orders", "rules": ["theirs"]}, external_id)
    assert await client.settings.ensure(ZONES, ZONE, KEY) == {"object_id": theirs, "ours": False}
    assert fake.settings[theirs]["value"]["rules"] == ["theirs"]
    assert not fake.sent("POST")


async def test_our_key_counts_before_the_name(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.add_setting(ZONES, {"name": "orders"})
    ours = fake.add_setting(ZONES, {"name": "orders of mine"}, KEY)
    assert await client.settings.ensure(ZONES, ZONE, KEY) == {"object_id": ours, "ours": True}


async def test_a_name_of_another_schema_is_not_taken(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.add_setting("builtin:alerting.profile", {"name": "orders"}, KEY)
    assert (await client.settings.ensure(ZONES, ZONE, KEY))["ours"]
    assert len(fake.settings) == 2


async def test_what_serves_all_bears_no_key_and_is_never_ours(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    made = [await client.settings.ensure(ZONES, ZONE, "") for _ in range(2)]
    assert made == [{"object_id": "object-1", "ours": False}] * 2
    assert "externalId" not in fake.settings["object-1"]


async def test_a_name_taken_between_look_and_write_is_adopted(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    def overtaken(request: object, work: object) -> object:
        fake.add_setting(ZONES, {"name": "orders"})
        return work()  # type: ignore[operator]

    fake.fail("POST", "settings", overtaken)  # type: ignore[arg-type]
    assert await client.settings.ensure(ZONES, ZONE, KEY) == {"object_id": "object-1", "ours": False}


@every_fault
async def test_one_object_whatever_happens_to_the_write(
    fake: FakeDynatrace, client: DynatraceClient, fault: Fault
) -> None:
    fake.fail("POST", "settings", fault, fault)
    made = await retry_later(lambda: client.settings.ensure(ZONES, ZONE, KEY))
    assert (list(fake.settings), made["ours"]) == ([made["object_id"]], True)


@every_fault
async def test_one_object_whatever_happens_to_the_looks(
    fake: FakeDynatrace, client: DynatraceClient, fault: Fault
) -> None:
    fake.fail("GET", "settings", fault, fault)
    made = await client.settings.ensure(ZONES, ZONE, KEY)
    assert (list(fake.settings), made["ours"]) == ([made["object_id"]], True)


async def test_a_write_that_may_still_be_at_work_is_not_repeated_at_once(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    late = Late()
    fake.fail("POST", "settings", late)
    with pytest.raises(OutcomeUnknown) as unknown:
        await client.settings.ensure(ZONES, ZONE, KEY)
    assert unknown.value.retry_after_s
    assert late.finish
    late.finish()
    assert (await client.settings.ensure(ZONES, ZONE, KEY))["ours"]
    assert len(fake.settings) == 1


@pytest.mark.parametrize("answered", [400, 207])
async def test_a_refused_object_says_why_whatever_the_whole_answer_s_status(
    fake: FakeDynatrace, client: DynatraceClient, answered: int
) -> None:
    violation = {"path": "builtin:management-zones/0/rules", "message": "is not a list"}
    error = {"code": 400, "message": "Validation failed", "constraintViolations": [violation]}
    fake.fail("POST", "settings", status(answered, [{"code": 400, "error": error}]))
    with pytest.raises(VendorRefused, match=r"refused \(400\): Validation failed is not a list") as refused:
        await client.settings.ensure(ZONES, ZONE, KEY)
    assert refused.value.status == 400
    assert len(fake.sent("POST")) == 1


async def test_an_answer_for_no_object_is_no_answer(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.fail("POST", "settings", *[status(200, [])] * 9)
    with pytest.raises(OutcomeUnknown):
        await client.settings.ensure(ZONES, ZONE, KEY)


async def test_what_is_not_there_is_none(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.add_setting(ZONES, {"name": "orders"})
    assert await client.settings.find(ZONES, external_id=KEY) is None
    assert await client.settings.find(ZONES, name="order") is None
    assert await client.settings.find(ZONES) is None


@every_fault
async def test_deleted_whatever_happens(fake: FakeDynatrace, client: DynatraceClient, fault: Fault) -> None:
    ours, theirs = fake.add_setting(ZONES, ZONE, KEY), fake.add_setting(ZONES, {"name": "theirs"})
    fake.fail("DELETE", "settings", fault, fault)
    await retry_later(lambda: client.settings.delete(ours))
    assert list(fake.settings) == [theirs]
    assert await client.settings.delete(ours) is False


async def test_deleting_says_whether_there_was_one(fake: FakeDynatrace, client: DynatraceClient) -> None:
    ours = fake.add_setting(ZONES, ZONE, KEY)
    assert [await client.settings.delete(ours) for _ in range(2)] == [True, False]


async def test_a_refused_deletion_is_not_an_absence(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.fail("DELETE", "settings", status(403))
    with pytest.raises(VendorRefused):
        await client.settings.delete("object-1")


async def test_a_vendor_that_is_down_is_unavailable(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.fail("GET", "settings", *[status(503)] * 99)
    with pytest.raises(VendorUnavailable):
        await client.settings.find(ZONES, name="orders")
