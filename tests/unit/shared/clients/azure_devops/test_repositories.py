"""Repositories: found in any state, made once, put away without touching others."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.clients.azure_devops import AzureDevOpsClient
from shared.errors import VendorRefused
from tests.fakes.azure_devops import URL, FakeAzureDevOps
from tests.fakes.vendor import Fault, every_fault, lost_reply, retry_later, status

PROJECT = "Payments"


async def test_a_repository_is_made_once(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    first = await client.repositories.create(PROJECT, "orders")
    again = await client.repositories.create(PROJECT, "Orders")
    assert first == again
    assert first == {
        "repository_id": next(iter(fake.git.repositories)),
        "name": "orders",
        "url": f"{URL}/{PROJECT}/_git/orders",
        "remote_url": f"{URL}/{PROJECT}/_git/orders",
        "default_branch": None,
        "is_disabled": False,
    }
    assert len(fake.sent("POST")) == 1


@every_fault
async def test_one_repository_whatever_happens(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, fault: Fault
) -> None:
    fake.fail("POST", "git/repositories", fault, fault)
    made = await retry_later(lambda: client.repositories.create(PROJECT, "orders"))
    assert list(fake.git.repositories) == [made["repository_id"]]


async def test_one_that_somebody_else_made_at_the_same_moment_is_found(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    def race(request: object, work: object) -> object:
        fake.git.add_repository("orders")
        return work()  # type: ignore[operator]

    fake.fail("POST", "git/repositories", race)  # type: ignore[arg-type]
    made = await client.repositories.create(PROJECT, "orders")
    assert list(fake.git.repositories) == [made["repository_id"]]


async def test_a_disabled_repository_is_found_too(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    repository_id = fake.git.add_repository("orders")
    fake.git.repositories[repository_id]["isDisabled"] = True
    found = await client.repositories.find(PROJECT, "ORDERS")
    assert found
    assert (found["repository_id"], found["is_disabled"]) == (repository_id, True)
    assert await client.repositories.find(PROJECT, "order") is None


async def test_a_repository_is_deleted_then_purged_and_both_can_be_said_again(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    mine, other = fake.git.add_repository("orders"), fake.git.add_repository("payments")
    assert [await client.repositories.delete(PROJECT, mine) for _ in range(2)] == [True, False]
    assert list(fake.git.deleted) == [mine]
    assert [await client.repositories.purge(PROJECT, mine) for _ in range(2)] == [True, False]
    assert (list(fake.git.repositories), fake.git.deleted) == ([other], {})


async def test_only_what_was_made_since_is_looked_for_in_the_recycle_bin(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    now = datetime.now(UTC)
    ids = [fake.git.add_repository(name) for name in ("orders", "Orders", "payments")]
    fake.git.repositories[ids[0]]["createdDate"] = (now - timedelta(days=3)).isoformat()
    for repository_id in ids:
        await client.repositories.delete(PROJECT, repository_id)
    since = now - timedelta(hours=1)
    assert await client.repositories.deleted_since(PROJECT, "orders", since) == [ids[1]]


async def test_an_archived_repository_is_renamed_and_disabled_once(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    repository_id = fake.git.add_repository("orders")
    fake.fail("PATCH", "git/repositories", lost_reply, status(503))
    first = await client.repositories.archive(PROJECT, repository_id, "orders-2026")
    requests = len(fake.sent("PATCH"))
    again = await client.repositories.archive(PROJECT, repository_id, "orders-2026")
    assert first == again
    assert (first["name"], first["is_disabled"]) == ("orders-2026", True)
    assert len(fake.sent("PATCH")) == requests == 3


async def test_an_archive_that_cannot_be_says_why_and_disables_nothing(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    repository_id = fake.git.add_repository("orders")
    fake.git.add_repository("taken")
    with pytest.raises(VendorRefused, match="TF400948"):
        await client.repositories.archive(PROJECT, repository_id, "taken")
    assert not fake.git.repositories[repository_id]["isDisabled"]
    with pytest.raises(VendorRefused) as refused:
        await client.repositories.archive(PROJECT, "gone", "x")
    assert refused.value.status == 404
