"""Repositories: found, made, put away. What is in them is read in `contents`, begun in `pushes`.

Vendor's pages: https://learn.microsoft.com/rest/api/azure/devops/git/repositories
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from shared.clients.absence import unless_absent
from shared.clients.azure_devops.connection import area
from shared.clients.azure_devops.pushes import FirstCommits
from shared.clients.http import nothing, segment
from shared.clients.idempotency import find_or_create, retrying


class Repository(TypedDict):
    """One Git repository. url: of its page. default_branch: "refs/heads/main"; None while it is empty."""

    repository_id: str
    name: str
    url: str
    remote_url: str
    default_branch: str | None
    is_disabled: bool


class Repositories(FirstCommits):
    """`client.repositories`."""

    async def find(self, project: str, name: str) -> Repository | None:
        """The project's repository of this name, in any case, disabled ones too; None where there is none."""
        return await retrying(lambda: self._named("find_repository", project, name))

    async def create(self, project: str, name: str) -> Repository:
        """The repository of this name, made where it is missing; it does not say which of the two.

        Who must know looks with `find` before the first call of this.
        """
        operation = "create_repository"

        async def write() -> Repository:
            path, body = area(project, "git/repositories"), {"name": name}
            return await self._call(operation, "POST", path, json=body, parse=_parse)

        repository, _ = await find_or_create(lambda: self._named(operation, project, name), write)
        return repository

    async def delete(self, project: str, repository_id: str) -> bool:
        """Move it to the recycle bin, from where people can restore it; False where it is not there (any more)."""
        path = area(project, f"git/repositories/{segment(repository_id)}")
        return await self._delete("delete_repository", path)

    async def purge(self, project: str, repository_id: str) -> bool:
        """Delete it from the recycle bin, for good; False where it is not there (any more)."""
        path = area(project, f"git/recycleBin/repositories/{segment(repository_id)}")
        return await self._delete("purge_repository", path)

    async def deleted_since(self, project: str, name: str, since: datetime) -> list[str]:
        """Ids of the recycle bin's repositories of this name that were made since then.

        What an interrupted deletion left there; older ones are other people's.
        """

        def read(body: Mapping[str, Any]) -> list[str]:
            named = [one for one in body["value"] if one["name"].casefold() == name.casefold()]
            return [one["id"].lower() for one in named if datetime.fromisoformat(one["createdDate"]) >= since]

        path = area(project, "git/recycleBin/repositories")
        return await retrying(lambda: self._call("deleted_repositories", "GET", path, parse=read))

    async def archive(self, project: str, repository_id: str, new_name: str) -> Repository:
        """Rename and disable it: kept whole, to be enabled again by its people, closed until then.

        Raises: VendorRefused (status 404 where it is gone), beside what all methods raise.
        """
        operation = "archive_repository"
        path = area(project, f"git/repositories/{segment(repository_id)}")

        async def work() -> Repository:
            listed = await self._listed(operation, project)
            found = [one for one in listed if one["repository_id"] == repository_id.lower()]
            if not found:
                raise self._refused(operation, "the repository is not there", 404)
            repository = found[0]
            if repository["name"] != new_name:
                body: dict[str, Any] = {"name": new_name}
                repository = await self._call(operation, "PATCH", path, json=body, parse=_parse)
            if not repository["is_disabled"]:
                body = {"isDisabled": True}
                repository = await self._call(operation, "PATCH", path, json=body, parse=_parse)
            return repository

        return await retrying(work)

    async def _named(self, operation: str, project: str, name: str) -> Repository | None:
        """Out of the list: a disabled repository does not answer for itself."""
        listed = await self._listed(operation, project)
        return next((one for one in listed if one["name"].casefold() == name.casefold()), None)

    async def _listed(self, operation: str, project: str) -> list[Repository]:
        return await self._call(
            operation,
            "GET",
            area(project, "git/repositories"),
            parse=lambda body: [_parse(one) for one in body["value"]],
        )

    async def _delete(self, operation: str, path: str) -> bool:
        async def gone() -> bool:
            await self._call(operation, "DELETE", path, parse=nothing)
            return True

        return await retrying(lambda: unless_absent(gone())) or False


def _parse(body: Mapping[str, Any]) -> Repository:
    return {
        "repository_id": body["id"].lower(),
        "name": body["name"],
        "url": body.get("webUrl") or body["remoteUrl"],
        "remote_url": body["remoteUrl"],
        "default_branch": body.get("defaultBranch"),
        "is_disabled": bool(body.get("isDisabled")),
    }
