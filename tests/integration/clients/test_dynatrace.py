"""Settings and objectives over real connections, under every fault Dynatrace can be told: one of each, and whose.

The values are those the golden paths send: the simulator holds them to the vendor's schemas.
"""

from typing import Any

import pytest

from shared.clients.dynatrace import DynatraceClient
from shared.domain.service import monitoring
from shared.errors import VendorRefused
from tests.integration.clients.stage import Stage, every_fault_of, telling_fault, until_done

pytestmark = pytest.mark.usefixtures("no_pauses")

KEY = "provision-orders/create"
ZONE = monitoring.management_zone("orders")
OBJECTIVES = [
    {"name": "availability", "target": 99.5, "warning": 99.8},
    {"name": "latency", "threshold_ms": 500, "target": 95, "warning": 97},
]
AVAILABILITY = monitoring.objectives("orders", OBJECTIVES)[0]["definition"]


async def a_zone(observer: DynatraceClient, key: str) -> dict[str, Any]:
    return dict(await observer.settings.ensure(ZONE["schema_id"], ZONE["value"], key))


@every_fault_of("create_settings", "list_settings")
async def test_one_setting(
    dynatrace: Stage, observer: DynatraceClient, operation: str, fault: dict[str, Any]
) -> None:
    dynatrace.break_next(operation, fault)
    made = await until_done(dynatrace, lambda: a_zone(observer, KEY))
    again = await a_zone(observer, KEY)
    (kept,) = dynatrace.documents("settings_object")
    assert made == again == {"object_id": kept["objectId"], "ours": True}
    assert (kept["externalId"], kept["value"]) == (KEY, ZONE["value"])


@telling_fault
async def test_somebody_elses_setting_of_the_name_stays_as_it_is(
    dynatrace: Stage, observer: DynatraceClient, fault: dict[str, Any]
) -> None:
    await observer.settings.ensure(ZONE["schema_id"], {"name": "orders", "rules": []}, "somebody/else")
    before = dynatrace.documents("settings_object")
    dynatrace.break_next("list_settings", fault)
    made = await until_done(dynatrace, lambda: a_zone(observer, KEY))
    assert made == {"object_id": before[0]["objectId"], "ours": False}
    assert dynatrace.documents("settings_object") == before


@telling_fault
async def test_a_setting_is_deleted_and_no_other(
    dynatrace: Stage, observer: DynatraceClient, fault: dict[str, Any]
) -> None:
    made = await a_zone(observer, KEY)
    profile = monitoring.alerting_profile("orders", made["object_id"])
    theirs = await observer.settings.ensure(profile["schema_id"], profile["value"], "other")
    dynatrace.break_next("delete_setting", fault)
    await until_done(dynatrace, lambda: observer.settings.delete(made["object_id"]))
    assert [kept["objectId"] for kept in dynatrace.documents("settings_object")] == [theirs["object_id"]]
    assert await observer.settings.delete(made["object_id"]) is False


async def test_all_a_service_needs_is_what_the_schemas_take(
    dynatrace: Stage, observer: DynatraceClient
) -> None:
    zone = await a_zone(observer, KEY)
    profile = monitoring.alerting_profile("orders", zone["object_id"])
    assert "managementZone" in profile["value"]
    made = await observer.settings.ensure(profile["schema_id"], profile["value"], KEY)
    tag = monitoring.auto_tag()
    shared = [await observer.settings.ensure(tag["schema_id"], tag["value"], "") for _ in range(2)]
    slos = [
        await observer.slos.ensure(one["definition"], f"{KEY}/{one['kind']}")
        for one in monitoring.objectives("orders", OBJECTIVES)
    ]
    assert made["ours"]
    assert [one["ours"] for one in slos] == [True, True]
    assert [one["ours"] for one in shared] == [False, False]
    assert len(dynatrace.documents("settings_object")) == 3


async def test_a_value_the_schema_does_not_take_is_refused_with_the_vendors_words(
    dynatrace: Stage, observer: DynatraceClient
) -> None:
    broken = {"name": "orders", "rules": [{"enabled": True, "type": "SELECTOR", "entitySelector": "x("}]}
    with pytest.raises(VendorRefused, match="is not a valid entity selector") as refused:
        await observer.settings.ensure(ZONE["schema_id"], broken, KEY)
    assert refused.value.status == 400
    assert dynatrace.documents("settings_object") == []


@every_fault_of("create_slo", "list_slos")
async def test_one_objective(
    dynatrace: Stage, observer: DynatraceClient, operation: str, fault: dict[str, Any]
) -> None:
    dynatrace.break_next(operation, fault)
    made = await until_done(dynatrace, lambda: observer.slos.ensure(AVAILABILITY, KEY))
    again = await observer.slos.ensure(AVAILABILITY, KEY)
    (kept,) = dynatrace.documents("slo")
    assert made == again == {"slo_id": kept["id"], "ours": True}
    assert kept["description"].endswith(f"\n[valueflow:{KEY}]")


@telling_fault
async def test_somebody_elses_objective_of_the_name_stays_as_it_is(
    dynatrace: Stage, observer: DynatraceClient, fault: dict[str, Any]
) -> None:
    await observer.slos.ensure({**AVAILABILITY, "target": 90, "enabled": False}, "somebody/else")
    before = dynatrace.documents("slo")
    dynatrace.break_next("list_slos", fault)
    made = await until_done(dynatrace, lambda: observer.slos.ensure(AVAILABILITY, KEY))
    assert made == {"slo_id": before[0]["id"], "ours": False}
    assert dynatrace.documents("slo") == before


@telling_fault
async def test_an_objective_is_deleted_and_no_other(
    dynatrace: Stage, observer: DynatraceClient, fault: dict[str, Any]
) -> None:
    made = [
        await observer.slos.ensure(one["definition"], KEY)
        for one in monitoring.objectives("orders", OBJECTIVES)
    ]
    dynatrace.break_next("delete_slo", fault)
    await until_done(dynatrace, lambda: observer.slos.delete(made[0]["slo_id"]))
    assert [kept["id"] for kept in dynatrace.documents("slo")] == [made[1]["slo_id"]]
    assert await observer.slos.delete(made[0]["slo_id"]) is False


async def test_the_entities_of_a_service_are_found_by_its_tag(
    dynatrace: Stage, observer: DynatraceClient
) -> None:
    for number in range(3):
        name = "orders" if number else "payments"
        body = {"type": "SERVICE", "name": f"{name} {number}", "tags": [f"service:{name}"]}
        await dynatrace.tell("/entities", body)
    found = await observer.entities.find(monitoring.entity_selector("orders"))
    assert [entity["name"] for entity in found] == ["orders 1", "orders 2"]
    assert found[0]["tags"] == ["service:orders"]
