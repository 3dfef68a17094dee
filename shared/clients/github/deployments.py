"""Deployments with their statuses, as the vendor shows them.

Vendor's pages: https://docs.github.com/rest/deployments/deployments and .../deployments/statuses
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from shared.clients.github.connection import Connection, Listed, repository_path
from shared.clients.github.listing import Read, Shown, first_changed, is_before, number, read_until

LOOK_BACK = timedelta(days=2)
"""How long before a mark something may have begun that changed after it: lists are in the order of beginning."""
MOST_PAGES = 10
MOST_ASKED = 50
"""Deployments whose statuses one look asks for: each is a request."""
_PAGES_BACK, _CANDIDATES, _STATUS_PAGES = 5, 25, 2


class GivenStatus(NamedTuple):
    """A status, and the deployment it was given."""

    deployment: Shown
    status: Shown


class Deployments:
    """`client.deployments`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def statuses_since(self, repository: str, since: datetime) -> Read[GivenStatus]:
        """Statuses given since then to deployments that began at most LOOK_BACK before.

        A deployment's `updated_at` moves with each of its statuses, so that others are not asked.
        """
        pages = self._connection.pages(
            "deployments", repository_path(repository, "deployments"), params={}, most=MOST_PAGES
        )
        began = since - LOOK_BACK
        listed, is_whole = await read_until(
            pages, MOST_PAGES, lambda one: is_before(one, "created_at", began)
        )
        changed, upto = first_changed(listed, since, MOST_ASKED)
        found = [
            GivenStatus(deployment, status)
            for deployment in changed
            for status in reversed(await self._statuses(repository, number(deployment)))
            if not is_before(status, "created_at", since)
        ]
        return Read(found, upto, is_whole)

    async def previous_commit(self, repository: str, environment: str, deployment_id: int) -> str | None:
        """The commit of the newest deployment before it to this environment that succeeded; None: there is none."""
        path, asked = repository_path(repository, "deployments"), 0
        pages = self._connection.pages(
            "previous_deployment", path, params={"environment": environment}, most=_PAGES_BACK
        )
        async for page in pages:
            for one in (each for each in page if 0 < number(each) < deployment_id):
                asked += 1
                if asked > _CANDIDATES:
                    return None
                statuses = await self._statuses(repository, number(one))
                if any(status.get("state") == "success" for status in statuses):
                    return str(one.get("sha") or "") or None
        return None

    async def _statuses(self, repository: str, deployment_id: int) -> Listed:
        """Newest first."""
        path = repository_path(repository, f"deployments/{deployment_id}/statuses")
        pages = self._connection.pages("deployment_statuses", path, params={}, most=_STATUS_PAGES)
        return [one async for page in pages for one in page]
