"""The recycle bin of repositories: what lies in it, restored or deleted for good."""

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from sandbox.vendors.azure_devops.answers import PERSON, listed, unreadable
from sandbox.vendors.azure_devops.contents import Contents
from sandbox.vendors.azure_devops.projects import BASE, Projects
from sandbox.vendors.azure_devops.repositories import Repositories, no_repository
from sandbox.vendors.clock import iso
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.store import Document


class RecycleBin:
    """Repositories that were deleted and not purged."""

    def __init__(self, projects: Projects, repositories: Repositories, contents: Contents) -> None:
        self._projects, self._repositories, self._contents = projects, repositories, contents

    def operations(self) -> Sequence[Operation]:
        bin_ = f"{BASE}/git/recycleBin/repositories"
        one = bin_ + "/{repository}"
        return [
            Operation("list_deleted_repositories", "GET", bin_, self._list),
            Operation("restore_repository", "PATCH", one, self._restore),
            Operation("purge_repository", "DELETE", one, self._purge),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        project, organization = self._projects.of(request), request.match_info["organization"]
        return listed(
            [
                {
                    "id": one["id"],
                    "name": one["name"],
                    "project": self._projects.reference(project, organization),
                    "deletedBy": PERSON,
                    "createdDate": iso(one["created_ms"]),
                    "deletedDate": iso(one["deleted_ms"]),
                }
                for one in self._repositories.deleted.all()
                if one["project_id"] == project["id"]
            ]
        )

    async def _restore(self, request: web.Request) -> web.Response:
        project, found = self._of(request)
        body = await object_body(request, unreadable)
        if body.get("deleted") is not False:
            raise unreadable("deleted must be false")
        self._repositories.free_name(project, found["name"])
        restored = {name: value for name, value in found.items() if name != "deleted_ms"}
        self._repositories.deleted.delete(found["id"])
        return reply(self._repositories.shown(request, project, self._repositories.put(restored)))

    async def _purge(self, request: web.Request) -> web.Response:
        _, found = self._of(request)
        note(request, repository_id=found["id"])
        self._repositories.deleted.delete(found["id"])
        self._contents.forget(found["id"])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _of(self, request: web.Request) -> tuple[Document, Document]:
        project, wanted = self._projects.of(request), request.match_info["repository"]
        found = self._repositories.deleted.get(wanted.lower())
        if found is None or found["project_id"] != project["id"]:
            raise no_repository(wanted)
        return project, found
