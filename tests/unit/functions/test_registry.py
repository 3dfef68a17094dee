"""The service registry's endpoints."""

from typing import Any

import pytest

from functions.registry import get_service, list_services, put_service
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
