"""Cancelling an operation, and undoing what one had to leave: by whom, when, and once."""

import asyncio
from typing import Any

import pytest

from functions.models.operations import Cancelled, Started
from functions.operations.operation_actions import cancel_operation, request_compensation
from orchestrations.retry_compensation import retry_compensation
from tests.fakes.durable import FakeDurableClient, Instance
from tests.fakes.orchestration import Rehearsal
from tests.fakes.provisioning import World
from tests.fakes.requests import body_of, function_of, request

cancel, undo = function_of(cancel_operation), function_of(request_compensation)

OPERATION = "provision-orders-1"
TOLD: dict[str, Any] = {
    "kind": "provision_service",
    "requested_by": "id-of-bruno",
    "case": {"title": "New service orders", "service": "orders"},
    "cancellable": True,
    "compensations": [],
    "outcome": None,
}


def record(name: str, state: str, **facts: Any) -> dict[str, Any]:
    return {
        "name": name,
        "of": "step",
        "line": "",
        "key": f"{OPERATION}/step",
        "payload": {},
        "made": None,
        "state": state,
        **facts,
    }


LEFT = {
    **TOLD,
    "cancellable": False,
    "outcome": "compensation_failed",
    "compensations": [
        record("release_name", "recorded", payload={"service": "orders"}, key=f"{OPERATION}/claim_name"),
        record("delete_repository", "failed", key=f"{OPERATION}/create_repository"),
        record("delete_objective", "undone"),
        record("delete_setting", "left"),
    ],
    "escalation": {"sys_id": "e" * 32, "number": "INC1", "url": "https://snow.example/INC1"},
}


def add(client: FakeDurableClient, told: Any = TOLD, status: str = "RUNNING", **facts: Any) -> Instance:
    asked = {"requested_by": {"id": "id-of-bruno", "name": "Bruno"}}
    return client.add(
        Instance("provision_service", OPERATION, request=asked, custom_status=told, status=status, **facts)
    )


def call(token: str = "bruno", operation_id: str = OPERATION, body: Any = None) -> Any:
    return request("POST", route={"id": operation_id}, token=token, body=body)


@pytest.mark.parametrize("token", ["bruno", "carla"])
async def test_who_asked_and_an_admin_cancel(world: Any, client: FakeDurableClient, token: str) -> None:
    instance = add(client)

    response = await cancel(call(token, body={"reason": "asked twice"}), client)

    assert Cancelled.model_validate(body_of(response)).operation_id == OPERATION
    assert response.status_code == 202
    assert instance.events == [("cancel", {"by": token.title(), "reason": "asked twice"})]


@pytest.mark.parametrize(("token", "status"), [("", 401), ("reader", 403), ("ana", 403), ("davi", 403)])
async def test_nobody_else_cancels_or_undoes(
    world: Any, client: FakeDurableClient, token: str, status: int
) -> None:
    instance = add(client)
    assert (await cancel(call(token), client)).status_code == status
    assert instance.events == []

    add(client, LEFT, "FAILED")
    assert (await undo(call(token), client)).status_code == status
    assert client.starts == 0


@pytest.mark.parametrize("operation_id", ["nobody", "../x", "a b", ""])
async def test_what_is_no_operation_is_not_found(
    world: Any, client: FakeDurableClient, operation_id: str
) -> None:
    assert (await cancel(call(operation_id=operation_id), client)).status_code == 404
    assert (await undo(call(operation_id=operation_id), client)).status_code == 404


async def test_an_operation_that_has_not_begun_yet_is_cancelled_by_who_asked_for_it(
    world: Any, client: FakeDurableClient
) -> None:
    instance = add(client, None, "PENDING")

    assert (await cancel(call("davi"), client)).status_code == 403
    assert (await cancel(call("bruno"), client)).status_code == 202
    assert len(instance.events) == 1


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({**TOLD, "cancellable": False}, "RUNNING"),
        (TOLD, "COMPLETED"),
        (TOLD, "FAILED"),
        (TOLD, "TERMINATED"),
    ],
)
async def test_what_cannot_be_cancelled_any_more_is_a_conflict(
    world: Any, client: FakeDurableClient, told: Any, status: str
) -> None:
    instance = add(client, told, status)

    assert (await cancel(call(), client)).status_code == 409
    assert instance.events == []


async def test_a_remediation_is_not_for_cancelling(world: Any, client: FakeDurableClient) -> None:
    client.add(Instance("remediate_problem", OPERATION, custom_status={"outcome": None, "steps": []}))

    assert (await cancel(call("bruno"), client)).status_code == 403
    assert (await cancel(call("carla"), client)).status_code == 409


@pytest.mark.parametrize("body", ['{"reason": 7}', '{"reason": "', '{"colour": "red"}', "[]"])
async def test_a_cancellation_that_cannot_be_read_is_refused(
    world: Any, client: FakeDurableClient, body: str
) -> None:
    add(client)

    assert (await cancel(call(body=body), client)).status_code == 400


