"""Checks that wait for a callback, ended by the app's own client."""

from collections.abc import AsyncIterator

import pytest

from shared.clients.azure_devops import AzureDevOpsClient, azure_devops_client
from tests.unit.sandbox.vendors.azure_devops.calls import ado
from tests.unit.sandbox.vendors.rig import Rig

PLAN, JOB, TASK = "plan-1", "job-1", "task-1"
EVENTS = f"/contoso/shop/_apis/distributedtask/hubs/checks/plans/{PLAN}/events"
EVENT = {"name": "TaskCompleted", "taskId": TASK, "jobId": JOB, "result": "succeeded"}


@pytest.fixture
async def client(rig: Rig) -> AsyncIterator[AzureDevOpsClient]:
    await rig.control("azure_devops", "POST", "/projects", {"name": "shop"})
    made = azure_devops_client(
        f"{rig.urls['azure_devops']}/contoso", rig.credentials["azure_devops"]["token"]
    )
    yield made
    await made.aclose()


async def test_a_check_ends_once_as_it_was_told_first(rig: Rig, client: AzureDevOpsClient) -> None:
    for passed in (False, True):
        await client.checks.complete("shop", "checks", PLAN, JOB, TASK, passed=passed)

    (check,) = (await rig.control("azure_devops", "GET", "/state"))["check"]
    assert (check["plan"], check["taskId"], check["result"]) == (PLAN, TASK, "failed")


@pytest.mark.parametrize("wrong", [{"name": "TaskStarted"}, {"result": "maybe"}, {"taskId": ""}])
async def test_an_event_that_says_nothing_of_use_is_refused(
    rig: Rig, client: AzureDevOpsClient, wrong: dict[str, str]
) -> None:
    answer = await ado(rig, "POST", EVENTS, json={**EVENT, **wrong})

    assert answer.status_code == 400
    state = await rig.control("azure_devops", "GET", "/state")
    assert state.get("check", []) == []
