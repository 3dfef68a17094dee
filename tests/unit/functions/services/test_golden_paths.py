"""The golden paths' endpoints: read, tried, asked for; what is wrong is told at once, and a name is one operation's."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.models.golden_paths import GoldenPath, GoldenPathList, ValidationResult
from functions.models.operations import Started
from functions.services.golden_paths import (
    get_golden_path,
    list_golden_paths,
    request_service,
    validate_request,
)
from orchestrations.provision_service import provision_service
from shared import services
from shared.clients.azure_devops import azure_devops_client
from shared.domain.service import provisioning
from shared.errors import RenderFailed
from shared.golden_paths import rendering
from tests.fakes.azure_devops import TOKEN, URL, FakeAzureDevOps
from tests.fakes.durable import FakeDurableClient, Instance
from tests.fakes.orchestration import Rehearsal
from tests.fakes.provisioning import World
from tests.fakes.requests import body_of, function_of, request
from tests.fakes.services import fake_services

list_all, get = function_of(list_golden_paths), function_of(get_golden_path)
validate, ask = function_of(validate_request), function_of(request_service)

PATH = "python-function"
BODY: dict[str, Any] = {
    "name": "orders",
    "description": "Takes the orders of all plants.",
    "project": "Payments",
    "product": "Order to Cash",
    "owner": "team-orders",
    "cost_center": "BR-4711",
    "tier": 3,
    "data_classification": "internal",
}


@pytest.fixture
def devops() -> FakeAzureDevOps:
    return FakeAzureDevOps()


@pytest.fixture
def world(devops: FakeAzureDevOps) -> Iterator[Any]:
    made = fake_services()
    made.__dict__["azure_devops"] = azure_devops_client(URL, TOKEN, transport=devops.transport)
    services.use(made)
    yield made
    services.use(None)


def call(body: Any = None, *, path: str = PATH, token: str = "bruno", key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return request(
        "POST", body=BODY if body is None else body, route={"name": path}, token=token, headers=headers
    )


async def started(client: FakeDurableClient, body: Any = None, **how: Any) -> str:
    """Ask -> the operation's id."""
    response = await ask(call(body, **how), client)
    assert response.status_code == 202, response.get_body()
    return Started.model_validate(body_of(response)).operation_id


def end(client: FakeDurableClient, operation_id: str, outcome: str | None) -> None:
    instance = client.instances[operation_id]
    instance.status = "COMPLETED" if outcome == provisioning.PROVISIONED else "FAILED"
    instance.custom_status = {"outcome": outcome}


def faults(response: Any) -> dict[str, list[str]]:
    by_field: dict[str, list[str]] = {}
    for fault in body_of(response)["errors"]:
        by_field.setdefault(fault["field"], []).append(fault["message"])
    return by_field


def writes(devops: FakeAzureDevOps) -> list[str]:
    return [request.method for request in devops.requests if request.method != "GET"]


async def test_the_paths_are_listed_with_the_schema_of_their_parameters(world: Any) -> None:
    told = GoldenPathList.model_validate(body_of(await list_all(request(token="reader"))))

    paths = {path.name: path for path in told.golden_paths}
    assert "name" in paths[PATH].parameters["required"]
    one = body_of(await get(request(route={"name": PATH}, token="reader")))
    assert GoldenPath.model_validate(one) == paths[PATH]


@pytest.mark.parametrize(("token", "status"), [("", 401), ("reader", 403), ("ana", 403), ("carla", 403)])
async def test_only_requesters_ask_and_validate(
    world: Any, client: FakeDurableClient, token: str, status: int
) -> None:
    assert (await ask(call(token=token), client)).status_code == status
    assert (await validate(call(token=token))).status_code == status
    assert (client.instances, world.blob.blobs) == ({}, {})


async def test_strangers_read_nothing(world: Any) -> None:
    assert (await list_all(request())).status_code == 401
    assert (await get(request(route={"name": PATH}))).status_code == 401


@pytest.mark.parametrize("name", ["cobol-batch", "../python-function", "", "layers"])
async def test_an_unknown_path_is_not_found(world: Any, client: FakeDurableClient, name: str) -> None:
    assert (await get(request(route={"name": name}, token="reader"))).status_code == 404
    assert (await validate(call(path=name))).status_code == 404
    assert (await ask(call(path=name), client)).status_code == 404


