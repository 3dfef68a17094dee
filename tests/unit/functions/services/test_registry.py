"""The service registry's endpoints."""

from typing import Any

import pytest

from functions.models.services import Service, ServiceList
from functions.services.registry import get_service, list_services, put_service
from tests.fakes.requests import body_of, function_of, request

put, get, list_all = function_of(put_service), function_of(get_service), function_of(list_services)

DRAFT: dict[str, Any] = {
    "product": "Loja Online",
    "owner": "time-checkout",
    "tier": 2,
    "azure_devops": {"project": "loja", "pipeline_id": 7},
    "dynatrace": {
        "entity_id": "SERVICE-4D1A0B7C",
        "metric_selector": "builtin:service.errors",
        "upper_bound": 2,
    },
}


async def test_a_service_that_was_put_can_be_read(world: Any) -> None:
    response = await put(request("PUT", route={"name": "checkout"}, token="carla", body=DRAFT))

    assert response.status_code == 200
    read = body_of(await get(request(route={"name": "checkout"}, token="reader")))
    assert read["product"] == "Loja Online"
    assert read["dynatrace"]["resolution"] == "1m"
    assert body_of(await list_all(request(token="reader")))["services"] == [read]


async def test_putting_twice_is_putting_once(world: Any) -> None:
    for _ in range(2):
        await put(request("PUT", route={"name": "checkout"}, token="carla", body=DRAFT))

    assert len(world.blob.blobs) == 1


PROVISIONED: dict[str, Any] = {
    "name": "checkout",
    "description": "Takes payments",
    "product": "Loja Online",
    "owner": "time-checkout",
    "tier": 3,
    "cost_center": "BR-4711",
    "data_classification": "internal",
    "golden_path": {"name": "python-function", "version": "1.0.0"},
    "azure_devops": {
        "project": "loja",
        "pipeline_id": 7,
        "repository": "checkout",
        "repository_id": "r-1",
        "url": "https://dev.example/r",
    },
    "dynatrace": {"entity_id": "", "metric_selector": "m", "upper_bound": 2.0, "resolution": "5m"},
    "servicenow_ci": "c" * 32,
    "environments": {"development": {"state": "running"}},
    "operation_id": "provision-checkout-1",
    "parts": {"repository": {"repository_id": "r-1", "result": "created"}},
    "registered_at": "2026-11-21T12:00:00Z",
}


async def test_putting_changes_what_is_sent_and_keeps_what_provisioning_wrote(world: Any) -> None:
    await world.registry.put(PROVISIONED)

    response = await put(request("PUT", route={"name": "checkout"}, token="carla", body=DRAFT))

    kept = {name: PROVISIONED[name] for name in PROVISIONED.keys() - {"tier", "azure_devops", "dynatrace"}}
    document = await world.registry.get("checkout")
    assert body_of(response) == document
    assert kept.items() <= document.items()
    assert document["tier"] == 2
    assert document["azure_devops"] == PROVISIONED["azure_devops"]
    assert document["dynatrace"] == {
        "entity_id": "SERVICE-4D1A0B7C",
        "metric_selector": "builtin:service.errors",
        "upper_bound": 2.0,
        "resolution": "5m",
    }


async def test_of_two_who_register_a_name_at_once_neither_loses_the_other_s_words(world: Any) -> None:
    """Provisioning registers the service between our look and our write."""
    usual = world.blob.put_once

    async def beaten(name: str, data: bytes | str, content_type: str = "") -> bool:
        await world.registry.put(PROVISIONED)
        return bool(await usual(name, data, content_type))

    world.blob.put_once = beaten

    response = await put(request("PUT", route={"name": "checkout"}, token="carla", body=DRAFT))

    assert response.status_code == 200
    document = await world.registry.get("checkout")
    assert (document["operation_id"], document["tier"]) == ("provision-checkout-1", 2)


async def test_a_service_that_dynatrace_has_not_seen_yet_can_be_put(world: Any) -> None:
    without = {name: value for name, value in DRAFT["dynatrace"].items() if name != "entity_id"}

    for name, measure in (("checkout", without), ("basket", {**without, "entity_id": ""})):
        body = {**DRAFT, "dynatrace": measure}
        response = await put(request("PUT", route={"name": name}, token="carla", body=body))
        assert body_of(response)["dynatrace"]["entity_id"] == ""

    assert await world.registry.find_by_entity({""}) is None


async def test_what_is_answered_has_the_published_shape(world: Any) -> None:
    await world.registry.put(PROVISIONED)
    await put(request("PUT", route={"name": "by-hand"}, token="carla", body=DRAFT))

    one = Service.model_validate(body_of(await get(request(route={"name": "checkout"}, token="reader"))))
    listed = ServiceList.model_validate(body_of(await list_all(request(token="reader"))))

    assert one.parts["repository"]["result"] == "created"
    assert [service.name for service in listed.services] == ["by-hand", "checkout"]


async def test_a_service_is_found_by_its_entity(world: Any) -> None:
    await put(request("PUT", route={"name": "checkout"}, token="carla", body=DRAFT))

    found = await world.registry.find_by_entity({"SERVICE-4D1A0B7C", "HOST-1"})
    assert found["name"] == "checkout"
    assert await world.registry.find_by_entity({"HOST-1"}) is None


@pytest.mark.parametrize("person", ["reader", "ana"])
async def test_only_admins_write(world: Any, person: str) -> None:
    response = await put(request("PUT", route={"name": "checkout"}, token=person, body=DRAFT))

    assert response.status_code == 403
    assert world.blob.blobs == {}


@pytest.mark.parametrize("name", ["Checkout", "../x", "a" * 64, "-a", "a-", "1a", ""])
async def test_a_wrong_name_is_refused(world: Any, name: str) -> None:
    response = await put(request("PUT", route={"name": name}, token="carla", body=DRAFT))

    assert response.status_code == 400
    assert body_of(response)["errors"][0]["field"] == "name"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tier": 9}, "tier"),
        ({"owner": ""}, "owner"),
        ({"colour": "red"}, "colour"),
        ({"azure_devops": {"project": "loja", "pipeline_id": 0}}, "azure_devops.pipeline_id"),
        ({"dynatrace": {**DRAFT["dynatrace"], "entity_id": 'x")'}}, "dynatrace.entity_id"),
    ],
)
async def test_wrong_fields_are_named(world: Any, change: dict[str, Any], field: str) -> None:
    response = await put(request("PUT", route={"name": "checkout"}, token="carla", body={**DRAFT, **change}))

    assert response.status_code == 400
    assert [fault["field"] for fault in body_of(response)["errors"]] == [field]


async def test_an_unknown_service_is_not_found(world: Any) -> None:
    assert (await get(request(route={"name": "nobody"}, token="reader"))).status_code == 404


async def test_storage_away_is_503(world: Any) -> None:
    world.blob.away = True

    assert (await list_all(request(token="reader"))).status_code == 503
