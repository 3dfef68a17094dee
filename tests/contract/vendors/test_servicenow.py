"""The simulated ServiceNow answers with the fields that the vendor's sample bodies hold."""

from typing import Any

import pytest

from tests.contract.vendors.published import sample
from tests.unit.sandbox.vendors.rig import Rig


async def made(rig: Rig, table: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {await rig.servicenow_token()}"}
    fields = {"short_description": "x", "assignment_group": "0" * 32}
    answer = await rig.call("servicenow", "POST", f"/api/now/table/{table}", json=fields, headers=headers)
    assert set(answer.json()) == {"result"}
    result: dict[str, Any] = answer.json()["result"]
    return result


def kind(value: object) -> object:
    return sorted(value) if isinstance(value, dict) else type(value)


async def test_an_incident_has_the_fields_of_the_vendors_sample_in_their_form(rig: Rig) -> None:
    expected = sample("servicenow.table.POST.0.json")["result"]

    incident = await made(rig, "incident")

    assert expected.keys() - incident.keys() == set()
    given = {"opened_by", "assignment_group"}  # references, filled or empty
    assert {name: kind(incident[name]) for name in expected.keys() - given} == {
        name: kind(value) for name, value in expected.items() if name not in given
    }
    assert kind(incident["assignment_group"]) == ["link", "value"]


async def test_a_new_incident_has_the_values_of_the_vendors_sample(rig: Rig) -> None:
    expected = sample("servicenow.table.POST.0.json")["result"]
    names = ("state", "incident_state", "active", "approval", "severity", "category", "notify", "upon_reject")

    incident = await made(rig, "incident")

    assert {name: incident[name] for name in names} == {name: expected[name] for name in names}


@pytest.mark.parametrize("table", ["incident"])
async def test_what_a_business_rule_sends_names_fields_the_table_has(rig: Rig, table: str) -> None:
    sent = sample(f"servicenow.outbound.constructed.{table}.json")["record"]

    assert sent.keys() <= (await made(rig, table)).keys()


async def test_a_change_has_the_fields_of_the_constructed_body(rig: Rig) -> None:
    sent = sample("servicenow.outbound.constructed.change_request.json")
    not_columns = {"table", "operation", "state_display"}

    assert sent.keys() - not_columns <= (await made(rig, "change_request")).keys()


async def test_a_change_has_the_fields_we_write_and_read_of_the_vendors_sample_in_their_form(
    rig: Rig,
) -> None:
    expected = sample("servicenow.change_request.api0.json")["result"]
    names = {
        *("number", "type", "state", "active", "start_date", "end_date", "work_start", "work_end"),
        *("correlation_id", "correlation_display", "close_code", "close_notes", "closed_at", "closed_by"),
        *("assignment_group", "cmdb_ci", "short_description", "description", "sys_created_on"),
    }

    assert names <= expected.keys() & (await made(rig, "change_request")).keys()
