"""The runs of a pipeline over HTTP: start one, list them, read one."""

import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import listed, refuse, unreadable
from sandbox.vendors.azure_devops.pipelines import Pipelines
from sandbox.vendors.azure_devops.projects import BASE, Projects
from sandbox.vendors.azure_devops.repositories import Repositories
from sandbox.vendors.azure_devops.runs import Runs, is_finished
from sandbox.vendors.clock import iso
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.store import Document

DEFAULT_BRANCH = "refs/heads/main"
_MOST_LISTED = 10_000
_COMMIT = re.compile(r"[0-9a-fA-F]{40}")
_KNOWN_FIELDS = frozenset(
    {"previewRun", "resources", "stagesToSkip", "templateParameters", "variables", "yamlOverride"}
)


class RunApi:
    """url: of the service, without the organisation."""

    def __init__(
        self,
        projects: Projects,
        repositories: Repositories,
        pipelines: Pipelines,
        runs: Runs,
        url: Callable[[], str],
    ) -> None:
        self._projects, self._repositories = projects, repositories
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
        run = self._runs.begin(wanted)
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
            raise _invalid(f"Unknown property {min(unknown)}")
        resources = _object(_object(_object(body, "resources"), "repositories"), "self")
        skip = body.get("stagesToSkip") or []
        if not isinstance(skip, list) or not all(isinstance(stage, str) for stage in skip):
            raise _invalid("stagesToSkip must be a list of names")
        parameters = _object(body, "templateParameters")
        return {
            "pipeline_id": pipeline["id"],
            "project_id": pipeline["project_id"],
            "repository_id": pipeline["repository_id"],
            "ref_name": _branch(resources.get("refName")),
            "version": self._version(pipeline, resources.get("version")),
            "variables": {name: _variable(name, value) for name, value in _object(body, "variables").items()},
            "template_parameters": {name: str(value) for name, value in parameters.items()},
            "stages_to_skip": skip,
        }

    def _version(self, pipeline: Document, wanted: object) -> str:
        """The commit asked for, or the branch's newest."""
        commits = self._repositories.commits(pipeline["repository_id"])
        if wanted:
            if isinstance(wanted, str) and _COMMIT.fullmatch(wanted):
                found = self._repositories.commit(pipeline["repository_id"], wanted.lower())
                if found:
                    return str(found["commit_id"])
            raise _invalid(f"Version {wanted} was not found in the repository of the pipeline.")
        if not commits:
            raise _invalid(f"File /{pipeline['path']} not found in the repository: it has no commits.")
        return str(max(commits, key=lambda commit: commit["at_ms"])["commit_id"])

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


def _object(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _invalid(f"{name} must be an object")
    return value


def _variable(name: str, given: object) -> dict[str, Any]:
    if not isinstance(given, dict) or not isinstance(given.get("value", ""), str):
        raise _invalid(f"variable {name} must be an object with a text as value")
    return {"value": given.get("value", ""), "isSecret": bool(given.get("isSecret", False))}


def _public(variable: Mapping[str, Any]) -> dict[str, Any]:
    """A secret is not read back."""
    return {"isSecret": True} if variable["isSecret"] else dict(variable)


def _branch(wanted: object) -> str:
    if wanted is None:
        return DEFAULT_BRANCH
    if not isinstance(wanted, str) or not wanted:
        raise _invalid("refName must be a text")
    return wanted if wanted.startswith("refs/") else f"refs/heads/{wanted}"


def _invalid(message: str) -> Exception:
    return refuse(HTTPStatus.BAD_REQUEST, message, "PipelineValidationException")
