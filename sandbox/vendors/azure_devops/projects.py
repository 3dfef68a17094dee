"""Projects: what everything else in the organisation lies in."""

import uuid
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import listed, refuse
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.framework import Operation, reply
from sandbox.vendors.store import Collection, Document

BASE = "/{organization}/{project}/_apis"


class Projects:
    """url: of the service, without the organisation."""

    def __init__(self, kept: Collection, url: Callable[[], str]) -> None:
        self._projects, self._url = kept, url

    def operations(self) -> Sequence[Operation]:
        return [
            Operation("list_projects", "GET", "/{organization}/_apis/projects", self._list),
            Operation("get_project", "GET", "/{organization}/_apis/projects/{project}", self._get),
        ]

    def of(self, request: web.Request) -> Document:
        """The project a request's address names, by id or name. Raises: Refusal, 404."""
        wanted = request.match_info["project"]
        if project := self.find(wanted):
            return project
        message = (
            f"TF200016: The following project does not exist: {wanted}. Verify that the name of the project is "
            "correct and that the project exists on the specified Azure DevOps Server."
        )
        raise refuse(HTTPStatus.NOT_FOUND, message, "ProjectDoesNotExistWithNameException")

    def all(self) -> list[Document]:
        return self._projects.all()

    def find(self, wanted: str) -> Document | None:
        return by_id_or_name(self._projects.all(), wanted)

    def ensure(self, name: str, description: str = "") -> Document:
        """The project of this name, made where it is missing."""
        if project := self.find(name):
            return project
        made: Document = {
            "id": str(uuid.uuid4()),
            "name": name,
            "description": description,
            "updated_ms": now_ms(),
        }
        return self._projects.put(made["id"], made)

    def reference(self, project: Document, organization: str) -> dict[str, Any]:
        """TeamProjectReference."""
        return {
            "id": project["id"],
            "name": project["name"],
            "description": project["description"],
            "url": f"{self._url()}/{organization}/_apis/projects/{project['id']}",
            "state": "wellFormed",
            "revision": 11,
            "visibility": "private",
            "lastUpdateTime": iso(project["updated_ms"]),
        }

    async def _list(self, request: web.Request) -> web.Response:
        organization = request.match_info["organization"]
        found = self._projects.all()
        skip, top = number(request, "$skip", 0), number(request, "$top", 100)
        return listed([self.reference(project, organization) for project in found[skip : skip + top]])

    async def _get(self, request: web.Request) -> web.Response:
        return reply(self.reference(self.of(request), request.match_info["organization"]))


def number(request: web.Request, name: str, default: int) -> int:
    """A query parameter; the default where it is missing or no number."""
    value = request.query.get(name, "")
    return int(value) if value.isdecimal() else default


def by_id_or_name(found: Sequence[Document], wanted: str) -> Document | None:
    same = wanted.casefold()
    return next((one for one in found if same in (one["id"], one["name"].casefold())), None)
