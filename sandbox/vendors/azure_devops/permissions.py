"""Which pipeline may use which resource."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import PERSON, listed, refuse, unreadable
from sandbox.vendors.azure_devops.projects import BASE, Projects
from sandbox.vendors.azure_devops.resources import Resources
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.framework import Operation, json_body, note, object_body, reply
from sandbox.vendors.store import Collection, Document


class Permissions:
    """is_pipeline: whether a project has one of this id. on_granted: told of a pipeline that may use more now."""

    def __init__(
        self,
        projects: Projects,
        resources: Resources,
        kept: Collection,
        is_pipeline: Callable[[Document, object], bool],
        on_granted: Callable[[int], None],
    ) -> None:
        self._projects, self._resources, self._kept = projects, resources, kept
        self._is_pipeline, self._on_granted = is_pipeline, on_granted

    def operations(self) -> Sequence[Operation]:
        every = f"{BASE}/pipelines/pipelinepermissions"
        one = every + "/{type}/{resource}"
        return [
            Operation("get_permissions", "GET", one, self._get),
            Operation("set_permissions", "PATCH", one, self._set),
            Operation("set_permissions_of_many", "PATCH", every, self._set_many),
        ]

    def missing(self, run: Mapping[str, Any]) -> list[str]:
        """What a run's pipeline may not use and its environment needs, such as "endpoint azure-preview"."""
        environment = run["template_parameters"].get("environment")
        needed = self._resources.of_environment(run["project_id"], environment) if environment else []
        return [
            f"{one['type']} {one['name']}"
            for one in needed
            if self._kept.get(_key(one, run["pipeline_id"])) is None
        ]

    def forget(self, pipeline_id: int) -> None:
        """The pipeline is gone."""
        for key, one in list(self._kept.documents.items()):
            if one["pipeline_id"] == pipeline_id:
                self._kept.delete(key)

    async def _get(self, request: web.Request) -> web.Response:
        project = self._projects.of(request)
        return reply(self._shown(self._resource(project, _named(request))))

    async def _set(self, request: web.Request) -> web.Response:
        """{"pipelines": [{"id", "authorized"}]} -> ResourcePipelinePermissions; others stay as they are."""
        body = await object_body(request, unreadable)
        changed = self._change(request, [{**body, "resource": _named(request)}])
        return reply(changed[0])

    async def _set_many(self, request: web.Request) -> web.Response:
        """[{"resource": {"type", "id"}, "pipelines": [{"id", "authorized"}]}], all or nothing."""
        body = await json_body(request, unreadable)
        if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
            raise unreadable("a list of resources with their pipelines is expected")
        return listed(self._change(request, body))

    def _change(self, request: web.Request, wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        project = self._projects.of(request)
        found = [
            (self._resource(project, one.get("resource")), self._pipelines(project, one)) for one in wanted
        ]
        granted: set[int] = set()
        for resource, pipelines in found:
            for pipeline_id, authorized in pipelines:
                note(request, pipeline_id=pipeline_id, **{resource["type"]: resource["name"]})
                if not authorized:
                    self._kept.delete(_key(resource, pipeline_id))
                    continue
                granted.add(pipeline_id)
                made = {
                    "type": resource["type"],
                    "resource_id": resource["id"],
                    "name": resource["name"],
                    "project_id": project["id"],
                    "pipeline_id": pipeline_id,
                    "at_ms": now_ms(),
                }
                self._kept.put(
                    _key(resource, pipeline_id), self._kept.get(_key(resource, pipeline_id)) or made
                )
        for pipeline_id in granted:
            self._on_granted(pipeline_id)
        return [self._shown(resource) for resource, _ in found]

    def _resource(self, project: Document, named: object) -> Document:
        if not isinstance(named, dict):
            raise unreadable("a resource needs a type and an id")
        kind, resource_id = str(named.get("type")), str(named.get("id"))
        if found := self._resources.get(project["id"], kind, resource_id):
            return found
        message = f"Resource of type {kind} with id {resource_id} could not be found."
        raise refuse(HTTPStatus.NOT_FOUND, message, "PipelineResourceNotFoundException")

    def _pipelines(self, project: Document, wanted: Mapping[str, Any]) -> list[tuple[int, bool]]:
        pipelines = wanted.get("pipelines")
        if not isinstance(pipelines, list) or not all(isinstance(one, dict) for one in pipelines):
            raise unreadable("pipelines must be a list")
        for one in pipelines:
            if not isinstance(one.get("authorized"), bool):
                raise unreadable("authorized must be true or false")
            if not self._is_pipeline(project, one.get("id")):
                message = f"Pipeline with id {one.get('id')} does not exist or you do not have access to it."
                raise refuse(HTTPStatus.NOT_FOUND, message, "PipelineNotFoundException")
        return [(int(one["id"]), one["authorized"]) for one in pipelines]

    def _shown(self, resource: Document) -> dict[str, Any]:
        """ResourcePipelinePermissions."""
        key = {"type": resource["type"], "id": resource["id"], "name": resource["name"]}
        mine = [
            one
            for one in self._kept.all()
            if one["type"] == resource["type"] and one["resource_id"] == resource["id"]
        ]
        pipelines = [
            {
                "id": one["pipeline_id"],
                "authorized": True,
                "authorizedBy": PERSON,
                "authorizedOn": iso(one["at_ms"]),
            }
            for one in mine
        ]
        return {"resource": key, "pipelines": pipelines}


def _named(request: web.Request) -> dict[str, str]:
    return {"type": request.match_info["type"], "id": request.match_info["resource"]}


def _key(resource: Document, pipeline_id: int) -> str:
    return f"{resource['type']}/{resource['id']}/{pipeline_id}"
