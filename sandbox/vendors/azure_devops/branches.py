"""Branches: listed, made, moved and deleted, each only from where the caller believes it to be."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import PERSON, listed, unreadable
from sandbox.vendors.azure_devops.contents import NO_COMMIT, Contents
from sandbox.vendors.azure_devops.repositories import ONE, Repositories
from sandbox.vendors.framework import Operation, json_body, note
from sandbox.vendors.store import Document


class Branches:
    """protected: whether policies keep a branch (of a repository's id, by name) from being changed directly."""

    def __init__(
        self, repositories: Repositories, contents: Contents, protected: Callable[[str, str], bool]
    ) -> None:
        self._repositories, self._contents, self._protected = repositories, contents, protected

    def operations(self) -> Sequence[Operation]:
        return [
            Operation("list_refs", "GET", f"{ONE}/refs", self._list),
            Operation("update_refs", "POST", f"{ONE}/refs", self._update),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        """filter: what names begin with, after "refs/"."""
        project, repository = self._repositories.opened(request)
        start = f"refs/{request.query.get('filter', '')}"
        url = self._repositories.shown(request, project, repository)["url"]
        return listed(
            [
                {
                    "name": name,
                    "objectId": commit_id,
                    "creator": PERSON,
                    "url": f"{url}/refs?filter={name[5:]}",
                }
                for name, commit_id in self._contents.refs(repository["id"]).items()
                if name.startswith(start)
            ]
        )

    async def _update(self, request: web.Request) -> web.Response:
        """[{"name", "oldObjectId", "newObjectId"}] -> for each whether it was done; 200 also where none was."""
        _, repository = self._repositories.opened(request)
        body = await json_body(request, unreadable)
        if not isinstance(body, list) or not all(_is_update(one) for one in body):
            raise unreadable("refUpdates with name, oldObjectId and newObjectId are expected")
        return listed([self._update_one(request, repository, one) for one in body])

    def _update_one(
        self, request: web.Request, repository: Document, update: Mapping[str, str]
    ) -> dict[str, Any]:
        status = self._try(repository, update)
        note(request, ref=update["name"], status=status)
        return {
            "repositoryId": repository["id"],
            "name": update["name"],
            "oldObjectId": update["oldObjectId"],
            "newObjectId": update["newObjectId"],
            "isLocked": False,
            "updateStatus": status,
            "success": status.startswith("succeeded"),
        }

    def _try(self, repository: Document, update: Mapping[str, str]) -> str:
        """Do it. Returns: a GitRefUpdateStatus."""
        name, new = update["name"], update["newObjectId"].lower()
        old = self._contents.head(repository["id"], name)
        if old is None and new == NO_COMMIT:
            return "succeededNonExistentRef"
        if (old or NO_COMMIT) != update["oldObjectId"].lower():
            return "staleOldObjectId"
        if old and self._protected(repository["id"], name):
            return "rejectedByPolicy"
        if new != NO_COMMIT and self._contents.commit(repository["id"], new) is None:
            return "unresolvableToCommit"
        self._contents.point(repository["id"], name, new)
        if new == NO_COMMIT:
            self._repositories.emptied(repository, name)
        else:
            self._repositories.filled(repository, name)
        return "succeeded"


def _is_update(one: object) -> bool:
    if not isinstance(one, dict) or not str(one.get("name", "")).startswith("refs/"):
        return False
    return all(isinstance(one.get(field), str) for field in ("oldObjectId", "newObjectId"))
