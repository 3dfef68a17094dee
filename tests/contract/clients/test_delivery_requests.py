"""What is asked about deliveries is what the vendors describe, and the fakes' answers are as described."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from shared.clients.azure_devops import azure_devops_client
from shared.clients.dynatrace import dynatrace_client
from tests.contract.clients.spec import faults, schema_faults
from tests.fakes.azure_devops import TOKEN, URL, FakeAzureDevOps
from tests.fakes.dynatrace import SERVICE, FakeDynatrace
from tests.fakes.dynatrace import TOKEN as DYNATRACE_TOKEN
from tests.fakes.dynatrace import URL as DYNATRACE_URL
from tests.fakes.hooks import COMMIT
from tests.fakes.vendor import Exchange

type Spec = Callable[[str], dict[str, Any]]

PROJECT, REPOSITORY = "Payments", "4bc14d40-c903-45e2-872e-0462c7748079"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
UNDESCRIBED = ("distributedtask/", "/timeline")
"""Areas whose descriptions are not at hand; the timeline is in test_azure_devops_requests."""


@pytest.fixture
async def exchanges() -> list[Exchange]:
    fake = FakeAzureDevOps(PROJECT)

    rooms = azure_devops_client(URL, TOKEN, transport=fake.transport).deployments
    fake.add_run(1, "a" * 40)
    fake.add_run(2, COMMIT)
    fake.deliveries.deployed("production", 2)
    fake.deliveries.pipelines_of[REPOSITORY] = [7]
    fake.deliveries.default_branches[REPOSITORY] = "refs/heads/main"
    fake.deliveries.work_items_of[12] = [5]
    fake.deliveries.pull_requests = [
        {
            "pullRequestId": 12,
            "status": "completed",
            "closedDate": "2026-11-20T10:00:00Z",
            "targetRefName": "refs/heads/main",
            "lastMergeCommit": {"commitId": COMMIT},
            "repository": {"id": REPOSITORY, "name": "checkout"},
            "_commits": [{"commitId": "1" * 40, "author": {"date": "2026-11-19T09:00:00Z"}}],
        }
    ]
    run = await rooms.run(PROJECT, 7, 2)
    assert run is not None
    assert await rooms.previous(PROJECT, 7, run)
    assert await rooms.records(PROJECT, 2)
    assert len(await rooms.runs_since(PROJECT, SINCE, [7])) == 2
    assert await rooms.pull_requests_since(PROJECT, SINCE)
    assert await rooms.pull_request_of(PROJECT, REPOSITORY, COMMIT)
    assert await rooms.commits_of(PROJECT, REPOSITORY, 12, 501)
    assert await rooms.work_items_of(PROJECT, REPOSITORY, 12) == [5]
    assert await rooms.default_branch(PROJECT, REPOSITORY) == "refs/heads/main"
    assert await rooms.pipelines_of(PROJECT, REPOSITORY) == [7]
    assert await rooms.repositories_of(PROJECT, [7]) == [REPOSITORY]
    return fake.exchanges


def area(request: httpx.Request) -> str:
    path = request.url.path.partition("/_apis/")[2]
    return next((name for name in ("git", "build") if path.startswith(f"{name}/")), "pipelines")


async def test_every_request_to_azure_devops_is_described(spec: Spec, exchanges: list[Exchange]) -> None:
    found = [
        (request.method, request.url.path, fault)
        for request, _ in exchanges
        if not any(one in request.url.path for one in UNDESCRIBED)
        for fault in faults(spec(f"azure-devops-{area(request)}-7.1.json"), request)
    ]

    assert found == []


async def test_pull_requests_and_builds_of_the_fake_are_as_described(
    spec: Spec, exchanges: list[Exchange]
) -> None:
    checked = set()
    for request, response in exchanges:
        name = {"/git/pullrequests": "GitPullRequest", "/build/builds": "Build"}.get(
            request.url.path.partition("_apis")[2]
        )
        if name:
            document = spec(f"azure-devops-{area(request)}-7.1.json")
            for one in response.json()["value"]:
                whole = {key: part for key, part in one.items() if key != "templateParameters"}
                assert schema_faults(document, {"$ref": f"#/definitions/{name}"}, whole) == []
            checked.add(name)
    assert checked == {"GitPullRequest", "Build"}


async def test_what_dynatrace_is_told_is_described(spec: Spec) -> None:
    fake = FakeDynatrace()
    fake.add_entity(SERVICE, "checkout")

    client = dynatrace_client(DYNATRACE_URL, DYNATRACE_TOKEN, fake.transport)
    told: Any = {"key": "k", "title": "checkout 1", "start_ms": 1, "end_ms": 2, "properties": {"commit": "c"}}
    assert await client.events.ensure_deployment(SERVICE, told) == "created"

    document = spec("dynatrace-env-v2.json")
    assert [fault for request, _ in fake.exchanges for fault in faults(document, request)] == []
    reference = {"$ref": "#/components/schemas/EventIngestResults"}
    assert schema_faults(document, reference, fake.exchanges[-1][1].json()) == []
