"""Work items are made once per key, whatever happens to answers; what people write there stays theirs."""

import pytest

from shared.clients.azure_devops import AzureDevOpsClient, WorkItemDraft
from shared.errors import VendorRefused
from tests.fakes.azure_devops import URL, FakeAzureDevOps
from tests.fakes.vendor import Fault, every_fault, retry_later, status

DRAFT: WorkItemDraft = {
    "type": "Bug",
    "title": "Fix the memory leak of <cart>",
    "description": ["A restart only delays it.", "<script>alert(1)</script>"],
    "links": [("Postmortem", "https://app.example/api/operations/incident-1/postmortem?a=1&b=2")],
}
KEY = "3fa9c1d2-fix_leak"


async def test_a_work_item_is_made_with_its_tag_and_links(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    made = await client.boards.ensure("Payments", KEY, DRAFT)

    assert made == {
        "work_item_id": 1,
        "url": f"{URL}/Payments/_workitems/edit/1",
        "outcome": "created",
    }
    fields = fake.boards.items[1]["fields"]
    assert fields["System.Title"] == "Fix the memory leak of <cart>"
    assert fields["System.Tags"] == f"valueflow; valueflow:{KEY}"
    assert fields["System.WorkItemType"] == "Bug"
    assert fields["Microsoft.VSTS.TCM.ReproSteps"] == fields["System.Description"]
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>" in fields["System.Description"]
    assert fake.boards.items[1]["relations"][0]["url"] == DRAFT["links"][0][1]


async def test_asking_twice_gives_the_same_item(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    first = await client.boards.ensure("Payments", KEY, DRAFT)
    again = await client.boards.ensure("Payments", KEY, DRAFT)

    assert again == {**first, "outcome": "adopted"}
    assert len(fake.boards.items) == 1


@every_fault
async def test_one_is_made_whatever_happens_to_the_answer(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, fault: Fault
) -> None:
    fake.fail("POST", "workitems", fault)

    made = await retry_later(lambda: client.boards.ensure("Payments", KEY, DRAFT))

    assert made["work_item_id"] == 1
    assert len(fake.boards.items) == 1


async def test_somebody_s_item_with_another_tag_is_not_taken_for_ours(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.boards.add("Bug", f"valueflow; valueflow:{KEY}2; {KEY}")

    assert (await client.boards.ensure("Payments", KEY, DRAFT))["outcome"] == "created"


async def test_a_process_without_bugs_gets_a_task(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    fake.boards.types = {"Task", "Issue"}

    await client.boards.ensure("Payments", KEY, DRAFT)

    (made,) = fake.boards.items.values()
    assert made["fields"]["System.WorkItemType"] == "Task"
    assert "Microsoft.VSTS.TCM.ReproSteps" not in made["fields"]


async def test_a_refusal_is_told(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    fake.fail("POST", "workitems", status(403), status(403))

    with pytest.raises(VendorRefused):
        await client.boards.ensure("Payments", KEY, DRAFT)
    assert fake.boards.items == {}


@pytest.mark.parametrize("key", ["", "x' OR 1=1", "a;b", "a,b", "a b"])
async def test_a_key_that_is_more_than_a_key_is_refused(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, key: str
) -> None:
    with pytest.raises(VendorRefused):
        await client.boards.ensure("Payments", key, DRAFT)
    assert fake.requests == []
