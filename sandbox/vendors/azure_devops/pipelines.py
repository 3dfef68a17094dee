"""Pipelines: what can be run, defined by a YAML file in a repository."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import listed, refuse, unreadable
from sandbox.vendors.azure_devops.projects import BASE, Projects, number
from sandbox.vendors.azure_devops.repositories import Repositories
from sandbox.vendors.clock import now_ms
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.store import Collection, Document

ROOT_FOLDER = "\\"
DEFAULT_YAML = "/azure-pipelines.yml"


class Pipelines:
    """url: of the service, without the organisation."""

    def __init__(
        self,
        projects: Projects,
        repositories: Repositories,
        kept: Collection,
        counters: Collection,
        url: Callable[[], str],
    ) -> None:
        self._projects, self._repositories = projects, repositories
        self._kept, self._counters, self._url = kept, counters, url

    def operations(self) -> Sequence[Operation]:
        pipelines = f"{BASE}/pipelines"
        return [
            Operation("list_pipelines", "GET", pipelines, self._list),
            Operation("create_pipeline", "POST", pipelines, self._create),
            Operation("get_pipeline", "GET", pipelines + "/{pipeline}", self._get),
        ]

    def of(self, request: web.Request) -> Document:
        """The pipeline a request's address names. Raises: Refusal, 404."""
        project, wanted = self._projects.of(request), request.match_info["pipeline"]
        pipeline = self._kept.get(wanted)
        if pipeline is None or pipeline["project_id"] != project["id"]:
            message = f"Pipeline with id {wanted} does not exist or you do not have access to it."
            raise refuse(HTTPStatus.NOT_FOUND, message, "PipelineNotFoundException")
        return pipeline

    def get(self, pipeline_id: object) -> Document | None:
        return self._kept.get(str(pipeline_id))

    def of_project(self, project: Document) -> list[Document]:
        return [one for one in self._kept.all() if one["project_id"] == project["id"]]

    def has(self, project: Document, pipeline_id: object) -> bool:
        """Whether the project has one of this id."""
        found = None if isinstance(pipeline_id, bool) else self.get(pipeline_id)
        return found is not None and found["project_id"] == project["id"]

    def delete(self, pipeline: Document) -> None:
        self._kept.delete(str(pipeline["id"]))

    def find(self, project: Document, name: str, folder: str = ROOT_FOLDER) -> Document | None:
        wanted = (name.casefold(), folder.casefold())
        found = self.of_project(project)
        return next(
            (one for one in found if (one["name"].casefold(), one["folder"].casefold()) == wanted), None
        )

    def add(
        self,
        project: Document,
        name: str,
        repository: Document,
        folder: str = ROOT_FOLDER,
        path: str = DEFAULT_YAML,
    ) -> Document:
        pipeline_id = self._counters.next_number("pipeline", 1)
        made = {
            "id": pipeline_id,
            "name": name,
            "folder": folder,
            "project_id": project["id"],
            "repository_id": repository["id"],
            "path": f"/{path.lstrip('/')}",
            "created_ms": now_ms(),
        }
        return self._kept.put(str(pipeline_id), made)

    def reference(self, request: web.Request, pipeline: Document) -> dict[str, Any]:
        """PipelineReference."""
        return {
            "url": f"{self._api(request)}/pipelines/{pipeline['id']}?revision=1",
            "id": pipeline["id"],
            "revision": 1,
            "name": pipeline["name"],
            "folder": pipeline["folder"],
        }

    async def _list(self, request: web.Request) -> web.Response:
        project = self._projects.of(request)
        found = sorted(self.of_project(project), key=_name)[: number(request, "$top", 10_000)]
        return listed([self._shown(request, one) for one in found])

    async def _get(self, request: web.Request) -> web.Response:
        pipeline = self.of(request)
        return reply(self._shown(request, pipeline) | {"configuration": _configuration(pipeline)})

    async def _create(self, request: web.Request) -> web.Response:
        project, body = self._projects.of(request), await object_body(request, unreadable)
        name, folder = body.get("name"), body.get("folder") or ROOT_FOLDER
        configuration = body.get("configuration")
        if not isinstance(name, str) or not name or not isinstance(configuration, dict):
            raise _invalid("Value cannot be null. Parameter name: name, configuration")
        if configuration.get("type") != "yaml" or not configuration.get("path"):
            raise _invalid("configuration needs the type yaml and a path")
        wanted = configuration.get("repository") or {}
        repository = self._repositories.find(project, str(wanted.get("id", "")))
        if repository is None or wanted.get("type") != "azureReposGit":
            raise _invalid("configuration.repository needs the id of a repository and the type azureReposGit")
        if self.find(project, name, folder):
            message = f"The pipeline {name} already exists in folder {folder}."
            raise refuse(HTTPStatus.CONFLICT, message, "DefinitionExistsException")
        made = self.add(project, name, repository, folder, configuration["path"])
        note(request, pipeline_id=made["id"], name=name)
        return reply(self._shown(request, made) | {"configuration": _configuration(made)})

    def _shown(self, request: web.Request, pipeline: Document) -> dict[str, Any]:
        reference = self.reference(request, pipeline)
        service = f"{self._url()}/{request.match_info['organization']}/{request.match_info['project']}"
        web_page = f"{service}/_build/definition?definitionId={pipeline['id']}"
        return {"_links": {"self": {"href": reference["url"]}, "web": {"href": web_page}}, **reference}

    def _api(self, request: web.Request) -> str:
        project = self._projects.of(request)
        return f"{self._url()}/{request.match_info['organization']}/{project['id']}/_apis"


def _configuration(pipeline: Document) -> dict[str, Any]:
    repository = {"id": pipeline["repository_id"], "type": "azureReposGit"}
    return {"path": pipeline["path"], "repository": repository, "type": "yaml"}


def _name(pipeline: Document) -> str:
    return str(pipeline["name"]).casefold()


def _invalid(message: str) -> Exception:
    return refuse(HTTPStatus.BAD_REQUEST, message, "VssPropertyValidationException")
