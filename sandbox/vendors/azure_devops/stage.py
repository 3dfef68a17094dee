"""What the sandbox may set up: projects, pipelines, runs of the past, and how the next ones go."""

import re
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.consequences import Consequences
from sandbox.vendors.azure_devops.contents import DEFAULT_BRANCH, Author, Contents, Files
from sandbox.vendors.azure_devops.pipelines import Pipelines
from sandbox.vendors.azure_devops.projects import Projects
from sandbox.vendors.azure_devops.repositories import Repositories
from sandbox.vendors.azure_devops.resources import Resources
from sandbox.vendors.azure_devops.run_config import RESULTS, RunConfig
from sandbox.vendors.azure_devops.runs import Runs
from sandbox.vendors.clock import now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, json_body, object_body, reply
from sandbox.vendors.store import Document

_YAML = b"""trigger: none
parameters:
  - { name: action, type: string, default: apply, values: [apply, stop, start, destroy] }
  - { name: environment, type: string, default: production }
stages: []
"""
_CONSEQUENCE = {"pipeline_id", "when_version", "resolves_problem", "heals_service"}


class Stage:
    """The control API of Azure DevOps."""

    def __init__(
        self,
        projects: Projects,
        repositories: Repositories,
        contents: Contents,
        resources: Resources,
        pipelines: Pipelines,
        runs: Runs,
        config: RunConfig,
        consequences: Consequences,
    ) -> None:
        self._projects, self._repositories, self._contents = projects, repositories, contents
        self._resources, self._pipelines, self._runs = resources, pipelines, runs
        self._config, self._consequences = config, consequences

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
        self._resources.equip(project)
        self._repositories.ensure(project, project["name"])
        return reply(project, HTTPStatus.CREATED)

    async def _add_pipeline(self, request: web.Request) -> web.Response:
        """{"project", "name", "repository"} -> the pipeline; it, project and repository made if not there."""
        body = await object_body(request, wrong)
        project = self._projects.ensure(_word(body, "project"))
        self._resources.equip(project)
        repository = self._repositories.ensure(project, str(body.get("repository") or project["name"]))
        name = _word(body, "name")
        pipeline = self._pipelines.find(project, name) or self._pipelines.add(project, name, repository)
        return reply(pipeline, HTTPStatus.CREATED)

    async def _add_runs(self, request: web.Request) -> web.Response:
        """One run of the past, or a list of them, oldest first -> what was made.

        {"pipeline_id", "commit"?, "comment"?, "author"?, "branch"?, "result"?, "finished_ms"? (or
        "finished_ago_seconds"?), "duration_seconds"?, "tags"?, "variables"?, "files"? ({path: text}, of the commit)}
        """
        body = await json_body(request, wrong)
        wanted = body if isinstance(body, list) else [body]
        made = [self._add_run(one) for one in wanted]
        return reply(made if isinstance(body, list) else made[0], HTTPStatus.CREATED)

    def _add_run(self, body: object) -> Document:
        if not isinstance(body, dict) or not (pipeline := self._pipelines.get(body.get("pipeline_id"))):
            raise wrong("pipeline_id names no pipeline")
        result = body.get("result", "succeeded")
        if result not in RESULTS:
            raise wrong(f"result must be one of {', '.join(RESULTS)}")
        finish = int(body.get("finished_ms", now_ms() - 1000 * float(body.get("finished_ago_seconds", 0))))
        created = finish - round(1000 * float(body.get("duration_seconds", 60)))
        commit_id = str(body.get("commit") or secrets.token_hex(20)).lower()
        if not re.fullmatch(r"[0-9a-f]{40}", commit_id):
            raise wrong("commit must have 40 hexadecimal digits")
        comment, author = str(body.get("comment", "Change")), str(body.get("author", "Bruno Lima"))
        branch = str(body.get("branch", DEFAULT_BRANCH))
        files = {f"/{path.lstrip('/')}": str(text).encode() for path, text in body.get("files", {}).items()}
        self._commit(pipeline, branch, commit_id, comment, author, created - 60_000, files)
        run = {
            "pipeline_id": pipeline["id"],
            "project_id": pipeline["project_id"],
            "repository_id": pipeline["repository_id"],
            "ref_name": branch,
            "version": commit_id,
            "reason": "individualCI",
            "tags": [str(tag) for tag in body.get("tags", [])],
            "variables": {
                str(name): {"value": str(value), "isSecret": False}
                for name, value in body.get("variables", {}).items()
            },
        }
        return self._runs.add(run, created, finish, result, settled=True)

    def _commit(
        self,
        pipeline: Document,
        branch: str,
        commit_id: str,
        comment: str,
        author: str,
        at_ms: int,
        changed: Files,
    ) -> None:
        """Put a commit with the pipeline's YAML file on the branch; one that is there stays as it is."""
        repository = self._repositories.get(pipeline["repository_id"])
        if repository is None or self._contents.commit(repository["id"], commit_id):
            return
        parent = self._contents.head(repository["id"], branch)
        parent = parent or self._contents.head(repository["id"], DEFAULT_BRANCH)
        files = (self._contents.files(repository["id"], parent) if parent else None) or {}
        path = f"/{pipeline['path'].lstrip('/')}"
        whole = {path: _YAML, **files, **changed}
        self._contents.record(repository["id"], parent, whole, comment, Author(author), at_ms, commit_id)
        self._contents.point(repository["id"], branch, commit_id)
        self._repositories.filled(repository, branch)

    async def _get_config(self, _: web.Request) -> web.Response:
        return reply(self._config.shown())

    async def _set_config(self, request: web.Request) -> web.Response:
        """{"run_seconds"?, "next_result"?, "fail"?} -> the whole configuration; see RunConfig."""
        return reply(self._config.change(await object_body(request, wrong)))

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


def _word(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise wrong(f"{name} is missing")
    return value
