"""What pipelines use: service connections and environments. Every project has those of three environments."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import PERSON, listed
from sandbox.vendors.azure_devops.projects import BASE, Projects, number
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.framework import Operation, reply
from sandbox.vendors.store import Collection, Document

ENVIRONMENTS = ("development", "preview", "production")


class Resources:
    """A resource is a document {"type": "endpoint"|"environment", "id": a text, "name", "project_id"}."""

    def __init__(
        self, projects: Projects, collection: Callable[[str], Collection], counters: Collection
    ) -> None:
        self._projects, self._counters = projects, counters
        self._kept = {"endpoint": collection("endpoint"), "environment": collection("environment")}

    def operations(self) -> Sequence[Operation]:
        endpoints, environments = (
            f"{BASE}/serviceendpoint/endpoints",
            f"{BASE}/distributedtask/environments",
        )
        return [
            Operation("list_endpoints", "GET", endpoints, self._list_endpoints),
            Operation("list_environments", "GET", environments, self._list_environments),
        ]

    def equip(self, project: Document) -> None:
        """Give the project what it lacks."""
        for name in ENVIRONMENTS:
            if self.find(project["id"], "endpoint", f"azure-{name}") is None:
                self._add(project, "endpoint", f"azure-{name}", str(uuid.uuid4()))
            if self.find(project["id"], "environment", name) is None:
                self._add(project, "environment", name, str(self._counters.next_number("environment", 1)))

    def find(self, project_id: str, kind: str, name: str) -> Document | None:
        found = self._of(project_id, kind)
        return next((one for one in found if one["name"].casefold() == name.casefold()), None)

    def get(self, project_id: str, kind: str, resource_id: str) -> Document | None:
        found = self._of(project_id, kind) if kind in self._kept else []
        return next((one for one in found if one["id"] == resource_id.lower()), None)

    def of_environment(self, project_id: str, environment: str) -> list[Document]:
        """What a run that deploys to this environment uses."""
        names = (("endpoint", f"azure-{environment}"), ("environment", environment))
        found = [self.find(project_id, kind, name) for kind, name in names]
        return [one for one in found if one]

    def _of(self, project_id: str, kind: str) -> list[Document]:
        return [one for one in self._kept[kind].all() if one["project_id"] == project_id]

    def _add(self, project: Document, kind: str, name: str, resource_id: str) -> None:
        made = {
            "type": kind,
            "id": resource_id,
            "name": name,
            "project_id": project["id"],
            "made_ms": now_ms(),
        }
        self._kept[kind].put(f"{project['id']}/{resource_id}", made)

    async def _list_endpoints(self, request: web.Request) -> web.Response:
        """endpointNames: their names with commas between them; all where it is missing."""
        project = self._projects.of(request)
        names = request.query.get("endpointNames", "").casefold()
        found = self._of(project["id"], "endpoint")
        if names:
            found = [one for one in found if one["name"].casefold() in names.split(",")]
        return listed([self._endpoint(request, project, one) for one in found])

    async def _list_environments(self, request: web.Request) -> web.Response:
        """name: the one of this name; all where it is missing."""
        project, name = self._projects.of(request), request.query.get("name", "").casefold()
        found = [
            one for one in self._of(project["id"], "environment") if name in {"", one["name"].casefold()}
        ]
        top = number(request, "$top", 1000)
        return reply(
            {"count": len(found[:top]), "value": [_environment(project, one) for one in found[:top]]}
        )

    def _endpoint(self, request: web.Request, project: Document, endpoint: Document) -> dict[str, Any]:
        """ServiceEndpoint."""
        reference = self._projects.reference(project, request.match_info["organization"])
        shared = {
            "projectReference": {"id": project["id"], "name": reference["name"]},
            "name": endpoint["name"],
        }
        return {
            "id": endpoint["id"],
            "name": endpoint["name"],
            "type": "azurerm",
            "url": "https://management.azure.com/",
            "description": "",
            "authorization": {"scheme": "WorkloadIdentityFederation", "parameters": {}},
            "data": {},
            "createdBy": PERSON,
            "isShared": False,
            "isReady": True,
            "owner": "library",
            "serviceEndpointProjectReferences": [shared],
        }


def _environment(project: Document, environment: Document) -> dict[str, Any]:
    """EnvironmentInstance."""
    return {
        "id": int(environment["id"]),
        "name": environment["name"],
        "description": "",
        "createdBy": PERSON,
        "createdOn": iso(environment["made_ms"]),
        "lastModifiedBy": PERSON,
        "lastModifiedOn": iso(environment["made_ms"]),
        "resources": [],
        "project": {"id": project["id"], "name": project["name"]},
    }
