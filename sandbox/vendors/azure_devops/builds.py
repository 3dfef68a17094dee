"""Builds: the same runs, as the older API shows them, with filters and tags."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import listed, refuse, unreadable
from sandbox.vendors.azure_devops.pipelines import Pipelines
from sandbox.vendors.azure_devops.projects import BASE, Projects, number
from sandbox.vendors.azure_devops.runs import Runs, is_finished
from sandbox.vendors.clock import from_iso, iso
from sandbox.vendors.framework import Operation, json_body, reply
from sandbox.vendors.store import Document

_DEFAULT_TOP = 1000
_PERSON = {
    "displayName": "ValueFlow",
    "id": "8d8f0d6e-8f6a-4c54-9c8b-2a7c0d9b7f11",
    "uniqueName": "valueflow@sandbox.example",
}
_ORDERS = {
    "finishTimeAscending": ("finish_ms", False),
    "finishTimeDescending": ("finish_ms", True),
    "queueTimeAscending": ("created_ms", False),
    "queueTimeDescending": ("created_ms", True),
    "startTimeAscending": ("created_ms", False),
    "startTimeDescending": ("created_ms", True),
}
_DEFAULT_ORDER = ("id", True)


class Builds:
    """url: of the service, without the organisation."""

    def __init__(self, projects: Projects, pipelines: Pipelines, runs: Runs, url: Callable[[], str]) -> None:
        self._projects, self._pipelines, self._runs, self._url = projects, pipelines, runs, url

    def operations(self) -> Sequence[Operation]:
        builds = f"{BASE}/build/builds"
        tags = builds + "/{build}/tags"
        return [
            Operation("list_builds", "GET", builds, self._list),
            Operation("get_build", "GET", builds + "/{build}", self._get),
            Operation("list_build_tags", "GET", tags, self._tags),
            Operation("add_build_tags", "POST", tags, self._add_tags),
            Operation("add_build_tag", "PUT", tags + "/{tag}", self._add_tag),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        project, query = self._projects.of(request), request.query
        found = [
            run for run in self._runs.newest() if run["project_id"] == project["id"] and _fits(run, query)
        ]
        order = query.get("queryOrder")
        if order and order not in _ORDERS:
            raise refuse(HTTPStatus.BAD_REQUEST, f"queryOrder {order} is not known")
        name, descending = _ORDERS.get(order or "", _DEFAULT_ORDER)
        found.sort(key=lambda run: run[name], reverse=descending)
        top = number(request, "$top", _DEFAULT_TOP)
        return listed([self._shown(request, project, run) for run in found[:top]])

    async def _get(self, request: web.Request) -> web.Response:
        project = self._projects.of(request)
        return reply(self._shown(request, project, self._find(request, project)))

    async def _tags(self, request: web.Request) -> web.Response:
        return listed(self._find(request, self._projects.of(request))["tags"])

    async def _add_tag(self, request: web.Request) -> web.Response:
        run = self._find(request, self._projects.of(request))
        return listed(self._runs.tag(run, [*run["tags"], request.match_info["tag"]])["tags"])

    async def _add_tags(self, request: web.Request) -> web.Response:
        run, tags = self._find(request, self._projects.of(request)), await json_body(request, unreadable)
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise unreadable("tags must be a list of texts")
        return listed(self._runs.tag(run, [*run["tags"], *tags])["tags"])

    def _find(self, request: web.Request, project: Document) -> Document:
        wanted = request.match_info["build"]
        run = self._runs.get(wanted)
        if run is None or run["project_id"] != project["id"]:
            message = f"The requested build {wanted} could not be found."
            raise refuse(HTTPStatus.NOT_FOUND, message, "BuildNotFoundException")
        return run

    def _shown(self, request: web.Request, project: Document, run: Document) -> dict[str, Any]:
        organization = request.match_info["organization"]
        service = f"{self._url()}/{organization}/{project['id']}"
        pipeline = self._pipelines.get(run["pipeline_id"])
        finished, reference = is_finished(run), self._projects.reference(project, organization)
        ended = {"result": run["result"], "finishTime": iso(run["finish_ms"])} if finished else {}
        return {
            "_links": {
                "self": {"href": f"{service}/_apis/build/Builds/{run['id']}"},
                "web": {"href": f"{service}/_build/results?buildId={run['id']}"},
            },
            "id": run["id"],
            "buildNumber": run["name"],
            "status": "completed" if finished else "inProgress",
            **ended,
            "queueTime": iso(run["created_ms"]),
            "startTime": iso(run["created_ms"]),
            "url": f"{service}/_apis/build/Builds/{run['id']}",
            "definition": {
                "id": run["pipeline_id"],
                "name": pipeline["name"] if pipeline else "",
                "path": pipeline["folder"] if pipeline else "",
                "type": "build",
                "queueStatus": "enabled",
                "revision": 1,
                "project": reference,
                "url": f"{service}/_apis/build/Definitions/{run['pipeline_id']}?revision=1",
            },
            "project": reference,
            "uri": f"vstfs:///Build/Build/{run['id']}",
            "sourceBranch": run["ref_name"],
            "sourceVersion": run["version"],
            "priority": "normal",
            "reason": run["reason"],
            "requestedFor": _PERSON,
            "requestedBy": _PERSON,
            "lastChangedDate": iso(run["finish_ms"] if finished else run["created_ms"]),
            "lastChangedBy": _PERSON,
            "templateParameters": run["template_parameters"],
            "tags": run["tags"],
            "repository": {"id": run["repository_id"], "type": "TfsGit"},
            "retainedByRelease": False,
        }


def _fits(run: Document, query: Mapping[str, str]) -> bool:
    """Whether the run passes every filter of the request."""
    status = "completed" if is_finished(run) else "inProgress"
    finished_ms = run["finish_ms"] if status == "completed" else run["created_ms"]
    result = run["result"] if status == "completed" else "none"
    return all(
        (
            _one_of(query, "definitions", str(run["pipeline_id"])),
            _one_of(query, "buildIds", str(run["id"])),
            _one_of(query, "statusFilter", status) or "all" in query.get("statusFilter", ""),
            _one_of(query, "resultFilter", result),
            _one_of(query, "reasonFilter", run["reason"]) or "all" in query.get("reasonFilter", ""),
            _one_of(query, "branchName", run["ref_name"]),
            _one_of(query, "repositoryId", run["repository_id"]),
            _one_of(query, "buildNumber", run["name"]),
            {tag for tag in query.get("tagFilters", "").split(",") if tag} <= set(run["tags"]),
            finished_ms >= _time(query, "minTime", 0),
            finished_ms <= _time(query, "maxTime", 2**62),
        )
    )


def _one_of(query: Mapping[str, str], name: str, value: str) -> bool:
    wanted = query.get(name, "")
    return not wanted or value.casefold() in {part.strip().casefold() for part in wanted.split(",")}


def _time(query: Mapping[str, str], name: str, default: int) -> int:
    if not query.get(name):
        return default
    try:
        return from_iso(query[name].replace("Z", "+00:00"))
    except ValueError:
        raise refuse(HTTPStatus.BAD_REQUEST, f"{name} is not a time") from None
