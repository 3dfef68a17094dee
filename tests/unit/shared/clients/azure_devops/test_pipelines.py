"""Pipelines: made once, deleted, and allowed what they need."""

import pytest

from shared.clients.azure_devops import AzureDevOpsClient, ResourceName
from shared.errors import VendorRefused
from tests.fakes.azure_devops import URL, FakeAzureDevOps
from tests.fakes.vendor import (
    Fault,
    done_but_failed,
    dropped,
    lost_reply,
    malformed,
    retry_later,
    status,
    timed_out,
)

PROJECT = "Payments"
NAMES: list[ResourceName] = [
    {"type": "endpoint", "name": "azure-preview"},
    {"type": "environment", "name": "preview"},
]


async def test_a_pipeline_is_made_once_in_its_folder(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    first = await client.pipelines.create(PROJECT, "orders", "\\services", "r1")
    again = await client.pipelines.create(PROJECT, "Orders", "\\Services", "r1")
    assert first == again
    assert first == {
        "pipeline_id": 11,
        "name": "orders",
        "folder": "\\services",
        "url": f"{URL}/{PROJECT}/_build/definition?definitionId=11",
        "repository_id": "r1",
    }
    assert fake.pipelines.pipelines[11]["path"] == "/azure-pipelines.yml"
    assert await client.pipelines.find(PROJECT, "orders") is None


async def test_a_pipeline_of_another_repository_is_told_as_it_is(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.pipelines.add_pipeline("orders", "r-other")
    found = await client.pipelines.create(PROJECT, "orders", "\\", "r1")
    assert (found["pipeline_id"], found["repository_id"]) == (11, "r-other")
    assert fake.sent("POST") == []


@pytest.mark.parametrize(
    "fault", [dropped, lost_reply, timed_out, malformed, status(500), done_but_failed(502)]
)
async def test_one_pipeline_whatever_happens(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, fault: Fault
) -> None:
    fake.fail("POST", "pipelines", fault, fault)
    made = await retry_later(lambda: client.pipelines.create(PROJECT, "orders", "\\", "r1"))
    assert list(fake.pipelines.pipelines) == [made["pipeline_id"]]


async def test_a_pipeline_is_deleted_and_that_can_be_said_again(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    pipeline_id = fake.pipelines.add_pipeline("orders", "r1")
    fake.fail("DELETE", "definitions", status(503))
    assert [await client.pipelines.delete(PROJECT, pipeline_id) for _ in range(2)] == [True, False]


async def test_resources_are_found_in_the_order_of_their_names(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.fail("GET", "endpoints", status(503))
    assert await client.pipelines.resources(PROJECT, NAMES) == [
        {"type": "endpoint", "name": "azure-preview", "id": "e-preview"},
        {"type": "environment", "name": "preview", "id": "2"},
    ]
    assert await client.pipelines.resources(PROJECT, []) == []


async def test_all_missing_resources_are_named_at_once(client: AzureDevOpsClient) -> None:
    names: list[ResourceName] = [
        {"type": "endpoint", "name": "azure-qa"},
        *NAMES,
        {"type": "environment", "name": "qa"},
    ]
    with pytest.raises(VendorRefused, match="lacks endpoint azure-qa, environment qa"):
        await client.pipelines.resources(PROJECT, names)


async def test_a_pipeline_is_allowed_and_no_longer_however_often_it_is_said(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    pipeline_id, other = (fake.pipelines.add_pipeline(name, "r1") for name in ("orders", "payments"))
    resources = await client.pipelines.resources(PROJECT, NAMES)
    await client.pipelines.authorize(PROJECT, other, resources)
    fake.fail("PATCH", "permissions", lost_reply, status(503))
    for _ in range(2):
        await client.pipelines.authorize(PROJECT, pipeline_id, resources)
    assert fake.pipelines.permissions == {
        (kind, resource_id, pipeline)
        for kind, resource_id in (("endpoint", "e-preview"), ("environment", "2"))
        for pipeline in (pipeline_id, other)
    }
    fake.fail("PATCH", "permissions", lost_reply)
    for _ in range(2):
        await client.pipelines.revoke(PROJECT, pipeline_id, resources)
    assert await client.pipelines.authorized(PROJECT, pipeline_id, resources) == []
    assert await client.pipelines.authorized(PROJECT, other, resources) == resources


async def test_what_every_pipeline_may_use_counts_as_allowed(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    resources = await client.pipelines.resources(PROJECT, NAMES)
    fake.pipelines.for_all.add(("environment", "2"))
    assert await client.pipelines.authorized(PROJECT, 11, resources) == resources[1:]


async def test_of_a_pipeline_that_is_gone_nothing_is_left_to_take_but_nothing_can_be_given(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    resources = await client.pipelines.resources(PROJECT, NAMES)
    await client.pipelines.revoke(PROJECT, 99, resources)
    with pytest.raises(VendorRefused) as refused:
        await client.pipelines.authorize(PROJECT, 99, resources)
    assert refused.value.status == 404
    await client.pipelines.authorize(PROJECT, 99, [])
