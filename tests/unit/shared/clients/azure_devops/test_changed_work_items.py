"""What changed on a board is found in its order and read in batches, whatever happens to answers."""

from datetime import timedelta

import pytest

from shared.clients.azure_devops import AzureDevOpsClient
from shared.errors import VendorRefused
from tests.fakes.azure_devops import FakeAzureDevOps
from tests.fakes.vendor import Fault, dropped, malformed, no_connection, status, timed_out


async def test_what_changed_later_is_found_in_the_order_of_change(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    first, second, third = (fake.boards.add("Task", "") for _ in range(3))
    before = fake.boards.now
    fake.boards.change(third)
    fake.boards.change(first)

    found = await client.boards.changed.since("Payments", before, second, 10)

    assert found == {"ids": [third, first], "as_of": fake.boards.now}
    assert (await client.boards.changed.since("Payments", before, 0, 2))["ids"] == [second, third]
    assert fake.sent("POST", "wiql")[0].url.params["timePrecision"] == "true"


async def test_what_is_gone_is_left_out_and_only_the_fields_asked_for_are_read(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    made = fake.boards.add("Task", "", title="Write")
    fake.boards.change(made, 5, Title="Write it")

    read = await client.boards.changed.read("Payments", [made, 99], ["System.Title"])

    assert read == [{"id": made, "revision": 2, "fields": {"System.Title": "Write it"}}]


async def test_nothing_to_read_asks_nobody(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    assert await client.boards.changed.read("Payments", [], ["System.Title"]) == []
    assert fake.requests == []


async def test_states_are_told_by_type(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    assert (await client.boards.changed.states("Payments"))["Task", "Odd"] == "Completed"


@pytest.mark.parametrize("fault", [no_connection, dropped, timed_out, malformed, status(503), status(429)])
async def test_reads_are_tried_again(fake: FakeAzureDevOps, client: AzureDevOpsClient, fault: Fault) -> None:
    made = fake.boards.add("Task", "")
    for part in ("wiql", "workitemsbatch"):
        fake.fail("POST", part, fault)
    fake.fail("GET", "workitemtypes", fault)
    changed = client.boards.changed

    assert (await changed.since("Payments", fake.boards.now - timedelta(1), 0, 9))["ids"] == [made]
    assert len(await changed.read("Payments", [made], ["System.Title"])) == 1
    assert await changed.states("Payments")


async def test_a_refusal_is_told(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    fake.fail("POST", "wiql", status(401))

    with pytest.raises(VendorRefused):
        await client.boards.changed.since("Payments", fake.boards.now, 0, 1)
