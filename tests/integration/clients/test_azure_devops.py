"""Our client against the simulated Azure DevOps, under every fault on every write: one of each, and nothing left."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.clients.azure_devops import (
    AzureDevOpsClient,
    Resource,
    build_validation,
    comments_resolved,
    reviewers,
)
from shared.clients.http import http_client
from tests.integration.clients.stage import (
    CREDENTIALS,
    FAULTS,
    PROJECT,
    Stage,
    every_fault_of,
    persist,
    until_done,
)

NAME, KEY, MAIN = "orders", "provision-orders/push", "refs/heads/main"
FILES = {
    "azure-pipelines.yml": b"stages: []\n",
    "src/\xe9t\xe9.py": "print('olá')\n".encode(),
    "logo": b"\x89P\xff",
}
PARAMETERS = {"action": "apply", "environment": "development"}
TELLING = ("500", "504", "drop", "lost reply", "late lost reply", "malformed")
pytestmark = pytest.mark.usefixtures("no_pauses")


class Service:
    """A service in Azure DevOps, made and taken away as the saga does it, each step until it is done."""

    def __init__(self, stage: Stage, client: AzureDevOpsClient) -> None:
        self._stage, self._client = stage, client
        self.repository_id, self.pipeline_id, self.run_id = "", 0, 0
        self.resources: list[Resource] = []
        self.policy_ids: list[int] = []

    async def make(self) -> None:
        client = self._client
        repository = await self._step(lambda: client.repositories.create(PROJECT, NAME))
        self.repository_id = repository["repository_id"]
        pushed = await self._step(
            lambda: client.repositories.push_first_commit(
                PROJECT, self.repository_id, FILES, "Begin", KEY, "ValueFlow", "valueflow@contoso.test"
            )
        )
        assert pushed["ours"]
        pipeline = await self._step(lambda: client.pipelines.create(PROJECT, NAME, "\\", self.repository_id))
        self.pipeline_id = pipeline["pipeline_id"]
        drafts = [reviewers(2), build_validation(self.pipeline_id), comments_resolved()]
        ensured = await self._step(lambda: client.policies.ensure(PROJECT, self.repository_id, drafts))
        self.policy_ids = ensured["policy_ids"]
        self.resources = await self._step(
            lambda: client.pipelines.resources(
                PROJECT,
                [
                    {"type": "endpoint", "name": "azure-development"},
                    {"type": "environment", "name": "development"},
                ],
            )
        )
        await self._step(lambda: client.pipelines.authorize(PROJECT, self.pipeline_id, self.resources))
        run = await self._step(
            lambda: client.runs.start(PROJECT, self.pipeline_id, KEY, MAIN, parameters=PARAMETERS)
        )
        self.run_id = run["run_id"]

    async def take_away(self) -> None:
        client = self._client
        await self._step(lambda: client.runs.cancel(PROJECT, self.run_id))
        await self._step(lambda: client.pipelines.revoke(PROJECT, self.pipeline_id, self.resources))
        for policy_id in self.policy_ids:
            await self._step(lambda wanted=policy_id: client.policies.delete(PROJECT, wanted))
        await self._step(lambda: client.pipelines.delete(PROJECT, self.pipeline_id))
        assert await self._step(lambda: client.repositories.is_only_ours(PROJECT, self.repository_id, KEY))
        head = await self._step(lambda: client.repositories.head(PROJECT, self.repository_id))
        if head:
            await self._step(
                lambda: client.repositories.delete_branch(PROJECT, self.repository_id, "main", head)
            )
        await self._step(lambda: client.repositories.delete(PROJECT, self.repository_id))
        await self._step(lambda: client.repositories.purge(PROJECT, self.repository_id))

    async def _step[T](self, work: Callable[[], Awaitable[T]]) -> T:
        return await persist(self._stage, work)


KINDS = ("repository", "deleted_repository", "commit", "ref", "policy", "pipeline", "permission", "run")


def there(stage: Stage) -> dict[str, int]:
    """How many of each kind, beside the repository that the project began with."""
    counted = {kind: len(stage.documents(kind)) for kind in KINDS}
    return {**counted, "repository": counted["repository"] - 1}


@pytest.fixture
def service(azure_devops: Stage, devops: AzureDevOpsClient) -> Service:
    return Service(azure_devops, devops)


MAKING = {
    "create_push": tuple(FAULTS),
    **dict.fromkeys(("create_repository", "create_policy", "create_pipeline", "create_run"), TELLING),
    "set_permissions_of_many": TELLING,
    **dict.fromkeys(("list_repositories", "list_refs", "get_commit"), ("503", "malformed")),
    **dict.fromkeys(("list_repository_policies", "list_definitions", "list_endpoints"), ("503", "malformed")),
}
TAKING_AWAY = ("update_build", "set_permissions_of_many", "delete_policy", "delete_definition", "update_refs")


@pytest.mark.parametrize(
    ("operation", "fault"),
    [pytest.param(name, fault, id=f"{name}, {fault}") for name, faults in MAKING.items() for fault in faults],
)
async def test_one_of_each(azure_devops: Stage, service: Service, operation: str, fault: str) -> None:
    azure_devops.break_next(operation, FAULTS[fault])
    await service.make()
    await azure_devops.settled()
    first = (service.repository_id, service.pipeline_id, service.policy_ids, service.run_id)
    await service.make()
    assert (service.repository_id, service.pipeline_id, service.policy_ids, service.run_id) == first
    assert there(azure_devops) == {
        "repository": 1,
        "deleted_repository": 0,
        "commit": 1,
        "ref": 1,
        "policy": 3,
        "pipeline": 1,
        "permission": 2,
        "run": 1,
    }


@pytest.mark.parametrize("fault", ["500", "lost reply", "late lost reply", "malformed"])
@pytest.mark.parametrize("operation", [*TAKING_AWAY, "delete_repository", "purge_repository"])
async def test_nothing_is_left(azure_devops: Stage, service: Service, operation: str, fault: str) -> None:
    await service.make()
    azure_devops.break_next(operation, FAULTS[fault])
    await service.take_away()
    await azure_devops.settled()
    assert there(azure_devops) == dict.fromkeys(KINDS, 0)


@pytest.mark.parametrize("fault", TELLING)
async def test_a_repository_is_archived_once(
    azure_devops: Stage, devops: AzureDevOpsClient, service: Service, fault: str
) -> None:
    await service.make()
    azure_devops.break_next("update_repository", FAULTS[fault], times=2)
    for _ in range(2):
        archived = await until_done(
            azure_devops,
            lambda: devops.repositories.archive(PROJECT, service.repository_id, "orders-archived"),
        )
        assert (archived["name"], archived["is_disabled"]) == ("orders-archived", True)
    assert await devops.repositories.find(PROJECT, NAME) is None
    assert await devops.repositories.find(PROJECT, "Orders-Archived") == archived


async def test_what_was_pushed_is_what_is_there(
    azure_devops: Stage, devops: AzureDevOpsClient, service: Service
) -> None:
    await service.make()
    http = http_client(f"{azure_devops.url}/contoso/{PROJECT}/_apis/git/repositories/{service.repository_id}")
    http.auth = httpx.BasicAuth("", CREDENTIALS["token"])
    for path, content in FILES.items():
        found = await http.get("/items", params={"path": f"/{path}", "api-version": "7.1"})
        assert found.content == content
        assert await devops.repositories.has_file(PROJECT, service.repository_id, path)
    await http.aclose()
    assert not await devops.repositories.has_file(PROJECT, service.repository_id, "/absent")
    head = await devops.repositories.head(PROJECT, service.repository_id)
    assert head
    message = await devops.repositories.commit_message(PROJECT, service.repository_id, head)
    assert message == f"Begin\n\n[valueflow:{KEY}]"


async def test_a_run_ends_at_the_stage_that_fails(
    azure_devops: Stage, devops: AzureDevOpsClient, service: Service
) -> None:
    await azure_devops.control(
        "PUT", "/config", {"run_seconds": 0.1, "fail": [{"pipeline": NAME, "stage": "scan"}]}
    )
    await service.make()
    assert await devops.runs.failed_stage(PROJECT, await ended(devops, service)) == "scan"
    started = await devops.runs.find_started(PROJECT, service.pipeline_id, KEY)
    assert started
    assert (started["run_id"], started["result"]) == (service.run_id, "failed")
    assert azure_devops.documents("azure_environment") == []


async def test_a_run_waits_until_its_pipeline_may_deploy(
    azure_devops: Stage, devops: AzureDevOpsClient, service: Service
) -> None:
    await azure_devops.control("PUT", "/config", {"run_seconds": 0})
    await service.make()
    await ended(devops, service)
    await devops.pipelines.revoke(PROJECT, service.pipeline_id, service.resources)
    assert await devops.pipelines.authorized(PROJECT, service.pipeline_id, service.resources) == []
    started = await devops.runs.start(PROJECT, service.pipeline_id, "k2", MAIN, parameters=PARAMETERS)
    service.run_id = started["run_id"]
    waiting = await devops.runs.get(PROJECT, service.pipeline_id, service.run_id)
    assert (waiting["state"], waiting["result"]) == ("inProgress", None)
    await devops.pipelines.authorize(PROJECT, service.pipeline_id, service.resources)
    assert await devops.runs.failed_stage(PROJECT, await ended(devops, service)) == ""
    authorized = await devops.pipelines.authorized(PROJECT, service.pipeline_id, service.resources)
    assert authorized == service.resources


async def test_the_recycle_bin_tells_what_was_deleted_under_a_name(
    devops: AzureDevOpsClient, service: Service
) -> None:
    from datetime import UTC, datetime, timedelta

    began = datetime.now(UTC) - timedelta(seconds=1)
    await service.make()
    await devops.repositories.delete(PROJECT, service.repository_id)
    assert await devops.repositories.deleted_since(PROJECT, "ORDERS", began) == [service.repository_id]
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert await devops.repositories.deleted_since(PROJECT, NAME, later) == []
    assert not await devops.repositories.delete(PROJECT, service.repository_id)
    assert await devops.repositories.purge(PROJECT, service.repository_id)
    assert not await devops.repositories.purge(PROJECT, service.repository_id)


async def ended(client: AzureDevOpsClient, service: Service) -> int:
    """The run's id, when it has ended."""
    for _ in range(400):
        run = await client.runs.get(PROJECT, service.pipeline_id, service.run_id)
        if run["state"] == "completed":
            return service.run_id
        await asyncio.sleep(0.02)
    raise AssertionError("the run did not end")


