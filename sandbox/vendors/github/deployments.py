"""Deployments and their statuses: made by whoever tells a story, listed newest first."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from sandbox.vendors.clock import now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, object_body, reply
from sandbox.vendors.github.answers import missing, paged
from sandbox.vendors.github.repositories import ONE, Repositories
from sandbox.vendors.github.shapes import BRANCH, deployment_shown, status_shown
from sandbox.vendors.store import Collection, Document

STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")

type Tell = Callable[[str, str, Mapping[str, Any], Document], None]
"""Sends a webhook: event, action, members, repository."""


class Deployments:
    def __init__(
        self,
        repositories: Repositories,
        kept: Collection,
        statuses: Collection,
        counters: Collection,
        tell: Tell,
    ) -> None:
        self._repositories, self._kept, self._statuses = repositories, kept, statuses
        self._counters, self._tell = counters, tell

    def operations(self) -> Sequence[Operation]:
        here = ONE + "/deployments"
        return [
            Operation("list_deployments", "GET", here, self._list),
            Operation(
                "list_deployment_statuses", "GET", here + "/{deployment}/statuses", self._list_statuses
            ),
        ]

    def controls(self) -> Sequence[Operation]:
        return [
            Operation("deploy", "POST", "/deployments", self._deploy),
            Operation("set_deployment_state", "POST", "/deployments/{id}/statuses", self._set_state),
        ]

    async def _deploy(self, request: web.Request) -> web.Response:
        """{"repository", "environment"?, "production"?, "sha"? (else the branch's), "task"?, "state"?, "told"?}

        state: of its end; "" where it is under way. told: false: no webhook. -> the deployment.
        """
        body = await object_body(request, wrong)
        repository, now = self._repositories.ensure(body.get("repository")), now_ms()
        environment = str(body.get("environment", "production"))
        made = {
            "id": self._counters.next_number("deployment", 145_000_001),
            "repository": repository["full_name"].lower(),
            "sha": str(body.get("sha") or self._repositories.head(repository)),
            "ref": BRANCH,
            "task": str(body.get("task", "deploy")),
            "environment": environment,
            "production": bool(body.get("production", environment == "production")),
            "created_ms": now,
            "updated_ms": now,
        }
        self._kept.put(str(made["id"]), made)
        told = bool(body.get("told", True))
        self._give(repository, made, "in_progress", told)
        if state := _state(body.get("state", "success")):
            self._give(repository, made, state, told)
        return reply(self._shown(repository, self._kept.get(str(made["id"])) or made))

    async def _set_state(self, request: web.Request) -> web.Response:
        """{"state", "told"?} -> the deployment."""
        body, found = await object_body(request, wrong), self._kept.get(request.match_info["id"])
        if found is None:
            raise wrong("there is no such deployment", 404)
        repository = self._repositories.ensure(found["repository"])
        self._give(repository, found, _state(body.get("state")), bool(body.get("told", True)))
        return reply(self._shown(repository, self._kept.get(str(found["id"])) or found))

    def _give(self, repository: Document, deployment: Document, state: str, told: bool) -> None:
        """A status; the deployment's `updated_at` moves with it."""
        now = now_ms()
        status = {
            "id": self._counters.next_number("status", 209_000_001),
            "deployment_id": deployment["id"],
            "state": state,
            "environment": deployment["environment"],
            "at_ms": now,
        }
        changed = {**deployment, "updated_ms": now}
        self._statuses.put(str(status["id"]), status)
        self._kept.put(str(deployment["id"]), changed)
        if told:
            members = {
                "deployment_status": status_shown(self._repositories.url(), repository, status),
                "deployment": self._shown(repository, changed),
            }
            self._tell("deployment_status", "created", members, repository)

    async def _list(self, request: web.Request) -> web.Response:
        """Newest first. environment, sha, task: only those."""
        repository = self._repositories.of(request)
        wanted = {
            name: request.query[name] for name in ("environment", "sha", "task") if name in request.query
        }
        found = [
            self._shown(repository, one)
            for one in reversed(self._kept.all())
            if one["repository"] == repository["full_name"].lower()
            and all(one[name] == value for name, value in wanted.items())
        ]
        return paged(request, self._repositories.url(), found)

    async def _list_statuses(self, request: web.Request) -> web.Response:
        repository, number = self._repositories.of(request), request.match_info["deployment"]
        deployment = self._kept.get(number)
        if deployment is None or deployment["repository"] != repository["full_name"].lower():
            raise missing()
        url = self._repositories.url()
        found = [one for one in reversed(self._statuses.all()) if str(one["deployment_id"]) == number]
        return paged(request, url, [status_shown(url, repository, one) for one in found])

    def _shown(self, repository: Document, deployment: Document) -> dict[str, Any]:
        return deployment_shown(self._repositories.url(), repository, deployment)


def _state(wanted: object) -> str:
    """Raises: Refusal of the control API."""
    state = str(wanted or "")
    if state and state not in STATES:
        raise wrong(f"state must be one of {', '.join(STATES)}")
    return state
