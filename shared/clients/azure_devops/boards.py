"""Work items of Azure Boards: made once per key. What changed among all of them is read by `changed`.

Vendor's pages: https://learn.microsoft.com/rest/api/azure/devops/wit/work-items and .../wit/wiql
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any, TypedDict

from shared.clients.azure_devops.changed_work_items import ChangedWorkItems
from shared.clients.azure_devops.connection import Connection, area
from shared.clients.http import segment
from shared.clients.idempotency import Result, find_or_create
from shared.errors import VendorRefused

TASK = "Task"
"""Every process knows it."""
TAG = "valueflow"
_PATCH = {"Content-Type": "application/json-patch+json"}
_BUG = "Bug"
_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")


class WorkItemDraft(TypedDict):
    """title: up to 255 characters. description: lines of text, no markup. links: (words, address)."""

    type: str
    title: str
    description: Sequence[str]
    links: Sequence[tuple[str, str]]


class WorkItem(TypedDict):
    """url: for people. outcome: "adopted" when it was there."""

    work_item_id: int
    url: str
    outcome: Result


class Boards:
    """`client.boards`."""

    def __init__(self, connection: Connection) -> None:
        self._call, self._connection = connection.call, connection
        self.changed = ChangedWorkItems(connection)

    async def ensure(self, project: str, key: str, draft: WorkItemDraft) -> WorkItem:
        """Have one work item per key, however often we are called; it bears the tag `valueflow:<key>`.

        key: up to 80 letters, digits, "_" and "-". A project whose process lacks the type gets a Task instead.
        """
        operation = "ensure_work_item"
        if not _KEY.fullmatch(key):
            raise self._connection.refused(operation, "a key has letters, digits, '_' and '-' only")
        try:
            return await self._ensure(operation, project, key, draft)
        except VendorRefused:
            if draft["type"] == TASK:
                raise
            return await self._ensure(operation, project, key, {**draft, "type": TASK})

    async def _ensure(self, operation: str, project: str, key: str, draft: WorkItemDraft) -> WorkItem:
        path = area(project, f"wit/workitems/${segment(draft['type'])}")

        async def write() -> int:
            return await self._call(
                operation,
                "POST",
                path,
                json=_patch(key, draft),
                headers=_PATCH,
                parse=lambda body: int(body["id"]),
            )

        made, outcome = await find_or_create(lambda: self._tagged(operation, project, key), write)
        url = f"{self._connection.url}/{segment(project)}/_workitems/edit/{made}"
        return {"work_item_id": made, "url": url, "outcome": outcome}

    async def _tagged(self, operation: str, project: str, key: str) -> int | None:
        """The first work item of this key's tag, whatever its state."""
        query = (
            "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project "  # noqa: S608 - a checked key
            f"AND [System.Tags] CONTAINS '{TAG}:{key}' ORDER BY [System.Id]"
        )
        found = await self._call(
            operation,
            "POST",
            area(project, "wit/wiql"),
            params={"$top": 1},
            json={"query": query},
            writes=False,
            parse=lambda body: [int(one["id"]) for one in body["workItems"]],
        )
        return found[0] if found else None


def _patch(key: str, draft: WorkItemDraft) -> list[dict[str, Any]]:
    """JSON Patch of the new work item. A Bug is described by how to see it again, as Azure Boards shows it."""
    paragraphs = [f"<p>{escape(line)}</p>" for line in draft["description"]]
    named = [f'<p><a href="{escape(url)}">{escape(words)}</a></p>' for words, url in draft["links"]]
    html = "".join([*paragraphs, *named])
    fields = {
        "System.Title": draft["title"],
        "System.Description": html,
        "System.Tags": f"{TAG}; {TAG}:{key}",
    }
    if draft["type"] == _BUG:
        fields["Microsoft.VSTS.TCM.ReproSteps"] = html
    added = [{"op": "add", "path": f"/fields/{name}", "value": value} for name, value in fields.items()]
    linked = [
        {
            "op": "add",
            "path": "/relations/-",
            "value": {"rel": "Hyperlink", "url": url, "attributes": {"comment": words}},
        }
        for words, url in draft["links"]
    ]
    return [*added, *linked]
