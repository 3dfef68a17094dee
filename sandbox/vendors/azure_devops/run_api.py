"""The runs of a pipeline over HTTP: start one, list them, read one."""

import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import listed, refuse, unreadable
from sandbox.vendors.azure_devops.contents import Contents
from sandbox.vendors.azure_devops.pipelines import Pipelines
from sandbox.vendors.azure_devops.projects import BASE
from sandbox.vendors.azure_devops.repositories import Repositories
from sandbox.vendors.azure_devops.run_parameters import check_parameters
from sandbox.vendors.azure_devops.run_requests import branch, invalid, part, variable
from sandbox.vendors.azure_devops.runs import Runs, is_finished
from sandbox.vendors.clock import iso
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.store import Document

_MOST_LISTED = 10_000
_COMMIT = re.compile(r"[0-9a-fA-F]{40}")
_KNOWN_FIELDS = frozenset(
    {"previewRun", "resources", "stagesToSkip", "templateParameters", "variables", "yamlOverride"}
)


class RunApi:
    """url: of the service, without the organisation."""

    def __init__(
        self,
        repositories: Repositories,
        contents: Contents,
        pipelines: Pipelines,
        runs: Runs,
        url: Callable[[], str],
    ) -> None:
        self._repositories, self._contents = repositories, contents
        self._pipelines, self._runs, self._url = pipelines, runs, url

    def operations(self) -> Sequence[Operation]:
        runs = f"{BASE}/pipelines" + "/{pipeline}/runs"
        return [
            Operation("list_runs", "GET", runs, self._list),
            Operation("create_run", "POST", runs, self._create),
            Operation("get_run", "GET", runs + "/{run}", self._get),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        """Newest first, without what only a single run tells (resources, variables)."""
        pipeline = self._pipelines.of(request)
        found = [run for run in self._runs.newest() if run["pipeline_id"] == pipeline["id"]]
        return listed([self._short(request, pipeline, run) for run in found[:_MOST_LISTED]])

    async def _get(self, request: web.Request) -> web.Response:
        pipeline = self._pipelines.of(request)
        run = self._runs.get(request.match_info["run"])
        if run is None or run["pipeline_id"] != pipeline["id"]:
            message = f"Run with id {request.match_info['run']} does not exist in pipeline {pipeline['id']}."
            raise refuse(HTTPStatus.NOT_FOUND, message, "PipelineRunNotFoundException")
        return reply(self._long(request, pipeline, run))

    async def _create(self, request: web.Request) -> web.Response:
        pipeline = self._pipelines.of(request)
        body = await object_body(request, unreadable)
        wanted = self._wanted(pipeline, body)
        if body.get("previewRun"):
            return reply({"finalYaml": f"# {pipeline['path']}\nstages: []\n"})
        run = self._runs.begin(wanted, pipeline["name"])
        plain = {name: item["value"] for name, item in run["variables"].items() if not item["isSecret"]}
        note(
            request,
            run_id=run["id"],
            version=run["version"],
            **{f"variable {k}": v for k, v in plain.items()},
        )
        return reply(self._long(request, pipeline, run))

    def _wanted(self, pipeline: Document, body: Mapping[str, Any]) -> dict[str, Any]:
        """What to run. Raises: Refusal, 400."""
        if unknown := body.keys() - _KNOWN_FIELDS:
            raise invalid(f"Unknown property {min(unknown)}")
        resources = part(part(part(body, "resources"), "repositories"), "self")
        skip = body.get("stagesToSkip") or []
        if not isinstance(skip, list) or not all(isinstance(stage, str) for stage in skip):
            raise invalid("stagesToSkip must be a list of names")
        given = part(body, "templateParameters")
        parameters = {name: str(value) for name, value in given.items()}
        ref_name = branch(resources.get("refName"))
        version = self._version(pipeline, ref_name, resources.get("version"))
        path = _path(pipeline)
        files = self._contents.files(pipeline["repository_id"], version) or {}
        if path in files:
            check_parameters(files[path], path, parameters)
        return {
            "pipeline_id": pipeline["id"],
            "project_id": pipeline["project_id"],
            "repository_id": pipeline["repository_id"],
            "ref_name": ref_name,
            "version": version,
            "variables": {name: variable(name, value) for name, value in part(body, "variables").items()},
            "template_parameters": parameters,
            "stages_to_skip": skip,
        }

    def _version(self, pipeline: Document, ref_name: str, wanted: object) -> str:
        """The commit asked for, or the branch's newest; the pipeline's YAML file is there. Raises: Refusal, 400."""
        repository = self._repositories.get(pipeline["repository_id"])
        if repository is None or "deleted_ms" in repository or repository.get("disabled"):
            raise invalid(
                f"The repository {pipeline['repository_id']} of the pipeline is not there or disabled."
            )
        if wanted:
            known = isinstance(wanted, str) and _COMMIT.fullmatch(wanted)
            version = str(wanted).lower() if known else ""
            if not self._contents.commit(repository["id"], version):
                raise invalid(f"Version {wanted} was not found in the repository of the pipeline.")
        else:
            version = self._contents.head(repository["id"], ref_name) or ""
        files = self._contents.files(repository["id"], version) if version else {}
        path = _path(pipeline)
        if files is not None and path not in files:
            raise invalid(
                f"{path}: File {path} not found in repository {repository['name']} branch {ref_name} version "
                f"{version}."
            )
        return version

    def _short(self, request: web.Request, pipeline: Document, run: Document) -> dict[str, Any]:
        organization = request.match_info["organization"]
        service = f"{self._url()}/{organization}/{pipeline['project_id']}"
        url = f"{service}/_apis/pipelines/{pipeline['id']}/runs/{run['id']}"
        web_page = f"{service}/_build/results?buildId={run['id']}"
        finished = is_finished(run)
        return {
            "_links": {
                "self": {"href": url},
                "web": {"href": web_page},
                "pipeline": {"href": f"{service}/_apis/pipelines/{pipeline['id']}?revision=1"},
                "pipeline.web": {"href": f"{service}/_build/definition?definitionId={pipeline['id']}"},
            },
            "templateParameters": run["template_parameters"],
            "pipeline": self._pipelines.reference(request, pipeline),
            "state": "completed" if finished else "inProgress",
            **({"result": run["result"]} if finished else {}),
            "createdDate": iso(run["created_ms"]),
            **({"finishedDate": iso(run["finish_ms"])} if finished else {}),
            "url": url,
            "id": run["id"],
            "name": run["name"],
        }

    def _long(self, request: web.Request, pipeline: Document, run: Document) -> dict[str, Any]:
        repository = {"id": run["repository_id"], "type": "azureReposGit"}
        source = {"repository": repository, "refName": run["ref_name"], "version": run["version"]}
        return {
            **self._short(request, pipeline, run),
            "resources": {"repositories": {"self": source}},
            "variables": {name: _public(variable) for name, variable in run["variables"].items()},
        }


def _path(pipeline: Mapping[str, Any]) -> str:
    return f"/{pipeline['path'].lstrip('/')}"


def _public(variable: Mapping[str, Any]) -> dict[str, Any]:
    """A secret is not read back."""
    return {"isSecret": True} if variable["isSecret"] else dict(variable)
