"""Azure DevOps put together: one organisation."""

from collections.abc import Callable, Mapping, Sequence
from typing import override

from aiohttp import web

from sandbox.vendors.azure_devops import answers
from sandbox.vendors.azure_devops.access import check_credentials, check_version
from sandbox.vendors.azure_devops.azure_environments import AzureEnvironments
from sandbox.vendors.azure_devops.boards import Boards
from sandbox.vendors.azure_devops.branches import Branches
from sandbox.vendors.azure_devops.builds import Builds
from sandbox.vendors.azure_devops.checks import Checks
from sandbox.vendors.azure_devops.commits import Commits
from sandbox.vendors.azure_devops.comparing import Comparing
from sandbox.vendors.azure_devops.consequences import Consequences, Effects
from sandbox.vendors.azure_devops.contents import Contents
from sandbox.vendors.azure_devops.definitions import Definitions
from sandbox.vendors.azure_devops.environment_records import EnvironmentRecords
from sandbox.vendors.azure_devops.hooks import Hooks
from sandbox.vendors.azure_devops.items import Items
from sandbox.vendors.azure_devops.permissions import Permissions
from sandbox.vendors.azure_devops.pipelines import Pipelines
from sandbox.vendors.azure_devops.policies import Policies
from sandbox.vendors.azure_devops.projects import Projects
from sandbox.vendors.azure_devops.pull_requests import PullRequests
from sandbox.vendors.azure_devops.pushes import Pushes
from sandbox.vendors.azure_devops.recycle_bin import RecycleBin
from sandbox.vendors.azure_devops.repositories import Repositories
from sandbox.vendors.azure_devops.resources import Resources
from sandbox.vendors.azure_devops.run_api import RunApi
from sandbox.vendors.azure_devops.run_config import RunConfig
from sandbox.vendors.azure_devops.runs import Runs
from sandbox.vendors.azure_devops.stage import Stage
from sandbox.vendors.azure_devops.timeline import Timelines
from sandbox.vendors.framework import Operation, Vendor
from sandbox.vendors.store import Document, Store


class AzureDevOps(Vendor):
    """entra_accepts: whether (token, audience) is an Entra ID token. effects: what runs do elsewhere."""

    name = "azure_devops"

    def __init__(
        self,
        store: Store,
        credentials: Mapping[str, str],
        entra_accepts: Callable[[str, str], bool],
        effects: Effects,
    ) -> None:
        super().__init__(store, credentials)
        self._entra_accepts = entra_accepts
        kind, url, counters = self.collection, self._address, self.collection("_counter")
        self._projects = projects = Projects(kind("project"), url)
        contents = Contents(kind)
        repositories = Repositories(projects, contents, kind, url)
        commits = Commits(repositories, contents)
        pipelines = Pipelines(projects, repositories, kind("pipeline"), counters, url)
        policies = Policies(projects, kind("policy"), counters, repositories.has, pipelines.has, url)
        self._resources = Resources(projects, kind, counters)
        self._permissions = Permissions(
            projects, self._resources, kind("permission"), pipelines.has, lambda one: self.runs.granted(one)
        )
        self._consequences = Consequences(kind("consequence"), effects)
        self._environments = AzureEnvironments(
            kind("azure_environment"), projects, repositories, pipelines, effects
        )
        self._hooks = hooks = Hooks(kind("_service_hooks"), kind("sent_hook"), self.in_background, url)
        config = RunConfig(kind("_config"))
        self.runs = Runs(
            kind("run"),
            counters,
            config,
            self.in_background,
            self._ended_run,
            self._permissions.missing,
            lambda run: hooks.run_changed(run, pipelines.get(run["pipeline_id"])),
        )
        self._pipelines = pipelines
        self._pull_requests = PullRequests(
            projects, repositories, contents, kind("pull_request"), counters, hooks.merged
        )
        builds = Builds(projects, pipelines, self.runs, url)
        self._rooms = (
            projects,
            repositories,
            RecycleBin(projects, repositories, contents),
            commits,
            Branches(repositories, contents, policies.protects),
            Pushes(repositories, contents, commits, counters, policies.protects),
            Items(repositories, contents, commits),
            policies,
            pipelines,
            Definitions(projects, repositories, pipelines, url, self._pipeline_deleted),
            self._resources,
            self._permissions,
            RunApi(repositories, contents, pipelines, self.runs, url),
            builds,
            Comparing(projects, repositories, contents, commits, self.runs),
            Timelines(builds),
            EnvironmentRecords(projects, self._resources, self.runs),
            self._pull_requests,
            Boards(projects, kind("work_item"), counters, url),
            Checks(projects, kind("check")),
        )
        self._stage = Stage(
            projects,
            repositories,
            contents,
            self._resources,
            pipelines,
            self.runs,
            config,
            self._consequences,
        )

    @override
    def operations(self) -> Sequence[Operation]:
        return [operation for room in self._rooms for operation in room.operations()]

    @override
    def controls(self) -> Sequence[Operation]:
        return [*self._stage.controls(), *self._hooks.controls(), *self._pull_requests.controls()]

    @override
    def authenticate(self, request: web.Request) -> None:
        check_credentials(request, self.credentials["token"], self._entra_accepts)
        check_version(request)

    @override
    def error(self, status: int, message: str) -> web.Response:
        return answers.error(status, message)

    @override
    def start(self) -> None:
        for project in self._projects.all():
            self._resources.equip(project)
        self.runs.start()
        self._hooks.start()

    def _address(self) -> str:
        return self.url

    def _ended_run(self, run: Document) -> None:
        """The consequences of a run may come again after a restart, all of them."""
        self._environments.of(run)
        self._consequences.of(run)
        self._hooks.run_changed(run, self._pipelines.get(run["pipeline_id"]))

    def _pipeline_deleted(self, pipeline_id: int) -> None:
        self._permissions.forget(pipeline_id)
        self.runs.forget(pipeline_id)