async def test_a_request_starts_one_operation_with_all_it_needs(
    world: Any, client: FakeDurableClient
) -> None:
    response = await ask(call(), client)

    told = body_of(response)
    instance = client.instances[told["operation_id"]]
    assert (response.status_code, told["started"]) == (202, True)
    assert response.headers["Location"] == told["status_url"]
    assert instance.name == "provision_service"
    assert instance.request["parameters"] == {**BODY, **instance.request["parameters"]}
    assert instance.request["parameters"]["environment"] == "development"
    assert instance.request["requested_by"] == {"id": "id-of-bruno", "name": "Bruno"}
    assert instance.request["approval"] is None
    assert (await world.claims.get("orders"))["operation_id"] == told["operation_id"]


async def test_what_is_started_can_be_played_to_its_end(world: Any, client: FakeDurableClient) -> None:
    """The endpoint's input is what the orchestrator reads."""
    operation_id = await started(client)
    vendors = World()
    activities = vendors.activities()

    result = Rehearsal(
        provision_service, client.instances[operation_id].request, activities, operation_id
    ).run()

    assert result["outcome"] == "provisioned"


async def test_a_request_that_people_must_allow_says_so_to_its_operation(
    world: Any, client: FakeDurableClient
) -> None:
    operation_id = await started(client, {**BODY, "tier": 1, "environment": "production"})

    approval = client.instances[operation_id].request["approval"]
    assert approval == {"risk": "medium", "reasons": ["tier", "environment"]}


async def test_asking_twice_is_asking_once(world: Any, client: FakeDurableClient) -> None:
    first = await ask(call(), client)
    second = await ask(call(), client)

    assert body_of(second) == {**body_of(first), "started": False}
    assert client.starts == 1


async def test_many_at_once_are_one_operation(world: Any, client: FakeDurableClient) -> None:
    responses = await asyncio.gather(*(ask(call(key="k"), client) for _ in range(10)))

    assert {response.status_code for response in responses} == {202}
    assert len({body_of(response)["operation_id"] for response in responses}) == 1
    assert client.starts == 1


async def test_a_starter_that_lost_the_race_answers_with_the_winner_s_operation(
    world: Any, client: FakeDurableClient
) -> None:
    operation_id = await started(client)
    client.unseen.add(operation_id)

    response = await ask(call(), client)

    assert body_of(response)["operation_id"] == operation_id
    assert body_of(response)["started"] is False


async def test_the_order_of_fields_and_the_spelling_of_numbers_make_no_other_request(
    world: Any, client: FakeDurableClient
) -> None:
    other = {**dict(reversed(BODY.items())), "tier": 3.0, "instance_memory_mb": 2048.0}

    assert await started(client, json.dumps(other)) == await started(client)


async def test_the_same_key_with_another_body_is_a_conflict(world: Any, client: FakeDurableClient) -> None:
    operation_id = await started(client, key="k-1")

    response = await ask(call({**BODY, "tier": 2}, key="k-1"), client)

    assert response.status_code == 409
    assert body_of(response)["operation_id"] == operation_id


async def test_the_same_key_is_the_same_request_for_ever(world: Any, client: FakeDurableClient) -> None:
    operation_id = await started(client, key="k-1")
    end(client, operation_id, provisioning.COMPENSATED)
    await world.claims.release("orders", operation_id)

    again = await ask(call(key="k-1"), client)
    other = await ask(call({**BODY, "tier": 2}, key="k-1"), client)

    assert (body_of(again)["operation_id"], body_of(again)["started"]) == (operation_id, False)
    assert other.status_code == 409
    assert await world.claims.get("orders") is None


async def test_a_key_answers_with_its_own_operation_when_the_name_is_another_s_by_now(
    world: Any, client: FakeDurableClient
) -> None:
    mine = await started(client, key="k-1")
    end(client, mine, provisioning.COMPENSATED)
    await world.claims.release("orders", mine)
    await started(client, token="davi")

    assert await started(client, key="k-1") == mine


async def test_the_same_key_of_two_callers_is_two_keys(world: Any, client: FakeDurableClient) -> None:
    first = await started(client, key="k-1")

    response = await ask(call(key="k-1", token="davi"), client)

    assert response.status_code == 409
    assert body_of(response)["operation_id"] == first
    assert "Another operation" in body_of(response)["detail"]


@pytest.mark.parametrize("key", ["x" * 201, "a\tb", "zero\u200bwidth"])
async def test_a_key_that_is_none_is_refused(world: Any, client: FakeDurableClient, key: str) -> None:
    response = await ask(call(key=key), client)

    assert response.status_code == 400
    assert list(faults(response)) == ["Idempotency-Key"]
    assert client.instances == {}


async def test_another_caller_s_name_is_a_conflict_with_the_winner_s_operation(
    world: Any, client: FakeDurableClient
) -> None:
    winner = await started(client)

    response = await ask(call(token="davi"), client)

    told = body_of(response)
    assert response.status_code == 409
    assert told["operation_id"] == winner
    assert told["status_url"].endswith(f"/api/operations/{winner}")
    assert client.starts == 1


