"""The timer that pulls work items: every revision it sees is told once, whatever fails on the way."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from functions.delivery import pulling_work_items
from functions.delivery.pulling_work_items import MARK, pull
from shared.clients.azure_devops import AzureDevOpsClient, azure_devops_client
from shared.errors import VendorUnavailable
from tests.fakes.azure_devops import TOKEN, URL, FakeAzureDevOps
from tests.fakes.vendor import Work, body_of, status


@pytest.fixture
def organisation() -> FakeAzureDevOps:
    return FakeAzureDevOps()


@pytest.fixture(autouse=True)
async def boards(world: Any, organisation: FakeAzureDevOps) -> AsyncIterator[AzureDevOpsClient]:
    made = azure_devops_client(URL, TOKEN, transport=organisation.transport)
    world.azure_devops = made
    await register(world, "cart", "Payments")
    yield made
    await made.aclose()


async def register(world: Any, name: str, project: str) -> None:
    await world.registry.put({"name": name, "azure_devops": {"project": project, "repository": name}})


def told(world: Any) -> list[tuple[str, int]]:
    return [(one.data["work_item_id"], one.data["revision"]) for one in world.publisher.events]


async def test_what_changed_is_told_with_its_service(world: Any, organisation: FakeAzureDevOps) -> None:
    made = organisation.boards.add("Bug", "")
    organisation.boards.change(made, AreaPath="Payments\\cart", State="Active")

    assert await pull() == {"Payments": {"read": 1, "told": 1}}

    (event,) = world.publisher.events
    assert (event.type, event.subject) == ("work_item.changed", "azure_devops:1")
    assert (event.data["service"], event.data["category"], event.data["planned"]) == (
        "cart",
        "in_progress",
        False,
    )
    assert event.time.isoformat().replace("+00:00", "Z") == event.data["changed_at"]


async def test_a_revision_read_again_is_the_same_event_and_a_new_one_another(
    world: Any, organisation: FakeAzureDevOps
) -> None:
    made = organisation.boards.add("Task", "")
    await pull()
    await pull()
    assert len({event.id for event in world.publisher.events}) == 1

    organisation.boards.change(made, Title="another")
    await pull()
    assert len({event.id for event in world.publisher.events}) == 2


async def test_what_was_read_long_ago_is_not_read_again(world: Any, organisation: FakeAzureDevOps) -> None:
    organisation.boards.add("Task", "")
    organisation.boards.now += timedelta(hours=1)
    await pull()

    assert await pull() == {"Payments": {"read": 0, "told": 0}}


async def test_more_than_one_run_reads_are_read_by_the_next_even_when_all_changed_at_once(
    world: Any, organisation: FakeAzureDevOps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling_work_items, "MOST", 250)
    for _ in range(601):
        organisation.boards.add("Task", "")

    assert [(await pull())["Payments"]["read"] for _ in range(3)] == [250, 250, 101]
    assert sorted(told(world)) == sorted((f"azure_devops:{number}", 1) for number in range(1, 602))


async def test_a_run_that_ended_in_the_middle_goes_on_where_it_was(
    world: Any, organisation: FakeAzureDevOps
) -> None:
    for _ in range(201):
        organisation.boards.add("Task", "")
    ids: list[int] = []

    def seen_then_away(request: httpx.Request, work: Work) -> httpx.Response:
        ids.append(len(body_of(request)["ids"]))
        return work() if ids[-1] == 200 else status(403)(request, work)

    organisation.fail("POST", "workitemsbatch", seen_then_away, seen_then_away)
    assert await pull() == {}
    assert len(world.publisher.events) == 200

    await pull()
    assert ids == [200, 1]
    assert len({event.id for event in world.publisher.events}) == 201


async def test_events_that_cannot_be_sent_are_sent_by_the_next_run(
    world: Any, organisation: FakeAzureDevOps
) -> None:
    organisation.boards.add("Task", "")
    world.publisher.away = True
    with pytest.raises(VendorUnavailable):
        await pull()

    world.publisher.away = False
    await pull()
    assert told(world) == [("azure_devops:1", 1)]


async def test_a_project_that_does_not_answer_keeps_no_other_one_waiting(
    world: Any, organisation: FakeAzureDevOps
) -> None:
    await register(world, "ledger", "Bank")
    organisation.boards.add("Task", "")

    assert list(await pull()) == ["Payments"]
    assert list(json.loads(world.blob.blobs[MARK])) == ["Payments"]


async def test_a_state_of_the_project_s_own_means_what_the_project_says(
    world: Any, organisation: FakeAzureDevOps
) -> None:
    organisation.boards.change(organisation.boards.add("Task", ""), State="Odd")
    await pull()

    assert world.publisher.events[0].data["category"] == "completed"


async def test_nothing_is_pulled_where_that_is_switched_off(world: Any) -> None:
    from shared.settings import load
    from tests.fakes.services import _EXAMPLE

    values = json.loads(_EXAMPLE.read_text())["Values"]
    world.settings = load({**values, "WORK_ITEMS_DAYS": "0"})

    assert await pull() == {}
    assert MARK not in world.blob.blobs