async def test_what_was_left_is_undone_in_an_operation_of_its_own(
    world: Any, client: FakeDurableClient
) -> None:
    add(client, LEFT, "FAILED")

    response = await undo(call(), client)

    told = Started.model_validate(body_of(response))
    retry = client.instances[f"{OPERATION}.compensation-1"]
    assert (response.status_code, told.operation_id, told.started) == (202, retry.instance_id, True)
    assert [each["name"] for each in retry.request["compensations"]] == ["release_name", "delete_repository"]
    assert (retry.request["attempt"], retry.request["service"]) == (2, "orders")
    assert retry.request["incident"]["number"] == "INC1"


async def test_what_is_started_undoes_the_rest(world: Any, client: FakeDurableClient) -> None:
    """The endpoint's input is what the orchestrator reads."""
    add(client, LEFT, "FAILED")
    await undo(call(), client)
    retry = client.instances[f"{OPERATION}.compensation-1"]
    vendors = World()

    result = Rehearsal(retry_compensation, retry.request, vendors.activities(), retry.instance_id).run()

    assert result["outcome"] == "compensated"


async def test_a_second_call_finds_the_first(world: Any, client: FakeDurableClient) -> None:
    add(client, LEFT, "FAILED")

    first = await undo(call(), client)
    second = await undo(call("carla"), client)

    assert body_of(second) == {**body_of(first), "started": False}
    assert client.starts == 1


async def test_two_at_once_start_one(world: Any, client: FakeDurableClient) -> None:
    add(client, LEFT, "FAILED")
    client.unseen.add(f"{OPERATION}.compensation-1")

    responses = await asyncio.gather(*(undo(call(), client) for _ in range(4)))

    assert {response.status_code for response in responses} == {202}
    assert sum(body_of(response)["started"] for response in responses) == 1


async def test_a_retry_that_failed_is_followed_by_the_next_with_what_it_left(
    world: Any, client: FakeDurableClient
) -> None:
    add(client, LEFT, "FAILED")
    await undo(call(), client)
    first = client.instances[f"{OPERATION}.compensation-1"]
    left = [record("release_name", "recorded"), record("delete_repository", "undone")]
    first.status, first.custom_status = "FAILED", {"outcome": "compensation_failed", "compensations": left}

    response = await undo(call(), client)

    second = client.instances[f"{OPERATION}.compensation-2"]
    assert body_of(response)["operation_id"] == second.instance_id
    assert [each["name"] for each in second.request["compensations"]] == ["release_name"]
    assert second.request["attempt"] == 3
    assert second.request["incident"]["number"] == "INC1"


async def test_a_retry_that_ended_before_it_began_is_followed_by_the_next(
    world: Any, client: FakeDurableClient
) -> None:
    add(client, LEFT, "FAILED")
    await undo(call(), client)
    client.instances[f"{OPERATION}.compensation-1"].status = "TERMINATED"

    await undo(call(), client)

    second = client.instances[f"{OPERATION}.compensation-2"]
    assert [each["name"] for each in second.request["compensations"]] == ["release_name", "delete_repository"]


async def test_after_a_retry_that_undid_everything_nothing_is_left(
    world: Any, client: FakeDurableClient
) -> None:
    add(client, LEFT, "FAILED")
    await undo(call(), client)
    first = client.instances[f"{OPERATION}.compensation-1"]
    first.status = "COMPLETED"
    first.custom_status = {"outcome": "compensated", "compensations": [record("release_name", "undone")]}

    assert (await undo(call(), client)).status_code == 409
    assert client.starts == 1


@pytest.mark.parametrize(
    ("outcome", "compensations", "status"),
    [
        (None, LEFT["compensations"], "RUNNING"),
        ("compensated", [record("release_name", "undone"), record("delete_setting", "left")], "FAILED"),
        ("provisioned", [], "COMPLETED"),
        ("failed", [], "FAILED"),
    ],
)
async def test_where_nothing_is_left_there_is_nothing_to_undo(
    world: Any, client: FakeDurableClient, outcome: Any, compensations: Any, status: str
) -> None:
    add(client, {**TOLD, "outcome": outcome, "compensations": compensations}, status)

    assert (await undo(call(), client)).status_code == 409
    assert client.starts == 0


@pytest.mark.parametrize("status", ["TERMINATED", "FAILED"])
async def test_an_operation_that_was_ended_from_outside_can_be_undone(
    world: Any, client: FakeDurableClient, status: str
) -> None:
    compensations = [record("release_name", "recorded"), record("delete_repository", "running")]
    add(client, {**TOLD, "compensations": compensations}, status)

    response = await undo(call(), client)

    assert response.status_code == 202
    retry = client.instances[f"{OPERATION}.compensation-1"]
    assert len(retry.request["compensations"]) == 2
