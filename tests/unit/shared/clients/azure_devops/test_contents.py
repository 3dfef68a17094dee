"""What is in a repository, whose it is, and a first commit that is pushed once and never over anything."""

import base64

import pytest

from shared.clients.azure_devops import AzureDevOpsClient
from shared.clients.azure_devops.pushes import FirstCommit
from shared.errors import VendorRefused, VendorUnavailable
from tests.fakes.azure_devops import FakeAzureDevOps
from tests.fakes.vendor import (
    Fault,
    body_of,
    done_but_failed,
    dropped,
    lost_reply,
    malformed,
    retry_later,
    status,
    timed_out,
)

PROJECT, KEY, MAIN = "Payments", "provision-orders/push", "refs/heads/main"
OURS = f"Begin\n\n[valueflow:{KEY}]"
FILES = {"src/app.py": b"print(1)\n", "logo.png": b"\x89PNG", "bom.txt": b"\xef\xbb\xbfx", "nul": b"a\0b"}


@pytest.fixture
def repository_id(fake: FakeAzureDevOps) -> str:
    return fake.git.add_repository("orders")


async def push(client: AzureDevOpsClient, repository_id: str) -> FirstCommit:
    return await client.repositories.push_first_commit(
        PROJECT, repository_id, FILES, "Begin", KEY, "ValueFlow", "valueflow@contoso.test"
    )


async def test_all_files_go_in_one_push_with_author_and_key(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    pushed = await push(client, repository_id)
    commit = fake.git.commits[repository_id, pushed["commit"]]
    assert pushed == {"commit": commit["commitId"], "url": commit["remoteUrl"], "ours": True}
    assert commit["comment"] == OURS
    assert commit["author"] == {"name": "ValueFlow", "email": "valueflow@contoso.test"}
    stored = fake.git.files[repository_id, pushed["commit"]]
    assert stored == {f"/{path}": content for path, content in FILES.items()}
    (request,) = fake.sent("POST")
    kinds = {
        change["item"]["path"]: change["newContent"]["contentType"]
        for change in body_of(request)["commits"][0]["changes"]
    }
    assert kinds == {
        "/bom.txt": "base64encoded",
        "/logo.png": "base64encoded",
        "/nul": "base64encoded",
        "/src/app.py": "rawtext",
    }
    assert base64.b64encode(b"\x89PNG").decode() in request.content.decode()


@pytest.mark.parametrize(
    "fault", [dropped, lost_reply, timed_out, malformed, status(500), status(429), done_but_failed(504)]
)
async def test_one_commit_whatever_happens(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str, fault: Fault
) -> None:
    fake.fail("POST", "pushes", fault, fault)
    pushed = await retry_later(lambda: push(client, repository_id))
    assert pushed["ours"]
    assert list(fake.git.commits) == [(repository_id, pushed["commit"])]
    assert await push(client, repository_id) == pushed


async def test_ours_is_still_ours_when_others_have_gone_on(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    first = await push(client, repository_id)
    fake.git.add_commit(repository_id, "Theirs", {"/x": b"x"})
    assert await push(client, repository_id) == first
    assert not await client.repositories.is_only_ours(PROJECT, repository_id, KEY)


async def test_a_branch_of_others_is_told_and_never_pushed_over(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    fake.git.add_commit(repository_id, f"{OURS}-of-another", {"/x": b"x"})
    head = fake.git.add_commit(repository_id, "Theirs", {"/y": b"y"})
    pushed = await push(client, repository_id)
    assert (pushed["commit"], pushed["ours"]) == (head, False)
    assert fake.sent("POST") == []


async def test_a_push_that_loses_the_race_tells_who_won(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    def race(request: object, work: object) -> object:
        fake.git.add_commit(repository_id, "Theirs", {"/x": b"x"})
        return work()  # type: ignore[operator]

    fake.fail("POST", "pushes", race)  # type: ignore[arg-type]
    pushed = await push(client, repository_id)
    assert (pushed["commit"], pushed["ours"]) == (fake.git.branches[repository_id, MAIN], False)


async def test_an_empty_repository_and_one_with_our_commit_alone_can_go_without_loss(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    assert await client.repositories.is_only_ours(PROJECT, repository_id, KEY)
    await push(client, repository_id)
    fake.fail("GET", "refs", status(503))
    assert await client.repositories.is_only_ours(PROJECT, repository_id, KEY)
    assert not await client.repositories.is_only_ours(PROJECT, repository_id, "another/key")


async def test_a_commit_of_others_that_quotes_ours_is_not_ours(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    await push(client, repository_id)
    fake.git.add_commit(repository_id, f"Again: {OURS}", {"/x": b"x"})
    assert not await client.repositories.is_only_ours(PROJECT, repository_id, KEY)


@pytest.mark.parametrize("name", ["refs/heads/fix", "refs/tags/v1", "refs/pull/1/merge"])
async def test_another_ref_beside_ours_is_somebody_s_work(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str, name: str
) -> None:
    pushed = await push(client, repository_id)
    fake.git.branches[repository_id, name] = pushed["commit"]
    assert not await client.repositories.is_only_ours(PROJECT, repository_id, KEY)


async def test_the_head_is_that_of_the_branch_and_not_of_one_named_alike(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    assert await client.repositories.head(PROJECT, repository_id) is None
    other = fake.git.add_commit(repository_id, "x", {"/x": b"x"}, branch="main-2")
    assert await client.repositories.head(PROJECT, repository_id) is None
    mine = fake.git.add_commit(repository_id, "y", {"/y": b"y"})
    assert await client.repositories.head(PROJECT, repository_id) == mine
    assert await client.repositories.head(PROJECT, repository_id, "main-2") == other
    assert await client.repositories.commit_message(PROJECT, repository_id, mine) == "y"
    with pytest.raises(VendorRefused):
        await client.repositories.commit_message(PROJECT, repository_id, "z" * 40)


async def test_a_file_is_there_or_not(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    assert not await client.repositories.has_file(PROJECT, repository_id, "/azure-pipelines.yml")
    fake.git.add_commit(repository_id, "x", {"/azure-pipelines.yml": b""})
    assert await client.repositories.has_file(PROJECT, repository_id, "azure-pipelines.yml")
    assert not await client.repositories.has_file(PROJECT, repository_id, "/azure-pipelines.yml", "fix")
    fake.fail("GET", "items", *[status(503)] * 4)
    with pytest.raises(VendorUnavailable):
        await client.repositories.has_file(PROJECT, repository_id, "/azure-pipelines.yml")


async def test_a_branch_goes_only_with_the_commit_it_is_known_to_have(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    first = await push(client, repository_id)
    head = fake.git.add_commit(repository_id, "Theirs", {"/x": b"x"})
    with pytest.raises(VendorRefused, match="other commits"):
        await client.repositories.delete_branch(PROJECT, repository_id, "main", first["commit"])
    assert fake.git.branches == {(repository_id, MAIN): head}
    fake.fail("POST", "refs", lost_reply)
    answers = [
        await client.repositories.delete_branch(PROJECT, repository_id, "main", head) for _ in range(2)
    ]
    assert answers[1] is False
    assert fake.git.branches == {}


async def test_a_branch_that_policies_keep_says_so(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, repository_id: str
) -> None:
    pushed = await push(client, repository_id)
    scope = [{"repositoryId": repository_id, "refName": MAIN, "matchKind": "Exact"}]
    fake.git.policies[1] = {"id": 1, "settings": {"scope": scope}}
    with pytest.raises(VendorRefused, match="rejectedByPolicy"):
        await client.repositories.delete_branch(PROJECT, repository_id, "main", pushed["commit"])
