"""One objective per name, ours by the marker below its description, whatever Dynatrace does in between."""

from typing import Any

import pytest

from shared.clients.dynatrace import DynatraceClient
from shared.errors import OutcomeUnknown, VendorRefused
from tests.fakes.dynatrace import FakeDynatrace
from tests.fakes.vendor import Fault, body_of, every_fault, retry_later, status

KEY = "provision-orders/create_objective_availability"
NAME = "orders availability"
DEFINITION: dict[str, Any] = {"name": NAME, "description": "Requests that did not fail", "target": 99.5}


async def test_an_objective_is_made_with_our_marker_below_its_description(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    made = await client.slos.ensure(DEFINITION, KEY)
    assert made == {"slo_id": "slo-1", "ours": True}
    (request,) = fake.sent("POST")
    assert body_of(request) == {
        **DEFINITION,
        "description": f"Requests that did not fail\n[valueflow:{KEY}]",
    }


async def test_the_objective_of_our_key_is_found_again(fake: FakeDynatrace, client: DynatraceClient) -> None:
    made = [await client.slos.ensure(DEFINITION, KEY) for _ in range(2)]
    assert made == [{"slo_id": "slo-1", "ours": True}] * 2
    assert await client.slos.find(NAME) == {
        "slo_id": "slo-1",
        "name": NAME,
        "description": f"Requests that did not fail\n[valueflow:{KEY}]",
    }


@pytest.mark.parametrize("enabled", [True, False])
async def test_somebody_elses_objective_of_the_name_is_adopted_also_when_it_is_disabled(
    fake: FakeDynatrace, client: DynatraceClient, enabled: bool
) -> None:
    theirs = fake.add_slo(NAME, f"written about [valueflow:{KEY}] by hand", enabled=enabled)
    assert await client.slos.ensure(DEFINITION, KEY) == {"slo_id": theirs, "ours": False}
    assert not fake.sent("POST")


async def test_an_objective_that_bears_another_key_is_not_ours(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    theirs = fake.add_slo(NAME, f"x\n[valueflow:{KEY}2]")
    assert await client.slos.ensure(DEFINITION, KEY) == {"slo_id": theirs, "ours": False}


async def test_of_two_of_one_name_the_one_that_is_ours_counts(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    fake.add_slo(NAME)
    ours = fake.add_slo(NAME, f"x\n[valueflow:{KEY}]")
    assert await client.slos.ensure(DEFINITION, KEY) == {"slo_id": ours, "ours": True}


@pytest.mark.parametrize("name", ['say "orders"', "a~b", "a~"])
async def test_a_name_cannot_change_the_selector(
    fake: FakeDynatrace, client: DynatraceClient, name: str
) -> None:
    fake.add_slo("orders latency")
    assert await client.slos.find(name) is None
    fake.add_slo(name)
    found = await client.slos.find(name)
    assert found is not None
    assert found["slo_id"] == "slo-2"


async def test_a_description_of_nothing_is_the_marker_alone(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    await client.slos.ensure({"name": NAME}, KEY)
    assert fake.slos["slo-1"]["description"] == f"[valueflow:{KEY}]"


@every_fault
async def test_one_objective_whatever_happens_to_the_write(
    fake: FakeDynatrace, client: DynatraceClient, fault: Fault
) -> None:
    fake.fail("POST", "slo", fault, fault)
    made = await retry_later(lambda: client.slos.ensure(DEFINITION, KEY))
    assert (list(fake.slos), made["ours"]) == ([made["slo_id"]], True)


@every_fault
async def test_one_objective_whatever_happens_to_the_looks(
    fake: FakeDynatrace, client: DynatraceClient, fault: Fault
) -> None:
    fake.fail("GET", "slo", fault, fault)
    made = await client.slos.ensure(DEFINITION, KEY)
    assert (list(fake.slos), made["ours"]) == ([made["slo_id"]], True)


async def test_one_that_is_made_but_not_listed_yet_is_not_made_again_at_once(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    empty = status(200, {"slo": [], "totalCount": 0})
    fake.fail("GET", "slo", *[empty] * 3)
    with pytest.raises(OutcomeUnknown, match="not listed yet") as unknown:
        await client.slos.ensure(DEFINITION, KEY)
    assert unknown.value.retry_after_s
    assert len(fake.sent("POST")) == 1
    assert (await client.slos.ensure(DEFINITION, KEY))["ours"]
    assert len(fake.slos) == 1


async def test_a_refused_definition_says_why(fake: FakeDynatrace, client: DynatraceClient) -> None:
    violation = {"path": "warning", "message": "must not be below the target"}
    error = {"code": 400, "message": "Constraints violated.", "constraintViolations": [violation]}
    fake.fail("POST", "slo", status(400, {"error": error}))
    with pytest.raises(VendorRefused, match="must not be below the target"):
        await client.slos.ensure(DEFINITION, KEY)


@every_fault
async def test_deleted_whatever_happens(fake: FakeDynatrace, client: DynatraceClient, fault: Fault) -> None:
    ours, theirs = fake.add_slo(NAME), fake.add_slo("theirs")
    fake.fail("DELETE", "slo", fault, fault)
    await retry_later(lambda: client.slos.delete(ours))
    assert list(fake.slos) == [theirs]
    assert await client.slos.delete(ours) is False


async def test_a_refused_deletion_is_not_an_absence(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.fail("DELETE", "slo", status(403))
    with pytest.raises(VendorRefused):
        await client.slos.delete("slo-1")


EVALUATED: dict[str, Any] = {
    "evaluatedPercentage": 99.7,
    "errorBudget": 0.2,
    "status": "WARNING",
    "error": "NONE",
    "target": 99.5,
    "warning": 99.8,
    "timeframe": "-1w",
}


async def test_an_objective_is_told_as_it_stands(fake: FakeDynatrace, client: DynatraceClient) -> None:
    slo_id = fake.add_slo(NAME, **EVALUATED)

    assert await client.slos.evaluated(slo_id) == {
        "slo_id": slo_id,
        "name": NAME,
        "status": "WARNING",
        "value": 99.7,
        "target": 99.5,
        "warning": 99.8,
        "error_budget": 0.2,
        "timeframe": "-1w",
    }


@pytest.mark.parametrize("change", [{"evaluatedPercentage": -1.0}, {"error": "NO_DATA"}, {"enabled": False}])
async def test_what_could_not_be_evaluated_has_no_value(
    fake: FakeDynatrace, client: DynatraceClient, change: dict[str, Any]
) -> None:
    found = await client.slos.evaluated(fake.add_slo(NAME, **{**EVALUATED, **change}))

    assert found is not None
    assert (found["value"], found["error_budget"]) == (None, None)


async def test_an_objective_that_is_gone_is_none(client: DynatraceClient) -> None:
    assert await client.slos.evaluated("gone") is None
