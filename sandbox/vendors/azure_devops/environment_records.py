"""What was deployed to an environment: the deployment jobs of runs that named it by their parameter."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import listed, refuse
from sandbox.vendors.azure_devops.projects import BASE, Projects, number
from sandbox.vendors.azure_devops.resources import Resources
from sandbox.vendors.azure_devops.runs import Runs
from sandbox.vendors.azure_devops.stages import DEPLOY, begun
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.framework import Operation
from sandbox.vendors.store import Document

_DEFAULT_TOP = 50


class EnvironmentRecords:
    """Records are made of the runs, whenever they are asked for."""

    def __init__(self, projects: Projects, resources: Resources, runs: Runs) -> None:
        self._projects, self._resources, self._runs = projects, resources, runs

    def operations(self) -> Sequence[Operation]:
        path = f"{BASE}/distributedtask/environments" + "/{environment}/environmentdeploymentrecords"
        return [Operation("list_environment_records", "GET", path, self._list)]

    async def _list(self, request: web.Request) -> web.Response:
        """Newest first."""
        project, wanted = self._projects.of(request), request.match_info["environment"]
        environment = self._resources.get(project["id"], "environment", wanted)
        if environment is None:
            message = f"Environment with id {wanted} does not exist or you do not have access to it."
            raise refuse(HTTPStatus.NOT_FOUND, message, "EnvironmentNotFoundException")
        found = [
            record
            for run in self._runs.newest()
            if run["project_id"] == project["id"] and (record := _record(run, environment))
        ]
        return listed(found[: number(request, "top", _DEFAULT_TOP)])


def _record(run: Document, environment: Document) -> dict[str, Any] | None:
    """EnvironmentDeploymentExecutionRecord; None where the run's deployment went elsewhere, or has not begun."""
    given = run["template_parameters"]
    stage = begun(run.get("stages", []), DEPLOY)
    named = str(given.get("environment", "")).casefold() == environment["name"].casefold()
    if not named or stage is None or run.get("waits_for") or stage["start_ms"] > now_ms():
        return None
    finished = stage["finish_ms"] <= now_ms()
    ended = {"finishTime": iso(stage["finish_ms"]), "result": stage["result"]} if finished else {}
    return {
        "id": run["id"],
        "environmentId": int(environment["id"]),
        "stageName": DEPLOY,
        "jobName": DEPLOY,
        "stageAttempt": 1,
        "jobAttempt": 1,
        "definition": {"id": run["pipeline_id"]},
        "owner": {"id": run["id"], "name": run["name"]},
        "queueTime": iso(stage["start_ms"]),
        "startTime": iso(stage["start_ms"]),
        **ended,
    }
