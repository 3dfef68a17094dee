"""What is in a repository: branches, commits, files.

Vendor's pages: https://learn.microsoft.com/rest/api/azure/devops/git (refs, commits, items)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from shared.clients.absence import unless_absent
from shared.clients.azure_devops.connection import NO_COMMIT, Connection, area
from shared.clients.http import Params, segment
from shared.clients.idempotency import marker, retrying

DEFAULT_BRANCH = "main"
_BRANCHES = "refs/heads/"


class Commit(TypedDict):
    """url: of its page. is_first: nothing comes before it."""

    commit: str
    message: str
    url: str
    is_first: bool


class Contents:
    """The reading half of `client.repositories`, and the deletion of a branch."""

    def __init__(self, connection: Connection) -> None:
        self._call, self._refused = connection.call, connection.refused

    async def head(self, project: str, repository_id: str, branch: str = DEFAULT_BRANCH) -> str | None:
        """The id of the branch's newest commit; None where there is no such branch."""
        return await retrying(lambda: self._head("head", project, repository_id, branch))

    async def commit_message(self, project: str, repository_id: str, commit: str) -> str:
        """The whole message of a commit."""
        found = await retrying(lambda: self._commit("commit_message", project, repository_id, commit))
        return found["message"]

    async def is_only_ours(self, project: str, repository_id: str, key: str) -> bool:
        """Whether nobody but `push_first_commit` with this key has put anything there: it can go without loss.

        So it is where the repository is empty, or has one branch of one commit, which bears the key.
        """
        operation = "is_only_ours"

        async def work() -> bool:
            refs = await self._refs(operation, project, repository_id)
            if len(refs) != 1:
                return not refs
            ((name, head),) = refs.items()
            commit = await self._commit(operation, project, repository_id, head)
            return name.startswith(_BRANCHES) and commit["is_first"] and bears(commit, key)

        return await retrying(work)

    async def has_file(
        self, project: str, repository_id: str, path: str, branch: str = DEFAULT_BRANCH
    ) -> bool:
        """Whether the branch has a file (or folder) at this path, such as "/azure-pipelines.yml"."""
        params: Params = {
            "path": f"/{path.lstrip('/')}",
            "versionDescriptor.version": branch,
            "versionDescriptor.versionType": "branch",
            "$format": "json",
        }
        address = repository_path(project, repository_id, "items")

        async def work() -> str | None:
            return await unless_absent(
                self._call("has_file", "GET", address, params=params, parse=lambda body: str(body["path"]))
            )

        return await retrying(work) is not None

    async def delete_branch(self, project: str, repository_id: str, branch: str, commit: str) -> bool:
        """Delete the branch if `commit` is its newest; False where there is no such branch (any more).

        Raises: VendorRefused also where it has moved on, beside what all methods raise.
        """
        operation = "delete_branch"
        update = {"name": _BRANCHES + branch, "oldObjectId": commit, "newObjectId": NO_COMMIT}

        async def work() -> bool:
            head = await self._head(operation, project, repository_id, branch)
            if head is None:
                return False
            if head != commit:
                raise self._refused(operation, "the branch has other commits by now")
            path = repository_path(project, repository_id, "refs")
            status = await self._call(operation, "POST", path, json=[update], parse=_update_status)
            if status and await self._head(operation, project, repository_id, branch) is not None:
                raise self._refused(operation, f"the branch was not deleted ({status})")
            return True

        return await retrying(work)

    async def _head(self, operation: str, project: str, repository_id: str, branch: str) -> str | None:
        """The vendor's filter is a prefix, so "heads/main" finds "heads/main-2" as well."""
        refs = await self._refs(operation, project, repository_id, {"filter": f"heads/{branch}"})
        return refs.get(_BRANCHES + branch)

    async def _refs(
        self, operation: str, project: str, repository_id: str, params: Params | None = None
    ) -> dict[str, str]:
        return await self._call(
            operation,
            "GET",
            repository_path(project, repository_id, "refs"),
            params=params,
            parse=lambda body: {ref["name"]: str(ref["objectId"]) for ref in body["value"]},
        )

    async def _first(self, operation: str, project: str, repository_id: str) -> str | None:
        """The oldest commit of the default branch."""
        params: Params = {"searchCriteria.$top": 1, "searchCriteria.showOldestCommitsFirst": "true"}
        path = repository_path(project, repository_id, "commits")
        return await self._call(operation, "GET", path, params=params, parse=_only_id)

    async def _commit(self, operation: str, project: str, repository_id: str, commit: str) -> Commit:
        path = repository_path(project, repository_id, f"commits/{segment(commit)}")
        return await self._call(operation, "GET", path, parse=_parse_commit)


def bears(commit: Commit, key: str) -> bool:
    """Whether the commit was made with this key."""
    return commit["message"].rstrip().endswith(marker(key))


def repository_path(project: str, repository_id: str, part: str) -> str:
    return area(project, f"git/repositories/{segment(repository_id)}/{part}")


def _only_id(body: Mapping[str, Any]) -> str | None:
    commits = body["value"]
    return str(commits[0]["commitId"]) if commits else None


def _parse_commit(body: Mapping[str, Any]) -> Commit:
    return {
        "commit": body["commitId"],
        "message": body.get("comment") or "",
        "url": body.get("remoteUrl") or body["url"],
        "is_first": not body.get("parents"),
    }


def _update_status(body: Mapping[str, Any]) -> str:
    """Why the one update was not made; "" where it was."""
    (result,) = body["value"]
    return "" if result["success"] else str(result.get("updateStatus") or "rejected")
