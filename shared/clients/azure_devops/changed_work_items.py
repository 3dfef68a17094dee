"""Work items of Azure Boards as they stand, for who reads what changed: `client.boards.changed`.

Vendor's pages: https://learn.microsoft.com/rest/api/azure/devops/wit/wiql/query-by-wiql,
.../wit/work-items/get-work-items-batch and .../wit/work-item-types/list
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict

from shared.clients.azure_devops.connection import Connection, area
from shared.clients.idempotency import retrying

BATCH = 200
"""The vendor reads no more work items at once."""


class Found(TypedDict):
    """ids: by date of change, then id. as_of: the moment of the search; what changed later may be missing."""

    ids: list[int]
    as_of: datetime


class WorkItemRead(TypedDict):
    id: int
    revision: int
    fields: dict[str, Any]


class ChangedWorkItems:
    """Reads only. All methods raise VendorUnavailable (try later) and VendorRefused (do not)."""

    def __init__(self, connection: Connection) -> None:
        self._call = connection.call

    async def since(self, project: str, at: datetime, after: int, most: int) -> Found:
        """The first `most` work items of the project changed later than `at`, or at it with an id above `after`."""
        moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        query = (
            "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project "  # noqa: S608 - a time, a number
            f"AND [System.ChangedDate] >= '{moment}' "
            f"AND ([System.ChangedDate] > '{moment}' OR [System.Id] > {after:d}) "
            "ORDER BY [System.ChangedDate], [System.Id]"
        )
        return await retrying(
            lambda: self._call(
                "find_changed_work_items",
                "POST",
                area(project, "wit/wiql"),
                params={"timePrecision": "true", "$top": most},
                json={"query": query},
                writes=False,
                parse=_found,
            )
        )

    async def read(self, project: str, ids: Sequence[int], fields: Sequence[str]) -> list[WorkItemRead]:
        """At most BATCH work items as they are now, with these of their fields; what is gone is left out."""
        if not ids:
            return []
        return await retrying(
            lambda: self._call(
                "read_work_items",
                "POST",
                area(project, "wit/workitemsbatch"),
                json={"ids": list(ids), "fields": list(fields), "errorPolicy": "omit"},
                writes=False,
                parse=lambda body: [
                    {"id": int(one["id"]), "revision": int(one["rev"]), "fields": dict(one["fields"])}
                    for one in body["value"]
                    if one
                ],
            )
        )

    async def states(self, project: str) -> dict[tuple[str, str], str]:
        """The vendor's category ("Proposed", "InProgress", ...) by type and state."""
        return await retrying(
            lambda: self._call(
                "read_work_item_types",
                "GET",
                area(project, "wit/workitemtypes"),
                parse=lambda body: {
                    (str(kind["name"]), str(state["name"])): str(state["category"])
                    for kind in body["value"]
                    for state in kind.get("states") or []
                },
            )
        )


def _found(body: Any) -> Found:
    as_of = datetime.fromisoformat(body["asOf"])
    return {
        "ids": [int(one["id"]) for one in body["workItems"]],
        "as_of": as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC),
    }