async def test_of_many_who_want_a_name_at_once_one_gets_it(world: Any, client: FakeDurableClient) -> None:
    tokens = ("bruno", "davi")
    responses = await asyncio.gather(
        *(ask(call({**BODY, "tier": 1 + turn % 3}, token=tokens[turn % 2]), client) for turn in range(12))
    )

    told = [body_of(response) for response in responses]
    assert client.starts == 1
    assert {each["operation_id"] for each in told} == set(client.instances)
    assert sorted({response.status_code for response in responses}) == [202, 409]


async def test_a_registered_name_is_taken(world: Any, client: FakeDurableClient) -> None:
    await world.registry.put({"name": "orders", "operation_id": "provision-orders-0"})
    await world.registry.put({"name": "by-hand"})

    made = await ask(call(), client)
    by_hand = await ask(call({**BODY, "name": "by-hand"}), client)

    assert (made.status_code, by_hand.status_code) == (409, 409)
    assert body_of(made)["operation_id"] == "provision-orders-0"
    assert "operation_id" not in body_of(by_hand)
    assert client.instances == {}


@pytest.mark.parametrize("outcome", ["compensated", "cancelled", "refuse", "expired"])
async def test_after_an_end_that_left_nothing_asking_again_starts_anew(
    world: Any, client: FakeDurableClient, outcome: str
) -> None:
    first = await started(client)
    end(client, first, outcome)
    await world.claims.release("orders", first)

    second = await started(client)

    assert second != first
    assert client.starts == 2


async def test_after_success_asking_again_answers_the_same(world: Any, client: FakeDurableClient) -> None:
    first = await started(client)
    end(client, first, provisioning.PROVISIONED)
    await world.registry.put({"name": "orders", "operation_id": first})

    assert await started(client) == first
    assert client.starts == 1


async def test_a_service_that_has_ended_can_be_asked_for_again(world: Any, client: FakeDurableClient) -> None:
    first = await started(client)
    end(client, first, provisioning.PROVISIONED)
    await world.claims.release("orders", first)

    second = await started(client)

    assert second != first
    assert (await world.claims.get("orders"))["operation_id"] == second


async def test_what_could_not_be_undone_is_not_started_beside(world: Any, client: FakeDurableClient) -> None:
    first = await started(client)
    end(client, first, provisioning.COMPENSATION_FAILED)

    assert await started(client) == first
    assert client.starts == 1


async def abandon(world: Any, minutes_ago: float) -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    claim = {"operation_id": "provision-orders-dead", "request_hash": "0" * 64}
    await world.claims.take("orders", {**claim, "at": at.strftime("%Y-%m-%dT%H:%M:%SZ")})


async def test_a_name_nobody_stands_behind_is_taken_over(world: Any, client: FakeDurableClient) -> None:
    await abandon(world, minutes_ago=3)

    operation_id = await started(client)

    assert (await world.claims.get("orders"))["operation_id"] == operation_id


async def test_a_name_that_was_just_claimed_is_its_claimer_s(world: Any, client: FakeDurableClient) -> None:
    await abandon(world, minutes_ago=1)

    assert (await ask(call(), client)).status_code == 409


async def test_an_old_claim_of_an_operation_that_runs_is_not_abandoned(
    world: Any, client: FakeDurableClient
) -> None:
    await abandon(world, minutes_ago=600)
    client.add(Instance("provision_service", "provision-orders-dead"))

    response = await ask(call(), client)

    assert body_of(response)["operation_id"] == "provision-orders-dead"
    assert response.status_code == 409


async def test_of_two_who_take_over_an_abandoned_name_one_gets_it(
    world: Any, client: FakeDurableClient
) -> None:
    await abandon(world, minutes_ago=3)

    responses = await asyncio.gather(ask(call(), client), ask(call(token="davi"), client))

    assert sorted(response.status_code for response in responses) == [202, 409]
    assert client.starts == 1


async def test_a_starter_that_ended_after_its_claim_can_go_on(world: Any, client: FakeDurableClient) -> None:
    usual = client.schedule_new_orchestration

    async def killed(*_: Any, **__: Any) -> str:
        raise ConnectionError

    client.schedule_new_orchestration = killed  # type: ignore[method-assign]
    assert (await ask(call(), client)).status_code == 500
    client.schedule_new_orchestration = usual  # type: ignore[method-assign]

    operation_id = await started(client)

    assert (await world.claims.get("orders"))["operation_id"] == operation_id


