"""What came between two runs: the messages of the commits, the paths of the files. Nobody's name is read.

Vendor's pages: https://learn.microsoft.com/rest/api/azure/devops/build/builds/get-changes-between-builds and
https://learn.microsoft.com/rest/api/azure/devops/git/diffs/get
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from shared.clients.absence import unless_absent
from shared.clients.azure_devops.connection import VENDOR, Connection, area
from shared.clients.azure_devops.contents import repository_path
from shared.clients.http import Params
from shared.clients.idempotency import retrying
from shared.errors import VendorUnavailable

_PREVIEW = "7.1-preview.2"
"""The comparison of builds is not released."""
MOST_COMMITS = 25
MOST_FILES = 500


class CommitTitle(TypedDict):
    """title: the first line of the message. at: ISO 8601, "" where nobody knows."""

    commit: str
    title: str
    at: str


class Difference(TypedDict):
    """paths: of files that were added, edited, renamed or deleted. is_whole: False where there are more."""

    paths: list[str]
    is_whole: bool


class Comparing:
    """`client.comparing`."""

    def __init__(self, connection: Connection) -> None:
        self._call = connection.call

    async def commits(
        self, project: str, from_run_id: int, to_run_id: int, most: int = MOST_COMMITS
    ) -> list[CommitTitle]:
        """The commits that the later run has and the earlier one has not, newest first, `most` of them."""
        params: Params = {
            "fromBuildId": int(from_run_id),
            "toBuildId": int(to_run_id),
            "$top": most,
        }
        path = area(project, "build/changes")
        return await retrying(
            lambda: self._call(
                "commits_between", "GET", path, params=params, parse=_commits, version=_PREVIEW
            )
        )

    async def ends_of_pull_request(
        self, project: str, repository_id: str, pull_request: int
    ) -> tuple[str, str] | None:
        """The commits that a pull request would merge into and from; None where it is not there.

        Raises: VendorUnavailable while Azure DevOps has not looked at its branches yet.
        """
        operation = "ends_of_pull_request"
        path = repository_path(project, repository_id, f"pullrequests/{int(pull_request)}")
        ends = await retrying(lambda: unless_absent(self._call(operation, "GET", path, parse=_ends)))
        if ends is None or all(ends):
            return ends
        raise VendorUnavailable(VENDOR, operation, "the pull request's merge is not computed yet")

    async def difference(
        self, project: str, repository_id: str, base: str, target: str, *, since_common: bool = False
    ) -> Difference:
        """The files that differ between two commits, straight from one to the other; at most MOST_FILES.

        since_common: from their nearest common commit instead, as a pull request shows them.
        """
        params: Params = {
            "baseVersion": base,
            "baseVersionType": "commit",
            "targetVersion": target,
            "targetVersionType": "commit",
            "diffCommonCommit": "true" if since_common else "false",
            "$top": MOST_FILES,
        }
        path = repository_path(project, repository_id, "diffs/commits")
        return await retrying(lambda: self._call("difference", "GET", path, params=params, parse=_difference))


def _commits(body: Any) -> list[CommitTitle]:
    listed = body["value"] if isinstance(body, Mapping) else body
    return [
        {
            "commit": one.get("id") or "",
            "title": next(iter((one.get("message") or "").strip().splitlines()), ""),
            "at": one.get("timestamp") or "",
        }
        for one in listed
    ]


def _ends(body: Mapping[str, Any]) -> tuple[str, str]:
    """Nothing of who made it is read."""
    target, source = (body.get(f"lastMerge{end}Commit") or {} for end in ("Target", "Source"))
    return str(target.get("commitId") or ""), str(source.get("commitId") or "")


def _difference(body: Mapping[str, Any]) -> Difference:
    """Folders come along as trees with every file below them."""
    changes = body["changes"]
    paths = [
        str(change["item"]["path"])
        for change in changes
        if change["item"].get("gitObjectType") == "blob" and not change["item"].get("isFolder")
    ]
    whole = body.get("allChangesIncluded")
    return {"paths": paths, "is_whole": len(changes) < MOST_FILES if whole is None else bool(whole)}
