"""Branch policies: one per type on main, those of others left as they are."""

from typing import Any

import pytest

from shared.clients.azure_devops import (
    BUILD,
    MINIMUM_REVIEWERS,
    AzureDevOpsClient,
    build_validation,
    comments_resolved,
    linked_work_items,
    reviewers,
)
from tests.fakes.azure_devops import FakeAzureDevOps
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
DRAFTS = [reviewers(2), build_validation(11), comments_resolved(), linked_work_items()]


@pytest.fixture
def repository_id(fake: FakeAzureDevOps) -> str:
    return fake.git.add_repository("orders")


def there_already(fake: FakeAzureDevOps, type_id: str, **scope: Any) -> int:
    policy_id = len(fake.git.policies) + 1
    settings = {"scope": [{"refName": "refs/heads/main", "matchKind": "Exact", **scope}]}
    kind = {"id": type_id, "displayName": "x"}
    fake.git.policies[policy_id] = {"id": policy_id, "type": kind, "settings": settings}
    return policy_id


async def test_all_policies_are_made_blocking_on_main_and_once(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    first = await client.policies.ensure(PROJECT, repository_id, DRAFTS)
    again = await client.policies.ensure(PROJECT, repository_id, DRAFTS)
    assert first == again == {"policy_ids": [1, 2, 3, 4], "made": [1, 2, 3, 4], "ours": True}
    scope = [{"repositoryId": repository_id, "refName": "refs/heads/main", "matchKind": "Exact"}]
    for policy in fake.git.policies.values():
        assert (policy["isEnabled"], policy["isBlocking"], policy["settings"]["scope"]) == (True, True, scope)
    assert fake.git.policies[1]["settings"]["minimumApproverCount"] == 2
    assert fake.git.policies[2]["settings"]["buildDefinitionId"] == 11
    listed = await client.policies.list(PROJECT, repository_id)
    assert [policy["type_name"] for policy in listed] == [
        "Minimum number of reviewers",
        "Build",
        "Comment requirements",
        "Work item linking",
    ]


@pytest.mark.parametrize(
    "fault", [dropped, lost_reply, timed_out, malformed, status(500), done_but_failed(502)]
)
async def test_one_of_each_whatever_happens(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str, fault: Fault
) -> None:
    fake.fail("POST", "policy", fault, fault)
    ensured = await retry_later(lambda: client.policies.ensure(PROJECT, repository_id, DRAFTS))
    assert ensured["policy_ids"] == list(fake.git.policies) == [1, 2, 3, 4]


async def test_what_was_there_before_is_kept_and_not_ours(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    mine = there_already(fake, MINIMUM_REVIEWERS, repositoryId=repository_id.upper())
    before = dict(fake.git.policies[mine])
    ensured = await client.policies.ensure(PROJECT, repository_id, DRAFTS, found_before=[mine])
    assert ensured == {"policy_ids": [1, 2, 3, 4], "made": [2, 3, 4], "ours": False}
    assert fake.git.policies[mine] == before


async def test_policies_elsewhere_do_not_count(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    there_already(fake, MINIMUM_REVIEWERS, repositoryId=None)
    there_already(fake, MINIMUM_REVIEWERS, repositoryId="another")
    branch = there_already(fake, MINIMUM_REVIEWERS, repositoryId=repository_id, refName="refs/heads/release")
    elsewhere = [{"repositoryId": "another", "refName": "refs/heads/main"}]
    fake.git.policies[branch]["settings"]["scope"] += elsewhere
    build = there_already(fake, BUILD, repositoryId=repository_id)
    fake.git.policies[build]["settings"]["buildDefinitionId"] = 99
    ensured = await client.policies.ensure(PROJECT, repository_id, [reviewers(1), build_validation(11)])
    assert ensured["policy_ids"] == [5, 6]
    listed = await client.policies.list(PROJECT, repository_id)
    assert [policy["policy_id"] for policy in listed] == [branch, build, 5, 6]


async def test_no_drafts_make_nothing(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    ensured = await client.policies.ensure(PROJECT, repository_id, [])
    assert ensured == {"policy_ids": [], "made": [], "ours": True}
    assert fake.requests == []


async def test_a_policy_is_deleted_and_that_can_be_said_again(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    policy_id = there_already(fake, BUILD, repositoryId=repository_id)
    fake.fail("DELETE", "policy", status(503))
    assert [await client.policies.delete(PROJECT, policy_id) for _ in range(2)] == [True, False]
