"""Builds: the same runs, as the older API shows them, with filters and tags; a run is ended here."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import PERSON, listed, refuse, unreadable
from sandbox.vendors.azure_devops.build_filters import wanted_builds
from sandbox.vendors.azure_devops.pipelines import Pipelines
from sandbox.vendors.azure_devops.projects import BASE, Projects, number
from sandbox.vendors.azure_devops.runs import Runs, is_finished
from sandbox.vendors.clock import iso
from sandbox.vendors.framework import Operation, json_body, note, object_body, reply
from sandbox.vendors.store import Document

_DEFAULT_TOP = 1000


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
            Operation("update_build", "PATCH", builds + "/{build}", self._update),
            Operation("list_build_tags", "GET", tags, self._tags),
            Operation("add_build_tags", "POST", tags, self._add_tags),
            Operation("add_build_tag", "PUT", tags + "/{tag}", self._add_tag),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        project = self._projects.of(request)
        mine = [run for run in self._runs.newest() if run["project_id"] == project["id"]]
        found = wanted_builds(mine, request.query)
        top = number(request, "$top", _DEFAULT_TOP)
        return listed([self._shown(request, project, run) for run in found[:top]])

    async def _get(self, request: web.Request) -> web.Response:
        return reply(self._shown(request, self._projects.of(request), self.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        """{"status": "cancelling"}: end the run."""
        run, body = self.of(request), await object_body(request, unreadable)
        if str(body.get("status", "")).lower() != "cancelling":
            raise unreadable("of a build only the status can be changed, to cancelling")
        if is_finished(run):
            message = f"TF400736: The build {run['id']} has ended; its status cannot be changed."
            raise refuse(HTTPStatus.BAD_REQUEST, message, "BuildStatusInvalidChangeException")
        note(request, run_id=run["id"])
        return reply(self._shown(request, self._projects.of(request), self._runs.cancel(run)))

    async def _tags(self, request: web.Request) -> web.Response:
        return listed(self.of(request)["tags"])

    async def _add_tag(self, request: web.Request) -> web.Response:
        run = self.of(request)
        return listed(self._runs.tag(run, [*run["tags"], request.match_info["tag"]])["tags"])

    async def _add_tags(self, request: web.Request) -> web.Response:
        run, tags = self.of(request), await json_body(request, unreadable)
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise unreadable("tags must be a list of texts")
        return listed(self._runs.tag(run, [*run["tags"], *tags])["tags"])

    def of(self, request: web.Request) -> Document:
        """The run a request's address names. Raises: Refusal, 404."""
        project, wanted = self._projects.of(request), request.match_info["build"]
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
            "requestedFor": PERSON,
            "requestedBy": PERSON,
            "lastChangedDate": iso(run["finish_ms"] if finished else run["created_ms"]),
            "lastChangedBy": PERSON,
            "templateParameters": run["template_parameters"],
            "tags": run["tags"],
            "repository": {"id": run["repository_id"], "type": "TfsGit"},
            "retainedByRelease": False,
        }
