"""Azure DevOps put together: one organisation."""

from collections.abc import Callable, Mapping, Sequence
from typing import override

from aiohttp import web

from sandbox.vendors.azure_devops import answers
from sandbox.vendors.azure_devops.access import check_credentials, check_version
from sandbox.vendors.azure_devops.builds import Builds
from sandbox.vendors.azure_devops.pipelines import Pipelines
from sandbox.vendors.azure_devops.projects import Projects
from sandbox.vendors.azure_devops.repositories import Repositories
from sandbox.vendors.azure_devops.run_api import RunApi
from sandbox.vendors.azure_devops.runs import Runs
from sandbox.vendors.azure_devops.stage import Consequences, Effects, Stage
from sandbox.vendors.framework import Operation, Vendor
from sandbox.vendors.store import Store


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
        counters = self.collection("_counter")
        consequences = Consequences(self.collection("consequence"), effects)
        projects = Projects(self.collection("project"), self._address)
        repositories = Repositories(projects, self.collection, self._address)
        pipelines = Pipelines(projects, repositories, self.collection("pipeline"), counters, self._address)
        self.runs = Runs(
            self.collection("run"), counters, self.collection("_config"), self.in_background, consequences.of
        )
        run_api = RunApi(projects, repositories, pipelines, self.runs, self._address)
        builds = Builds(projects, pipelines, self.runs, self._address)
        self._rooms = (projects, repositories, pipelines, run_api, builds)
        self._stage = Stage(projects, repositories, pipelines, self.runs, consequences)

    @override
    def operations(self) -> Sequence[Operation]:
        return [operation for room in self._rooms for operation in room.operations()]

    @override
    def controls(self) -> Sequence[Operation]:
        return self._stage.controls()

    @override
    def authenticate(self, request: web.Request) -> None:
        check_credentials(request, self.credentials["token"], self._entra_accepts)
        check_version(request)

    @override
    def error(self, status: int, message: str) -> web.Response:
        return answers.error(status, message)

    @override
    def start(self) -> None:
        self.runs.start()

    def _address(self) -> str:
        return self.url
