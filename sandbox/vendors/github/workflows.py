"""Runs of workflows: made by whoever tells a story, listed newest first."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from sandbox.vendors.clock import from_iso, now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, object_body, reply
from sandbox.vendors.github.answers import missing, paged
from sandbox.vendors.github.deployments import Tell
from sandbox.vendors.github.repositories import ONE, Repositories
from sandbox.vendors.github.shapes import run_shown
from sandbox.vendors.store import Collection, Document

_RUN_MS = 60_000


class Workflows:
    def __init__(
        self, repositories: Repositories, kept: Collection, counters: Collection, tell: Tell
    ) -> None:
        self._repositories, self._kept, self._counters, self._tell = repositories, kept, counters, tell

    def operations(self) -> Sequence[Operation]:
        path = ONE + "/actions/workflows/{workflow}/runs"
        return [Operation("list_workflow_runs", "GET", path, self._list)]

    def controls(self) -> Sequence[Operation]:
        return [Operation("run_workflow", "POST", "/workflow_runs", self._run)]

    async def _run(self, request: web.Request) -> web.Response:
        """{"repository", "workflow"?, "conclusion"?, "event"?, "sha"? (else the branch's), "told"?} -> the run."""
        body = await object_body(request, wrong)
        repository, now = self._repositories.ensure(body.get("repository")), now_ms()
        workflow = str(body.get("workflow", ".github/workflows/deploy.yml"))
        names = sorted({one["workflow"] for one in self._kept.all()} | {workflow})
        made = {
            "id": self._counters.next_number("run", 289_000_001),
            "number": self._counters.next_number("run_number", 1),
            "attempt": 1,
            "repository": repository["full_name"].lower(),
            "workflow": workflow,
            "workflow_id": 2_823_000 + names.index(workflow),
            "sha": str(body.get("sha") or self._repositories.head(repository)),
            "event": str(body.get("event", "push")),
            "status": "completed",
            "conclusion": str(body.get("conclusion", "success")),
            "created_ms": now - _RUN_MS,
            "updated_ms": now,
        }
        self._kept.put(str(made["id"]), made)
        shown = self._shown(repository, made)
        if body.get("told", True):
            self._tell("workflow_run", "completed", {"workflow_run": shown}, repository)
        return reply(shown)

    async def _list(self, request: web.Request) -> web.Response:
        """{"total_count", "workflow_runs"}. status: or a conclusion. created: ">=" and a time."""
        repository, file = self._repositories.of(request), request.match_info["workflow"]
        ours = [
            one for one in reversed(self._kept.all()) if one["repository"] == repository["full_name"].lower()
        ]
        found = [one for one in ours if one["workflow"].rpartition("/")[2] == file]
        if not found:
            raise missing()
        if status := request.query.get("status"):
            found = [one for one in found if status in (one["status"], one["conclusion"])]
        if since := request.query.get("created", "").removeprefix(">="):
            found = [one for one in found if one["created_ms"] >= from_iso(since)]
        shown = [self._shown(repository, one) for one in found]
        return paged(
            request,
            self._repositories.url(),
            shown,
            lambda page: {"total_count": len(shown), "workflow_runs": page},
        )

    def _shown(self, repository: Document, run: Document) -> dict[str, Any]:
        commit = next(
            iter(self._repositories.history(run["sha"])), {"message": "", "at_ms": run["created_ms"]}
        )
        return run_shown(self._repositories.url(), repository, run, commit)
