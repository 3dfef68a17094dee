"""Pull requests that were merged, and commits, as the vendor shows them.

Vendor's pages: https://docs.github.com/rest/pulls/pulls and https://docs.github.com/rest/commits/commits#compare-two-commits
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from shared.clients.github.connection import PER_PAGE, Connection, Listed, repository_path
from shared.clients.github.deployments import MOST_PAGES
from shared.clients.github.listing import Read, Shown, is_before, moment, number, read_until
from shared.clients.http import segment

MOST_OF_PULL_REQUEST = 250
"""Commits GitHub lists of a pull request."""
_PAGES_BACK = 3
_CLOSED = {"state": "closed", "sort": "updated", "direction": "desc"}


class Changes:
    """`client.changes`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def merged_since(self, repository: str, since: datetime) -> Read[Shown]:
        """Pull requests that were merged since then."""
        pages = self._connection.pages(
            "pull_requests",
            repository_path(repository, "pulls"),
            params=_CLOSED,
            most=MOST_PAGES,
        )
        listed, is_whole = await read_until(
            pages, MOST_PAGES, lambda one: is_before(one, "updated_at", since)
        )
        merged = [one for one in listed if (at := moment(one, "merged_at")) and at >= since]
        return Read(list(reversed(merged)), None, is_whole)

    async def merged_as(self, repository: str, commits: Collection[str], since: datetime) -> Listed:
        """Pull requests merged since then that became one of these commits, out of the last that changed."""
        path = repository_path(repository, "pulls")
        pages = self._connection.pages("merged_as", path, params=_CLOSED, most=_PAGES_BACK)
        listed, _ = await read_until(pages, _PAGES_BACK, lambda one: is_before(one, "updated_at", since))
        return [
            one
            for one in listed
            if one.get("merged_at") and one.get("merge_commit_sha") in commits and number(one, "number")
        ]

    async def commits_of(self, repository: str, pull_request: int) -> tuple[Listed, int]:
        """The commits of a pull request, MOST_OF_PULL_REQUEST at most, and how many it has."""
        path = repository_path(repository, f"pulls/{int(pull_request)}")
        pages = self._connection.pages(
            "commits_of", f"{path}/commits", params={}, most=MOST_OF_PULL_REQUEST // PER_PAGE + 1
        )
        found = [one async for page in pages for one in page]
        if len(found) < MOST_OF_PULL_REQUEST:
            return found, len(found)
        count = await self._connection.get("pull_request", path, parse=lambda body: number(body, "commits"))
        return found, max(count, len(found))

    async def commits_between(self, repository: str, base: str, head: str, most: int) -> Listed:
        """The commits that `head` has and `base` has not, oldest first, `most` of them; [] where it has none."""
        path = repository_path(repository, f"compare/{segment(base)}...{segment(head)}")
        pages = self._connection.pages(
            "commits_between", path, params={}, most=-(-most // PER_PAGE), name="commits"
        )
        return [one async for page in pages for one in page][:most]