async def a_pipeline(azure_devops: Stage) -> tuple[int, list[dict[str, Any]]]:
    """A pipeline with a good run and a bad one."""
    pipeline = await azure_devops.tell("/pipelines", {"project": "My Project", "name": "deploy"})
    past = [
        {"pipeline_id": pipeline["id"], "comment": comment, "finished_ago_seconds": ago}
        for comment, ago in (("good", 7200), ("bad", 600))
    ]
    return pipeline["id"], await azure_devops.tell("/runs", past)


@every_fault_of("create_run", "list_runs", "get_run")
async def test_one_run(
    azure_devops: Stage, devops: AzureDevOpsClient, operation: str, fault: dict[str, Any]
) -> None:
    pipeline_id, (_, bad) = await a_pipeline(azure_devops)
    good = await devops.runs.last_good("My Project", pipeline_id, int(bad["id"]))
    assert good is not None
    assert good["commit"]

    async def start() -> int:
        assert good["commit"]
        assert good["ref_name"]
        started = await devops.runs.start("My Project", pipeline_id, "k", good["ref_name"], good["commit"])
        return started["run_id"]

    azure_devops.break_next(operation, fault)
    run_id = await until_done(azure_devops, start)
    assert await start() == run_id
    keyed = [run for run in azure_devops.documents("run") if "VALUEFLOW_KEY" in json.dumps(run)]
    assert len(keyed) == 1
    run = await devops.runs.get("My Project", pipeline_id, run_id)
    assert (run["commit"], run["key"]) == (good["commit"], "k")