async def test_a_storage_that_is_away_starts_nothing(world: Any, client: FakeDurableClient) -> None:
    world.blob.away = True

    assert (await ask(call(), client)).status_code == 503
    assert client.instances == {}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def render(path: Any, parameters: Any) -> Any:
        raise RenderFailed(
            path.name, "skeleton/function_app.py.j2", "line 3: UndefinedError: 'secret' is undefined"
        )

    monkeypatch.setattr(rendering, "render", render)


@pytest.mark.usefixtures("broken")
async def test_a_path_that_does_not_render_creates_nothing_and_says_which_file(
    world: Any, client: FakeDurableClient, devops: FakeAzureDevOps
) -> None:
    for response in (await ask(call(), client), await validate(call())):
        told = body_of(response)
        assert response.status_code == 500
        assert told["title"] == "The golden path python-function is broken"
        assert "skeleton/function_app.py.j2" in told["detail"]
        assert "Nothing was created" in told["detail"]
        assert "secret" not in told["detail"]
    assert (client.instances, world.blob.blobs, writes(devops)) == ({}, {}, [])


async def test_all_faults_come_at_once_by_field(world: Any, client: FakeDurableClient) -> None:
    body = {**BODY, "name": "Orders_", "tier": 9, "owner": "", "colour": "red", "lifetime_hours": 9000}
    del body["product"]

    response = await ask(call(body), client)

    found = faults(response)
    assert response.status_code == 422
    assert set(found) == {"name", "tier", "owner", "colour", "lifetime_hours", "product"}
    assert len(found["name"]) == 2
    assert (client.instances, world.blob.blobs) == ({}, {})


async def test_a_body_that_is_no_object_is_400(world: Any, client: FakeDurableClient) -> None:
    for body in ("", "[]", "null", "1", '{"name": ', b"\xff\xff", "NaN", "[" * 100_000):
        assert (await ask(call(body), client)).status_code == 400, body[:10]
    assert client.instances == {}


async def test_a_body_that_is_too_large_is_413(world: Any, client: FakeDurableClient) -> None:
    assert (await ask(call({**BODY, "description": "x" * 300_000}), client)).status_code == 413


async def test_validate_tells_cost_approval_and_files_and_creates_nothing(
    world: Any, devops: FakeAzureDevOps
) -> None:
    body = {**BODY, "environment": "production", "instance_memory_mb": 4096}

    told = ValidationResult.model_validate(body_of(await validate(call(body))))

    assert told.valid
    assert told.estimate == {"monthly_brl": 1800}
    assert told.approval is not None
    assert told.approval.reasons == ["environment", "monthly_brl"]
    assert told.parameters["adopt_existing"] is False
    assert {"azure-pipelines.yml", "catalog-info.yaml"} <= set(told.files)
    assert (world.blob.blobs, writes(devops)) == ({}, [])


async def test_validate_tells_wrong_fields_and_taken_names_at_once(
    world: Any, devops: FakeAzureDevOps
) -> None:
    await world.registry.put({"name": "orders", "operation_id": "provision-orders-0"})
    devops.git.add_repository("Orders")
    devops.pipelines.add_pipeline("orders", "another")

    response = await validate(call({**BODY, "tier": 9}))

    assert body_of(response)["valid"] is False
    assert faults(response)["name"] == [
        "a service of this name is registered",
        "Azure DevOps has a repository of this name: set adopt_existing to take it",
        "Azure DevOps has a pipeline of this name that builds another repository",
    ]
    assert set(faults(response)) == {"name", "tier"}
    assert writes(devops) == []


async def test_validate_tells_which_operation_has_the_name(world: Any, client: FakeDurableClient) -> None:
    operation_id = await started(client)

    assert faults(await validate(call())) == {"name": [f"operation {operation_id} has this name"]}


async def test_validate_lets_adopt_what_belongs_together(world: Any, devops: FakeAzureDevOps) -> None:
    repository_id = devops.git.add_repository("orders")
    devops.pipelines.add_pipeline("orders", repository_id)

    assert body_of(await validate(call({**BODY, "adopt_existing": True})))["valid"] is True


async def test_validate_tells_of_a_project_that_is_not_there_beside_the_rest(world: Any) -> None:
    response = await validate(call({**BODY, "project": "Nowhere", "name": "Orders"}))

    assert set(faults(response)) == {"name", "project"}


async def test_validate_says_when_azure_devops_is_away(world: Any, devops: FakeAzureDevOps) -> None:
    from tests.fakes.vendor import status

    devops.fail("GET", "/projects", status(401))

    assert (await validate(call())).status_code == 502
