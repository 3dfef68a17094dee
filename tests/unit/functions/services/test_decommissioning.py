"""DELETE /api/services/{name}: one operation at a time, and another after one that did not end the service."""

import asyncio
from typing import Any

import pytest

from functions.models.operations import Started
from functions.services.decommissioning import request_decommission
from orchestrations.decommission_service import decommission_service
from tests.fakes.durable import FakeDurableClient
from tests.fakes.orchestration import Rehearsal
from tests.fakes.provisioning import World
from tests.fakes.requests import body_of, function_of, request

end = function_of(request_decommission)

SERVICE: dict[str, Any] = {
    "name": "orders",
    "tier": 1,
    "azure_devops": {"project": "loja", "pipeline_id": 7},
    "dynatrace": {"entity_id": "", "metric_selector": "m", "upper_bound": 2.0, "resolution": "1m"},
    "environments": {"development": {"state": "running"}},
    "operation_id": "provision-orders-1",
    "parts": {"repository": {"repository_id": "r-1", "result": "created"}},
}


def call(name: str = "orders", token: str = "bruno") -> Any:
    return request("DELETE", route={"name": name}, token=token)


@pytest.fixture(autouse=True)
async def registered(world: Any) -> None:
    await world.registry.put(SERVICE)


async def test_it_is_started_with_what_the_registry_knows(world: Any, client: FakeDurableClient) -> None:
    response = await end(call(), client)

    told = Started.model_validate(body_of(response))
    instance = client.instances[told.operation_id]
    assert (response.status_code, told.started) == (202, True)
    assert response.headers["Location"] == told.status_url
    assert instance.name == "decommission_service"
    assert instance.request["service"] == SERVICE
    assert instance.request["requested_by"] == {"id": "id-of-bruno", "name": "Bruno"}
    assert await world.registry.get("orders") == SERVICE


async def test_what_is_started_asks_people_first(world: Any, client: FakeDurableClient) -> None:
    """The endpoint's input is what the orchestrator reads."""
    operation_id = body_of(await end(call(), client))["operation_id"]
    play = Rehearsal(
        decommission_service, client.instances[operation_id].request, World().activities(), operation_id
    )

    assert play.run()["outcome"] == "expired"
    assert play.statuses[-1]["approval"]["risk"] == "high"


@pytest.mark.parametrize(("token", "status"), [("", 401), ("reader", 403), ("ana", 403)])
async def test_only_requesters_may_ask(
    world: Any, client: FakeDurableClient, token: str, status: int
) -> None:
    assert (await end(call(token=token), client)).status_code == status
    assert client.instances == {}


@pytest.mark.parametrize(
    ("name", "status"), [("nobody", 404), ("../orders", 400), ("Orders", 400), ("", 400), ("x" * 300, 400)]
)
async def test_what_is_no_service_cannot_end(
    world: Any, client: FakeDurableClient, name: str, status: int
) -> None:
    assert (await end(call(name), client)).status_code == status
    assert client.instances == {}


async def test_asking_while_it_is_under_way_finds_it(world: Any, client: FakeDurableClient) -> None:
    first = body_of(await end(call(), client))

    second = body_of(await end(call(token="davi"), client))

    assert second == {**first, "started": False}
    assert client.starts == 1


async def test_many_at_once_start_one(world: Any, client: FakeDurableClient) -> None:
    responses = await asyncio.gather(*(end(call(), client) for _ in range(8)))

    assert {response.status_code for response in responses} == {202}
    assert client.starts == 1


@pytest.mark.parametrize("status", ["FAILED", "COMPLETED", "TERMINATED"])
async def test_after_one_that_did_not_end_the_service_another_is_started(
    world: Any, client: FakeDurableClient, status: str
) -> None:
    """It was refused, expired, or could not be carried through."""
    first = body_of(await end(call(), client))["operation_id"]
    client.instances[first].status = status

    second = body_of(await end(call(), client))

    assert second["started"] is True
    assert second["operation_id"] != first


async def test_the_next_service_of_this_name_ends_in_an_operation_of_its_own(
    world: Any, client: FakeDurableClient
) -> None:
    first = body_of(await end(call(), client))["operation_id"]
    client.instances[first].status = "COMPLETED"
    await world.registry.put({**SERVICE, "operation_id": "provision-orders-2"})

    second = body_of(await end(call(), client))["operation_id"]

    assert first.rpartition("-")[0] != second.rpartition("-")[0]


async def test_a_storage_that_is_away_ends_nothing(world: Any, client: FakeDurableClient) -> None:
    world.blob.away = True

    assert (await end(call(), client)).status_code == 503
    assert client.instances == {}
