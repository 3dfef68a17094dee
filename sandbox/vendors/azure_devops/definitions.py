"""Build definitions: the same pipelines, as the older API shows them; the way to delete one."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import PERSON, listed, refuse
from sandbox.vendors.azure_devops.pipelines import Pipelines
from sandbox.vendors.azure_devops.projects import BASE, Projects, number
from sandbox.vendors.azure_devops.repositories import Repositories
from sandbox.vendors.clock import iso
from sandbox.vendors.framework import Operation, note, reply
from sandbox.vendors.store import Document


class Definitions:
    """url: of the service, without the organisation. on_deleted: told of a pipeline's id."""

    def __init__(
        self,
        projects: Projects,
        repositories: Repositories,
        pipelines: Pipelines,
        url: Callable[[], str],
        on_deleted: Callable[[int], None],
    ) -> None:
        self._projects, self._repositories, self._pipelines = projects, repositories, pipelines
        self._url, self._on_deleted = url, on_deleted

    def operations(self) -> Sequence[Operation]:
        definitions = f"{BASE}/build/definitions"
        one = definitions + "/{definition}"
        return [
            Operation("list_definitions", "GET", definitions, self._list),
            Operation("get_definition", "GET", one, self._get),
            Operation("delete_definition", "DELETE", one, self._delete),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        """name: may hold *. path: the folder. repositoryId. definitionIds. includeAllProperties: its repository."""
        project, query = self._projects.of(request), request.query
        name, folder = query.get("name", "*").casefold(), query.get("path", "").casefold()
        found = [
            one
            for one in self._pipelines.of_project(project)
            if fnmatchcase(one["name"].casefold(), name.replace("[", "[[]").replace("?", "[?]"))
            and folder in {"", one["folder"].casefold()}
            and query.get("repositoryId", "").lower() in {"", one["repository_id"].lower()}
            and (not query.get("definitionIds") or str(one["id"]) in query["definitionIds"].split(","))
        ]
        whole = query.get("includeAllProperties", "").lower() == "true"
        top = number(request, "$top", 10_000)
        return listed([self._shown(request, project, one, whole=whole) for one in found[:top]])

    async def _get(self, request: web.Request) -> web.Response:
        project, pipeline = self._of(request)
        return reply(self._shown(request, project, pipeline, whole=True))

    async def _delete(self, request: web.Request) -> web.Response:
        """With its runs; what they deployed stays."""
        _, pipeline = self._of(request)
        note(request, pipeline_id=pipeline["id"], name=pipeline["name"])
        self._pipelines.delete(pipeline)
        self._on_deleted(pipeline["id"])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _of(self, request: web.Request) -> tuple[Document, Document]:
        project, wanted = self._projects.of(request), request.match_info["definition"]
        pipeline = self._pipelines.get(wanted)
        if pipeline is None or pipeline["project_id"] != project["id"]:
            message = f"The requested build definition {wanted} could not be found."
            raise refuse(HTTPStatus.NOT_FOUND, message, "DefinitionNotFoundException")
        return project, pipeline

    def _shown(
        self, request: web.Request, project: Document, pipeline: Document, *, whole: bool
    ) -> dict[str, Any]:
        """BuildDefinitionReference; whole: BuildDefinition."""
        organization = request.match_info["organization"]
        service = f"{self._url()}/{organization}/{project['id']}"
        address = f"{service}/_apis/build/Definitions/{pipeline['id']}?revision=1"
        web_page = f"{service}/_build/definition?definitionId={pipeline['id']}"
        shown = {
            "_links": {"self": {"href": address}, "web": {"href": web_page}},
            "id": pipeline["id"],
            "name": pipeline["name"],
            "path": pipeline["folder"],
            "url": address,
            "uri": f"vstfs:///Build/Definition/{pipeline['id']}",
            "type": "build",
            "queueStatus": "enabled",
            "quality": "definition",
            "revision": 1,
            "createdDate": iso(pipeline.get("created_ms") or project["updated_ms"]),
            "authoredBy": PERSON,
            "project": self._projects.reference(project, organization),
        }
        if not whole:
            return shown
        repository = self._repositories.get(pipeline["repository_id"])
        source = {"id": pipeline["repository_id"], "type": "TfsGit", "defaultBranch": "refs/heads/main"}
        named = {"name": repository["name"]} if repository else {}
        process = {"type": 2, "yamlFilename": pipeline["path"]}
        return {**shown, "process": process, "repository": {**source, **named}}
