"""The timer: claims what is due before it starts it, starts it once, heals what was left, and is not stopped by one."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.services.tending import tend_environments
from shared.domain.service.environments import due, iso
from tests.fakes.durable import FakeDurableClient
from tests.fakes.environments import HOURS, NAME, RULES, a_service, an_environment
from tests.fakes.requests import function_of

tend: Any = function_of(tend_environments)


def ago(**duration: float) -> str:
    return iso(datetime.now(UTC) - timedelta(**duration))


def ended(**fields: Any) -> dict[str, Any]:
    end = ago(minutes=3)
    return an_environment(created_at=ago(days=3), ends_at=end, announced_for=end, **fields)


async def register(world: Any, environment: dict[str, Any], name: str = "orders") -> None:
    await world.registry.put(a_service(environment, name))


async def environment_of(world: Any, name: str = "orders") -> dict[str, Any]:
    service = await world.registry.get(name)
    found: dict[str, Any] = service["environments"][NAME]
    return found


async def test_what_is_due_is_claimed_and_started(world: Any, client: FakeDurableClient) -> None:
    await register(world, ended())

    await tend(None, client)

    (instance,) = client.instances.values()
    assert instance.name == "tend_environment"
    assert instance.instance_id.startswith("environment-orders-development-destroy-")
    assert instance.request["environment"] == NAME
    assert instance.request["action"] == "destroy"
    assert instance.request["policy"]["run_poll_s"] > 0
    environment = await environment_of(world)
    assert environment["action"]["id"] == instance.instance_id
    assert environment["action"]["begun"] is False
    assert environment["state"] == "running", "until the orchestration has looked once more"


async def test_timers_that_come_twice_start_it_once(world: Any, client: FakeDurableClient) -> None:
    await register(world, ended())

    for _ in range(3):
        await tend(None, client)

    assert client.starts == 1


async def test_what_was_claimed_but_not_started_is_started_by_the_next(
    world: Any, client: FakeDurableClient
) -> None:
    await register(world, ended())
    await tend(None, client)
    client.instances.clear()

    await tend(None, client)

    assert client.starts == 2
    assert [instance.request["action"] for instance in client.instances.values()] == ["destroy"]


@pytest.mark.parametrize("status", ["FAILED", "TERMINATED", "COMPLETED"])
async def test_an_action_whose_operation_ended_without_a_word_is_due_again(
    world: Any, client: FakeDurableClient, status: str
) -> None:
    await register(world, ended())
    await tend(None, client)
    (instance,) = client.instances.values()
    instance.status = status

    await tend(None, client)

    environment = await environment_of(world)
    assert environment["action"] is None
    assert status.lower() in environment["failure"]["reason"]
    assert client.starts == 1
    assert due(NAME, environment, datetime.now(UTC), RULES) is None
    assert due(NAME, environment, datetime.now(UTC) + timedelta(hours=25), RULES) is not None


async def test_one_under_way_is_left_to_itself(world: Any, client: FakeDurableClient) -> None:
    await register(world, ended())
    await tend(None, client)
    before = await environment_of(world)

    await tend(None, client)

    assert await environment_of(world) == before


async def test_where_nothing_is_due_nothing_is_written(world: Any, client: FakeDurableClient) -> None:
    await register(world, an_environment(None, created_at=ago(days=1)))
    await world.registry.put({"name": "by-hand"})
    before = dict(world.blob.blobs)

    await tend(None, client)

    assert world.blob.blobs == before
    assert client.starts == 0


async def test_a_document_that_cannot_be_read_keeps_no_other_waiting(
    world: Any, client: FakeDurableClient, caplog: pytest.LogCaptureFixture
) -> None:
    broken = an_environment(
        None, created_at=ago(days=1), working_hours={**HOURS, "time_zone": "Nowhere/At_All"}
    )
    await register(world, broken, "a-broken-one")
    await register(world, ended())

    with caplog.at_level(logging.ERROR):
        await tend(None, client)

    assert client.starts == 1
    assert "a-broken-one" in caplog.text


async def test_each_service_s_environments_are_tended(world: Any, client: FakeDurableClient) -> None:
    for name in ("billing", "orders"):
        await register(world, ended(), name)

    await tend(None, client)

    assert sorted(instance.request["service"] for instance in client.instances.values()) == [
        "billing",
        "orders",
    ]
