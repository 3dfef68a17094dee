"""What the sandbox may set up: projects, pipelines, runs of the past, and what a run leads to elsewhere."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol

from aiohttp import web

from sandbox.vendors.azure_devops.pipelines import Pipelines
from sandbox.vendors.azure_devops.projects import Projects
from sandbox.vendors.azure_devops.repositories import Repositories, new_commit_id
from sandbox.vendors.azure_devops.run_api import DEFAULT_BRANCH
from sandbox.vendors.azure_devops.runs import Runs
from sandbox.vendors.clock import now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, json_body, object_body, reply
from sandbox.vendors.store import Collection, Document

_RESULTS = {"succeeded", "failed", "canceled"}
_CONSEQUENCE = {"pipeline_id", "when_version", "resolves_problem", "heals_service"}


class Effects(Protocol):
    """What a run can do to the world it is deployed to."""

    def resolve_problem(self, problem_id: str) -> None: ...

    def heal_service(self, entity_id: str) -> None: ...


class Stage:
    """The control API of Azure DevOps."""

    def __init__(
        self,
        projects: Projects,
        repositories: Repositories,
        pipelines: Pipelines,
        runs: Runs,
        consequences: "Consequences",
    ) -> None:
        self._projects, self._repositories = projects, repositories
        self._pipelines, self._runs, self._consequences = pipelines, runs, consequences

    def controls(self) -> Sequence[Operation]:
        return [
            Operation("add_project", "POST", "/projects", self._add_project),
            Operation("add_pipeline", "POST", "/pipelines", self._add_pipeline),
            Operation("add_runs", "POST", "/runs", self._add_runs),
            Operation("get_config", "GET", "/config", self._get_config),
            Operation("set_config", "PUT", "/config", self._set_config),
            Operation("get_consequences", "GET", "/consequences", self._get_consequences),
            Operation("set_consequences", "PUT", "/consequences", self._set_consequences),
        ]

    async def _add_project(self, request: web.Request) -> web.Response:
        """{"name", "description"?} -> the project, with a repository of its name; made if it is not there."""
        body = await object_body(request, wrong)
        project = self._projects.ensure(_word(body, "name"), str(body.get("description", "")))
        self._repositories.ensure(project, project["name"])
        return reply(project, HTTPStatus.CREATED)

    async def _add_pipeline(self, request: web.Request) -> web.Response:
        """{"project", "name", "repository"} -> the pipeline; it, project and repository made if not there."""
        body = await object_body(request, wrong)
        project = self._projects.ensure(_word(body, "project"))
        repository = self._repositories.ensure(project, str(body.get("repository") or project["name"]))
        name = _word(body, "name")
        pipeline = self._pipelines.find(project, name) or self._pipelines.add(project, name, repository)
        return reply(pipeline, HTTPStatus.CREATED)

    async def _add_runs(self, request: web.Request) -> web.Response:
        """One run of the past, or a list of them, oldest first -> what was made.

        {"pipeline_id", "commit"?, "comment"?, "author"?, "branch"?, "result"?, "finished_ms"? (or
        "finished_ago_seconds"?), "duration_seconds"?, "tags"?, "variables"?}
        """
        body = await json_body(request, wrong)
        wanted = body if isinstance(body, list) else [body]
        made = [self._add_run(one) for one in wanted]
        return reply(made if isinstance(body, list) else made[0], HTTPStatus.CREATED)

    def _add_run(self, body: object) -> Document:
        if not isinstance(body, dict) or not (pipeline := self._pipelines.get(body.get("pipeline_id"))):
            raise wrong("pipeline_id names no pipeline")
        result = body.get("result", "succeeded")
        if result not in _RESULTS:
            raise wrong(f"result must be one of {', '.join(sorted(_RESULTS))}")
        finish = int(body.get("finished_ms", now_ms() - 1000 * float(body.get("finished_ago_seconds", 0))))
        created = finish - round(1000 * float(body.get("duration_seconds", 60)))
        commit_id = str(body.get("commit") or new_commit_id()).lower()
        if not re.fullmatch(r"[0-9a-f]{40}", commit_id):
            raise wrong("commit must have 40 hexadecimal digits")
        comment, author = str(body.get("comment", "Change")), str(body.get("author", "Bruno Lima"))
        self._repositories.add_commit(pipeline["repository_id"], commit_id, comment, author, created - 60_000)
        run = {
            "pipeline_id": pipeline["id"],
            "project_id": pipeline["project_id"],
            "repository_id": pipeline["repository_id"],
            "ref_name": str(body.get("branch", DEFAULT_BRANCH)),
            "version": commit_id,
            "reason": "individualCI",
            "tags": [str(tag) for tag in body.get("tags", [])],
            "variables": {
                str(name): {"value": str(value), "isSecret": False}
                for name, value in body.get("variables", {}).items()
            },
        }
        return self._runs.add(run, created, finish, result, settled=True)

    async def _get_config(self, _: web.Request) -> web.Response:
        return reply(self._runs.config())

    async def _set_config(self, request: web.Request) -> web.Response:
        """{"run_seconds"?, "next_result"?} -> the whole configuration."""
        body = await object_body(request, wrong)
        if unknown := body.keys() - {"run_seconds", "next_result"}:
            raise wrong(f"unknown fields: {', '.join(sorted(unknown))}")
        seconds = body.get("run_seconds", 0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise wrong("run_seconds must be a number of at least 0")
        if body.get("next_result", "succeeded") not in _RESULTS:
            raise wrong(f"next_result must be one of {', '.join(sorted(_RESULTS))}")
        return reply(self._runs.configure(body))

    async def _get_consequences(self, _: web.Request) -> web.Response:
        return reply(self._consequences.listed())

    async def _set_consequences(self, request: web.Request) -> web.Response:
        """[{"pipeline_id", "when_version"?, "resolves_problem"?, "heals_service"?}] in place of all before."""
        body = await json_body(request, wrong)
        if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
            raise wrong("a list of consequences is expected")
        for one in body:
            if unknown := one.keys() - _CONSEQUENCE:
                raise wrong(f"unknown fields: {', '.join(sorted(unknown))}")
            if self._pipelines.get(one.get("pipeline_id")) is None:
                raise wrong("pipeline_id names no pipeline")
        self._consequences.replace(body)
        return reply(self._consequences.listed())


class Consequences:
    """What happens elsewhere when a run ends well: problems end, services recover."""

    def __init__(self, kept: Collection, effects: Effects) -> None:
        self._kept, self._effects = kept, effects

    def listed(self) -> list[Document]:
        return self._kept.all()

    def replace(self, wanted: Sequence[Mapping[str, Any]]) -> None:
        self._kept.clear()
        for number, one in enumerate(wanted):
            self._kept.put(str(number), dict(one))

    def of(self, run: Mapping[str, Any]) -> None:
        """Let what follows from the run happen; once more does no harm."""
        if run["result"] != "succeeded":
            return
        for one in self._kept.all():
            version = one.get("when_version")
            if one["pipeline_id"] != run["pipeline_id"] or (version and version.lower() != run["version"]):
                continue
            if service := one.get("heals_service"):
                self._effects.heal_service(service)
            if problem := one.get("resolves_problem"):
                self._effects.resolve_problem(problem)


def _word(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise wrong(f"{name} is missing")
    return value
