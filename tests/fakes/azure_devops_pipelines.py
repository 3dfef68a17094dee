"""The pipelines of the fake Azure DevOps, and what they may use."""

import re
from typing import Any

import httpx

from tests.fakes.azure_devops_git import listed, refused
from tests.fakes.vendor import answer, body_of

ENVIRONMENTS = ("development", "preview", "production")


class PipelineRooms:
    """pipelines: by id. resources: ids by (type, name). permissions: (type, resource id, pipeline id).

    for_all: resources that every pipeline may use, as (type, resource id).
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.pipelines: dict[int, dict[str, Any]] = {}
        self.resources = {
            **{("endpoint", f"azure-{name}"): f"e-{name}" for name in ENVIRONMENTS},
            **{("environment", name): str(number) for number, name in enumerate(ENVIRONMENTS, 1)},
        }
        self.permissions: set[tuple[str, str, int]] = set()
        self.for_all: set[tuple[str, str]] = set()

    def add_pipeline(self, name: str, repository_id: str, folder: str = "\\") -> int:
        pipeline_id = max(self.pipelines, default=10) + 1
        self.pipelines[pipeline_id] = {
            "id": pipeline_id,
            "name": name,
            "folder": folder,
            "repository_id": repository_id,
            "path": "/azure-pipelines.yml",
        }
        return pipeline_id

    def respond(self, request: httpx.Request, path: str) -> httpx.Response | None:
        if path == "pipelines":
            return self._create(body_of(request))
        if path == "build/definitions":
            return self._definitions(request)
        if found := re.fullmatch(r"build/definitions/(\d+)", path):
            gone = self.pipelines.pop(int(found[1]), None)
            return httpx.Response(204) if gone else refused(404, "The definition could not be found.")
        if found := re.fullmatch(r"pipelines/pipelinepermissions(?:/([^/]+)/([^/]+))?", path):
            return (
                self._change(body_of(request)) if request.method == "PATCH" else self._told(*found.groups())
            )
        kinds = {"serviceendpoint/endpoints": "endpoint", "distributedtask/environments": "environment"}
        return self._resources(request, kinds[path]) if path in kinds else None

    def _create(self, body: dict[str, Any]) -> httpx.Response:
        if any(one["name"].casefold() == body["name"].casefold() for one in self.pipelines.values()):
            return refused(409, "The pipeline already exists.")
        configuration = body["configuration"]
        assert (configuration["type"], configuration["repository"]["type"]) == ("yaml", "azureReposGit")
        pipeline_id = self.add_pipeline(body["name"], configuration["repository"]["id"], body["folder"])
        self.pipelines[pipeline_id]["path"] = configuration["path"]
        return answer({**self._links(pipeline_id), **{key: body[key] for key in ("name", "folder")}})

    def _definitions(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        assert params["includeAllProperties"] == "true"
        found = [
            one for one in self.pipelines.values() if one["name"].casefold() == params["name"].casefold()
        ]
        return listed(
            [
                {
                    **self._links(one["id"]),
                    "name": one["name"],
                    "path": one["folder"],
                    "repository": {"id": one["repository_id"].upper()},
                }
                for one in found
                if one["folder"].casefold() == params["path"].casefold()
            ]
        )

    def _links(self, pipeline_id: int) -> dict[str, Any]:
        web = f"{self._url}/_build/definition?definitionId={pipeline_id}"
        return {"id": pipeline_id, "_links": {"web": {"href": web}}}

    def _resources(self, request: httpx.Request, kind: str) -> httpx.Response:
        wanted = request.url.params["endpointNames" if kind == "endpoint" else "name"]
        found = [(name, one) for (its, name), one in self.resources.items() if its == kind and name == wanted]
        return listed([{"id": one if kind == "endpoint" else int(one), "name": name} for name, one in found])

    def _told(self, kind: str, resource_id: str) -> httpx.Response:
        mine = [pipeline for its, one, pipeline in self.permissions if (its, one) == (kind, resource_id)]
        every = {"allPipelines": {"authorized": True}} if (kind, resource_id) in self.for_all else {}
        return answer({**every, "pipelines": [{"id": one, "authorized": True} for one in mine]})

    def _change(self, body: list[dict[str, Any]]) -> httpx.Response:
        wanted = [
            (one["resource"]["type"], one["resource"]["id"], pipeline["id"], pipeline["authorized"])
            for one in body
            for pipeline in one["pipelines"]
        ]
        if any(pipeline_id not in self.pipelines for _, _, pipeline_id, _ in wanted):
            return refused(404, "The pipeline does not exist.")
        for kind, resource_id, pipeline_id, authorized in wanted:
            change = self.permissions.add if authorized else self.permissions.discard
            change((kind, resource_id, pipeline_id))
        return listed(body)
