"""The activities on Dynatrace's configuration: what bears our key is ours, all else is adopted and left alone."""

from typing import Any

import pytest

from orchestrations.activities.monitoring import (
    create_objective,
    create_setting,
    delete_objective,
    delete_setting,
    ensure_shared_setting,
    find_entity,
    remove_objective,
    remove_setting,
)
from shared.clients.idempotency import marker
from shared.domain.service import monitoring
from tests.fakes.vendor import Fault, done_but_failed, lost_reply, malformed, no_connection, status, timed_out
from tests.fakes.vendors import Vendors, act, value

LOST = (lost_reply, timed_out, malformed, done_but_failed(500))
ZONE = dict(monitoring.management_zone("orders"))
(OBJECTIVE,) = monitoring.objectives("orders", [{"name": "availability", "target": 99.5, "warning": 99.8}])
DEFINITION = {"definition": OBJECTIVE["definition"]}
UNDO_ZONE = {"schema_id": ZONE["schema_id"], "made": None, "attempt": 1}
UNDO_OBJECTIVE = {"name": "orders availability", "made": None, "attempt": 1}


def zones(vendors: Vendors) -> list[str]:
    return [setting.get("externalId", "") for setting in vendors.dynatrace.settings.values()]


@pytest.mark.parametrize("fault", [None, *LOST])
async def test_a_setting_is_made_once_bears_our_key_and_is_taken_away(
    vendors: Vendors, fault: Fault | None
) -> None:
    if fault:
        vendors.dynatrace.fail("POST", "/settings", fault)
        vendors.dynatrace.fail("DELETE", "/settings", fault)

    first, second = [await value(create_setting, ZONE) for _ in range(2)]
    assert first == second
    assert first["result"] == "created"
    assert zones(vendors) == ["op-1/step"]

    await value(delete_setting, UNDO_ZONE)
    assert (await value(delete_setting, UNDO_ZONE))["result"] == "absent"
    assert zones(vendors) == []


async def test_somebody_else_s_setting_is_adopted_unchanged_and_left(vendors: Vendors) -> None:
    theirs = vendors.dynatrace.add_setting(str(ZONE["schema_id"]), {"name": "orders", "rules": ["theirs"]})

    made = await value(create_setting, ZONE)

    assert made == {"object_id": theirs, "result": "adopted"}
    assert (await value(delete_setting, UNDO_ZONE))["result"] == "absent"
    assert vendors.dynatrace.settings[theirs]["value"]["rules"] == ["theirs"]


async def test_another_operation_s_setting_is_not_ours(vendors: Vendors) -> None:
    await value(create_setting, ZONE, key="op-0/step")

    assert (await value(create_setting, ZONE))["result"] == "adopted"
    assert (await value(delete_setting, UNDO_ZONE))["result"] == "absent"
    assert zones(vendors) == ["op-0/step"]


async def test_the_tag_of_all_services_is_made_by_the_first_and_is_nobody_s(vendors: Vendors) -> None:
    tag = dict(monitoring.auto_tag())

    first = await value(ensure_shared_setting, tag, key="op-1/ensure_auto_tag")
    second = await value(ensure_shared_setting, tag, key="op-2/ensure_auto_tag")

    assert first == second
    assert zones(vendors) == [""]
    assert (await value(delete_setting, {**UNDO_ZONE, "schema_id": tag["schema_id"]}))["result"] == "absent"


async def test_a_setting_is_deleted_by_its_id_once(vendors: Vendors) -> None:
    made = await value(create_setting, ZONE)
    gone = {"object_id": made["object_id"]}

    assert [(await value(remove_setting, gone))["result"] for _ in range(2)] == ["deleted", "absent"]


@pytest.mark.parametrize("fault", [None, *LOST])
async def test_an_objective_is_made_once_bears_our_key_and_is_taken_away(
    vendors: Vendors, fault: Fault | None
) -> None:
    if fault:
        vendors.dynatrace.fail("POST", "/slo", fault)
        vendors.dynatrace.fail("DELETE", "/slo", fault)

    first, second = [await value(create_objective, DEFINITION) for _ in range(2)]
    assert first == second
    assert first["result"] == "created"
    (slo,) = vendors.dynatrace.slos.values()
    assert slo["description"].endswith(marker("op-1/step"))

    await value(delete_objective, UNDO_OBJECTIVE)
    assert (await value(delete_objective, UNDO_OBJECTIVE))["result"] == "absent"
    assert vendors.dynatrace.slos == {}


@pytest.mark.parametrize(
    "description", ["", "theirs", f"theirs {marker('op-0/step')}", marker("op-1/step-2")]
)
async def test_somebody_else_s_objective_is_adopted_and_left(vendors: Vendors, description: str) -> None:
    theirs = vendors.dynatrace.add_slo("orders availability", description)

    assert await value(create_objective, DEFINITION) == {"slo_id": theirs, "result": "adopted"}
    assert (await value(delete_objective, UNDO_OBJECTIVE))["result"] == "left"
    assert vendors.dynatrace.slos[theirs]["description"] == description


async def test_an_objective_is_deleted_by_its_id_once(vendors: Vendors) -> None:
    made = await value(create_objective, DEFINITION)
    gone = {"slo_id": made["slo_id"]}

    assert [(await value(remove_objective, gone))["result"] for _ in range(2)] == ["deleted", "absent"]


@pytest.mark.parametrize("activity", [create_setting, create_objective])
async def test_a_refusal_is_final_and_a_vendor_that_is_away_is_not(vendors: Vendors, activity: Any) -> None:
    payload = {**ZONE, **DEFINITION}
    vendors.dynatrace.fail("POST", "/api/v2", status(403))
    assert (await act(activity, payload))["status"] == "refused"

    vendors.dynatrace.fail("GET", "/api/v2", *[no_connection] * 9)
    assert (await act(activity, payload))["status"] == "unavailable"
    assert (vendors.dynatrace.settings, vendors.dynatrace.slos) == ({}, {})


async def test_the_entity_of_a_service_is_found_once_there_is_one(vendors: Vendors) -> None:
    assert await value(find_entity, {"service": "orders"}) == {"entity_id": ""}

    vendors.dynatrace.entities["SERVICE-1"] = {
        "entityId": "SERVICE-1",
        "type": "SERVICE",
        "displayName": "orders",
    }

    assert await value(find_entity, {"service": "orders"}) == {"entity_id": "SERVICE-1"}
    selector = vendors.dynatrace.sent("GET", "/entities")[-1].url.params["entitySelector"]
    assert selector == monitoring.entity_selector("orders")
