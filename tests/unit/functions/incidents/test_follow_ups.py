"""follow_up_incident is started once per incident, with a policy of its own."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.incidents.follow_ups import start_follow_up
from shared import services
from shared.domain.incident.follow_ups import suggest
from tests.fakes.durable import FakeDurableClient
from tests.fakes.follow_ups import INCIDENT, OPERATION, POSTMORTEM, STORY
from tests.fakes.services import fake_services

PAYLOAD = {
    "key": f"{OPERATION}/start_follow_up",
    "plan": suggest("en", STORY),
    "incident": INCIDENT,
    "service": "checkout",
    "language": "en",
    "postmortem_url": POSTMORTEM,
}
ID = f"follow-up-{OPERATION}"


@pytest.fixture(autouse=True)
def own_services() -> Iterator[None]:
    services.use(fake_services())
    yield
    services.use(None)


async def start(client: Any) -> dict[str, Any]:
    handler = start_follow_up._function.get_user_function()
    while hasattr(handler, "client_function"):
        handler = handler.client_function
    outcome: dict[str, Any] = await handler(PAYLOAD, client)
    return outcome


async def test_it_is_started_once_however_often_it_is_asked_for() -> None:
    client = FakeDurableClient()

    outcomes = [await start(client) for _ in range(2)]

    assert [outcome["value"] for outcome in outcomes] == [
        {"operation_id": ID, "result": "created"},
        {"operation_id": ID, "result": "adopted"},
    ]
    assert client.starts == 1
    assert client.instances[ID].name == "follow_up_incident"


async def test_two_that_start_at_once_start_one() -> None:
    client = FakeDurableClient()
    await start(client)
    client.unseen.add(ID)

    assert (await start(client))["value"]["result"] == "adopted"


async def test_one_that_ended_is_not_started_again() -> None:
    client = FakeDurableClient()
    await start(client)
    client.instances[ID].status = "COMPLETED"

    assert (await start(client))["value"]["result"] == "adopted"
    assert client.starts == 1


async def test_people_have_days_to_decide() -> None:
    client = FakeDurableClient()
    await start(client)

    request = client.instances[ID].request
    assert request["policy"]["follow_up_timeout_s"] == 5 * 86_400
    assert request["policy"]["retry_for_s"] > 0
    assert request["plan"] == PAYLOAD["plan"]
    assert request["public_url"] == "http://localhost:7071"


async def test_a_durable_backend_that_is_away_is_asked_again() -> None:
    import grpc

    class Away(FakeDurableClient):
        async def schedule_new_orchestration(self, name: str, **asked: Any) -> str:
            class Unavailable(grpc.RpcError):
                def code(self) -> grpc.StatusCode:
                    return grpc.StatusCode.UNAVAILABLE

            raise Unavailable

    outcome = await start(Away())

    assert outcome["status"] == "unavailable"
