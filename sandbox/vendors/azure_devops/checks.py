"""Checks that wait for a callback: the event by which whoever was asked ends them. Kept to be looked at.

https://learn.microsoft.com/azure/devops/pipelines/process/invoke-checks
"""

from http import HTTPStatus

from aiohttp import web

from sandbox.vendors.azure_devops.answers import refuse, unreadable
from sandbox.vendors.azure_devops.projects import BASE, Projects
from sandbox.vendors.clock import now_ms
from sandbox.vendors.framework import Operation, note, object_body
from sandbox.vendors.store import Collection

_RESULTS = ("succeeded", "failed")


class Checks:
    """A check is known by the first event about it: who asks for one is told its ids by the pipeline alone."""

    def __init__(self, projects: Projects, kept: Collection) -> None:
        self._projects, self._kept = projects, kept

    def operations(self) -> list[Operation]:
        path = f"{BASE}/distributedtask/hubs" + "/{hub}/plans/{plan}/events"
        return [Operation("complete_check", "POST", path, self._complete)]

    async def _complete(self, request: web.Request) -> web.Response:
        """{"name": "TaskCompleted", "taskId", "jobId", "result"}; a check that is over is not found any more."""
        project, plan = self._projects.of(request), request.match_info["plan"]
        body = await object_body(request, unreadable)
        known = all(isinstance(body.get(name), str) and body[name] for name in ("taskId", "jobId"))
        if body.get("name") != "TaskCompleted" or body.get("result") not in _RESULTS or not known:
            raise unreadable("an event TaskCompleted with taskId, jobId and result is expected")
        key = f"{plan}/{body['jobId']}/{body['taskId']}"
        if self._kept.get(key):
            message = f"The orchestration plan {plan} has no task {body['taskId']} that waits."
            raise refuse(HTTPStatus.NOT_FOUND, message, "TaskOrchestrationPlanNotFoundException")
        ended = {name: body[name] for name in ("taskId", "jobId", "result")}
        self._kept.put(
            key,
            {
                **ended,
                "project_id": project["id"],
                "hub": request.match_info["hub"],
                "plan": plan,
                "at_ms": now_ms(),
            },
        )
        note(request, plan=plan, result=body["result"])
        return web.Response(status=HTTPStatus.NO_CONTENT)
