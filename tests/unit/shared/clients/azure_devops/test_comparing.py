"""What lies between two runs: titles of commits, paths of files, nobody's name."""

import pytest

from shared.clients.azure_devops import AzureDevOpsClient
from shared.errors import VendorRefused, VendorUnavailable
from tests.fakes.azure_devops import FakeAzureDevOps
from tests.fakes.vendor import answer, malformed, status


def versions(fake: FakeAzureDevOps) -> tuple[str, str, str]:
    """(repository id, the first commit, the last)."""
    repository_id = fake.git.add_repository("payments")
    first = fake.git.add_commit(repository_id, "Begin", {"/src/app.py": b"1", "/README.md": b"x"})
    fake.git.add_commit(repository_id, "  Cache prices\n\nby Ana", {"/src/app.py": b"2"})
    last = fake.git.add_commit(repository_id, "Smaller pool", {"/config/app.yaml": b"pool: 5"})
    fake.add_run(101, first, repository_id=repository_id)
    fake.add_run(102, last, repository_id=repository_id)
    return repository_id, first, last


async def test_the_titles_of_the_commits_come_newest_first(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    versions(fake)
    fake.fail("GET", "/build/changes", status(503), malformed)

    found = await client.comparing.commits("Payments", 101, 102)

    assert [one["title"] for one in found] == ["Smaller pool", "Cache prices"]
    assert "Ana" not in str(found)


async def test_a_bare_list_is_an_answer_too(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    """As the vendor's description has it."""
    fake.fail("GET", "/build/changes", lambda request, work: answer([{"id": "a" * 40, "message": None}]))

    assert await client.comparing.commits("Payments", 1, 2) == [{"commit": "a" * 40, "title": "", "at": ""}]


async def test_the_files_that_differ_come_without_their_folders(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    repository_id, first, last = versions(fake)

    found = await client.comparing.difference("Payments", repository_id, first, last)

    assert found == {"paths": ["/config/app.yaml", "/src/app.py"], "is_whole": True}


async def test_a_commit_that_is_not_there_is_refused(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    repository_id, first, _ = versions(fake)

    with pytest.raises(VendorRefused) as refused:
        await client.comparing.difference("Payments", repository_id, first, "f" * 40)
    assert refused.value.status == 404


async def test_a_run_says_of_which_repository_it_is(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    repository_id, _, _ = versions(fake)

    assert (await client.runs.get("Payments", 7, 102))["repository_id"] == repository_id


SOURCE, TARGET = "b" * 40, "a" * 40
PULL_REQUEST = {
    "pullRequestId": 41,
    "createdBy": {"displayName": "Ana"},
    "lastMergeSourceCommit": {"commitId": SOURCE},
    "lastMergeTargetCommit": {"commitId": TARGET},
}


async def test_a_pull_request_is_known_by_the_commits_it_merges(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.fail("GET", "/pullrequests/41", status(503), lambda request, work: answer(PULL_REQUEST))

    assert await client.comparing.ends_of_pull_request("Payments", "r-1", 41) == (TARGET, SOURCE)


async def test_a_pull_request_that_is_not_there_is_none(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.fail("GET", "/pullrequests/41", status(404))

    assert await client.comparing.ends_of_pull_request("Payments", "r-1", 41) is None


async def test_a_pull_request_whose_merge_is_not_computed_yet_is_for_later(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.fail("GET", "/pullrequests/41", lambda request, work: answer({"pullRequestId": 41}))

    with pytest.raises(VendorUnavailable):
        await client.comparing.ends_of_pull_request("Payments", "r-1", 41)


async def test_a_pull_request_s_difference_leaves_out_what_its_target_gained_meanwhile(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    repository_id, first, last = versions(fake)

    whole = await client.comparing.difference("Payments", repository_id, last, first)
    since_common = await client.comparing.difference(
        "Payments", repository_id, last, first, since_common=True
    )

    assert whole["paths"] == ["/config/app.yaml", "/src/app.py"]
    assert since_common["paths"] == []
