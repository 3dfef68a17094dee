"""Work items against the simulated Azure DevOps, under every fault on the write and on the looks around it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.clients.azure_devops import AzureDevOpsClient, WorkItemDraft
from tests.integration.clients.stage import PROJECT, Stage, every_fault_of, until_done

DRAFT: WorkItemDraft = {
    "type": "Bug",
    "title": "Fix the memory leak of cart",
    "description": ["A restart only delays it."],
    "links": [("Postmortem", "https://app.example/api/operations/incident-1/postmortem")],
}
pytestmark = pytest.mark.usefixtures("no_pauses")


@every_fault_of("create_work_item", "query_work_items")
async def test_one_work_item(
    azure_devops: Stage, devops: AzureDevOpsClient, operation: str, fault: dict[str, Any]
) -> None:
    async def ensure() -> int:
        return (await devops.boards.ensure(PROJECT, "k-1", DRAFT))["work_item_id"]

    azure_devops.break_next(operation, fault)
    made = await until_done(azure_devops, ensure)

    assert await ensure() == made
    (item,) = azure_devops.documents("work_item")
    assert item["fields"]["System.WorkItemType"] == "Bug"
    assert item["relations"][0]["url"] == DRAFT["links"][0][1]
    assert "valueflow:k-1" in item["fields"]["System.Tags"]


@every_fault_of("query_work_items", "read_work_items", "list_work_item_types")
async def test_what_changed_is_read(
    azure_devops: Stage, devops: AzureDevOpsClient, operation: str, fault: dict[str, Any]
) -> None:
    made = (await devops.boards.ensure(PROJECT, "k-1", DRAFT))["work_item_id"]
    changed, long_ago = devops.boards.changed, datetime(2020, 1, 1, tzinfo=UTC)

    async def read() -> tuple[list[int], list[int], str]:
        found = (await changed.since(PROJECT, long_ago, 0, 10))["ids"]
        states = await changed.states(PROJECT)
        read = await changed.read(PROJECT, found, ["System.State"])
        return found, [one["revision"] for one in read], states["Bug", read[0]["fields"]["System.State"]]

    azure_devops.break_next(operation, fault)
    assert await until_done(azure_devops, read) == ([made], [1], "Proposed")
