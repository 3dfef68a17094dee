"""Reading GitHub: pages to their end and no further than its own address, limits waited for by others, marks kept."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.clients.github import GitHubClient, github_client
from shared.clients.github.changes import MOST_OF_PULL_REQUEST
from shared.clients.github.deployments import MOST_ASKED
from shared.errors import VendorRefused, VendorUnavailable
from tests.fakes.github import REPOSITORY, TOKEN, URL, FakeGitHub, numbered, sha_of
from tests.fakes.vendor import malformed, no_connection, status

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SINCE = NOW - timedelta(hours=1)
WORKFLOW = ".github/workflows/deploy.yml"


@pytest.fixture
def github() -> FakeGitHub:
    return FakeGitHub()


@pytest.fixture
def client(github: FakeGitHub) -> GitHubClient:
    return github_client(URL, TOKEN, transport=github.transport)


def ago(**past: float) -> str:
    return (NOW - timedelta(**past)).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_statuses_since_the_mark_come_oldest_first_with_their_deployments(
    client: GitHubClient, github: FakeGitHub
) -> None:
    github.deploy(1, "a" * 40, ago(hours=3), "in_progress", "success")
    github.deploy(2, "b" * 40, ago(minutes=30), "in_progress", "failure")
    github.deploy(3, "c" * 40, ago(minutes=10), "success")

    read = await client.deployments.statuses_since(REPOSITORY, SINCE)

    told = [(one.deployment["id"], one.status["state"]) for one in read.found]
    assert told == [(2, "in_progress"), (2, "failure"), (3, "success")]
    assert (read.upto, read.is_whole) == (None, True)
    assert github.sent("GET", "deployments/1/") == []


async def test_a_deployment_that_began_before_the_mark_and_ended_after_it_is_found(
    client: GitHubClient, github: FakeGitHub
) -> None:
    github.deploy(1, "a" * 40, ago(minutes=5), "success", created_at=ago(hours=20))

    assert len((await client.deployments.statuses_since(REPOSITORY, SINCE)).found) == 1


async def test_a_look_asks_so_many_deployments_and_says_how_far_it_came(
    client: GitHubClient, github: FakeGitHub
) -> None:
    for number in range(1, MOST_ASKED + 11):
        github.deploy(number, "a" * 40, ago(minutes=59, seconds=-number), "success")

    read = await client.deployments.statuses_since(REPOSITORY, SINCE)

    assert [one.deployment["id"] for one in read.found] == list(range(1, MOST_ASKED + 1))
    assert read.upto == NOW - timedelta(minutes=59) + timedelta(seconds=MOST_ASKED)


async def test_pages_are_followed_to_the_mark_and_no_further(
    client: GitHubClient, github: FakeGitHub
) -> None:
    for number in range(1, 351):
        github.deploy(number, "a" * 40, ago(days=10, minutes=-number), "success")
    for number in range(351, 500):
        github.deploy(number, "a" * 40, ago(hours=2), "success")

    read = await client.deployments.statuses_since(REPOSITORY, SINCE)

    assert read.is_whole
    assert len(github.sent("GET", "/deployments")) == 2


async def test_more_than_a_look_reads_is_said(client: GitHubClient, github: FakeGitHub) -> None:
    for number in range(1, 1101):
        github.deploy(number, "a" * 40, ago(hours=2), "success")

    assert not (await client.deployments.statuses_since(REPOSITORY, SINCE)).is_whole


async def test_the_token_goes_to_no_other_address(client: GitHubClient, github: FakeGitHub) -> None:
    for address in (
        "https://evil.test/next",
        "http://api.github.test/next",
        "/next",
        "https://[",
        f"{URL}:444/",
    ):
        github.next_page = address
        with pytest.raises(VendorRefused, match="another address"):
            await client.deployments.statuses_since(REPOSITORY, SINCE)

    assert {request.url.host for request in github.requests} == {"api.github.test"}
    assert {request.url.path for request in github.requests} == {f"/repos/{REPOSITORY}/deployments"}


@pytest.mark.parametrize(
    ("code", "body", "headers", "least_s", "most_s"),
    [
        (403, {"message": "no"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+90"}, 80, 90),
        (403, {"message": "no"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+9999"}, 300, 300),
        (403, {"message": "no"}, {"Retry-After": "60"}, 60, 60),
        (429, {"message": "no"}, {"Retry-After": "45"}, 45, 45),
        (403, {"message": "You have exceeded a secondary rate limit."}, {}, 60, 60),
        (429, {"message": "no"}, {}, 60, 60),
    ],
)  # fmt: skip
async def test_a_limit_that_is_used_up_is_for_later_and_not_waited_for_here(
    client: GitHubClient,
    github: FakeGitHub,
    code: int,
    body: Any,
    headers: dict[str, str],
    least_s: float,
    most_s: float,
) -> None:
    told = {
        name: str(int(time.time()) + int(value)) if value.startswith("+") else value
        for name, value in headers.items()
    }
    github.fail(
        "GET", "/pulls", status(code, body, **{name.replace("-", "_"): one for name, one in told.items()})
    )

    with pytest.raises(VendorUnavailable) as caught:
        await client.changes.merged_since(REPOSITORY, SINCE)

    assert caught.value.retry_after_s is not None
    assert least_s <= caught.value.retry_after_s <= most_s
    assert len(github.requests) == 1


async def test_who_was_too_much_asks_no_more_until_then(client: GitHubClient, github: FakeGitHub) -> None:
    github.fail("GET", "/pulls", status(429, Retry_After="60"))
    for _ in range(3):
        with pytest.raises(VendorUnavailable, match="rate limit"):
            await client.changes.merged_since(REPOSITORY, SINCE)

    assert len(github.requests) == 1
    await client.ping()


async def test_a_plain_403_is_a_refusal(client: GitHubClient, github: FakeGitHub) -> None:
    github.fail("GET", "/pulls", status(403, {"message": "Resource not accessible by personal access token"}))

    with pytest.raises(VendorRefused, match="not accessible"):
        await client.changes.merged_since(REPOSITORY, SINCE)


@pytest.mark.parametrize("fault", [no_connection, malformed, status(500), status(503)])
async def test_what_passes_in_seconds_is_read_again(
    client: GitHubClient, github: FakeGitHub, fault: Any
) -> None:
    github.merge(12, "a" * 40, ago(minutes=5))
    github.fail("GET", "/pulls", fault)

    assert [one["number"] for one in (await client.changes.merged_since(REPOSITORY, SINCE)).found] == [12]


async def test_pull_requests_are_those_merged_since_not_those_talked_about(
    client: GitHubClient, github: FakeGitHub
) -> None:
    github.merge(1, "a" * 40, ago(hours=5), updated_at=ago(minutes=1))
    github.merge(2, "b" * 40, ago(minutes=9))
    github.merge(3, "c" * 40, ago(minutes=3))
    github.merge(4, "d" * 40, ago(minutes=3), merged_at=None)

    read = await client.changes.merged_since(REPOSITORY, SINCE)

    assert [one["number"] for one in read.found] == [2, 3]


async def test_runs_that_ended_since_the_mark(client: GitHubClient, github: FakeGitHub) -> None:
    github.run(1, "a" * 40, ago(days=3))
    github.run(2, "b" * 40, ago(minutes=5), created_at=ago(hours=9))
    github.run(3, "c" * 40, ago(hours=2))

    read = await client.workflows.runs_since(REPOSITORY, WORKFLOW, SINCE)

    assert [one["id"] for one in read.found] == [2]
    assert github.requests[0].url.params["created"] == ">=2026-11-18T11:00:00Z"


async def test_what_was_there_before_is_the_newest_that_succeeded(
    client: GitHubClient, github: FakeGitHub
) -> None:
    github.deploy(1, "a" * 40, ago(hours=9), "success", "inactive")
    github.deploy(2, "b" * 40, ago(hours=8), "failure")
    github.deploy(3, "c" * 40, ago(hours=7), "success", environment="staging")
    github.deploy(4, "d" * 40, ago(hours=6), "success")

    assert await client.deployments.previous_commit(REPOSITORY, "production", 4) == "a" * 40
    assert await client.deployments.previous_commit(REPOSITORY, "production", 1) is None


async def test_the_run_before_is_the_newest_that_succeeded(client: GitHubClient, github: FakeGitHub) -> None:
    github.run(1, "a" * 40, ago(hours=9))
    github.run(2, "b" * 40, ago(hours=8), "failure")
    github.run(3, "c" * 40, ago(hours=7))

    assert await client.workflows.previous_commit(REPOSITORY, WORKFLOW, 3) == "a" * 40
    assert await client.workflows.previous_commit(REPOSITORY, WORKFLOW, 1) is None


async def test_commits_between_are_bounded(client: GitHubClient, github: FakeGitHub) -> None:
    github.line = numbered(1, 800)

    found = await client.changes.commits_between(REPOSITORY, sha_of(1), sha_of(800), 500)

    assert [one["sha"] for one in found] == [sha_of(number) for number in range(2, 502)]
    assert len(github.requests) == 5


async def test_an_enormous_pull_request_is_counted(client: GitHubClient, github: FakeGitHub) -> None:
    github.merge(12, "a" * 40, ago(minutes=5), *(sha_of(number) for number in range(3000)))

    commits, count = await client.changes.commits_of(REPOSITORY, 12)

    assert (len(commits), count) == (MOST_OF_PULL_REQUEST, 3000)


async def test_an_ordinary_one_needs_no_count(client: GitHubClient, github: FakeGitHub) -> None:
    github.merge(12, "a" * 40, ago(minutes=5), "1" * 40, "2" * 40)

    commits, count = await client.changes.commits_of(REPOSITORY, 12)

    assert ([one["sha"] for one in commits], count) == (["1" * 40, "2" * 40], 2)
    assert len(github.requests) == 1


@pytest.mark.parametrize("listed", [[{"id": "one"}], [{"created_at": 7, "updated_at": "yesterday"}], [{}]])
async def test_what_is_not_as_documented_is_read_as_far_as_it_goes(
    client: GitHubClient, github: FakeGitHub, listed: list[dict[str, Any]]
) -> None:
    github.deployments = [{"environment": "production", **one} for one in listed]
    github.statuses[0] = []

    assert (await client.deployments.statuses_since(REPOSITORY, SINCE)).found == []


async def test_a_name_reaches_no_other_repository(client: GitHubClient, github: FakeGitHub) -> None:
    with pytest.raises(VendorRefused):
        await client.changes.merged_since("contoso/../../rate_limit", SINCE)

    assert github.requests[0].url.raw_path.startswith(b"/repos/contoso/..%2F..%2Frate_limit/pulls")


async def test_the_ping_says_whether_we_are_let_in(github: FakeGitHub) -> None:
    await github_client(URL, TOKEN, transport=github.transport).ping()
    with pytest.raises(VendorRefused):
        await github_client(URL, "revoked", transport=github.transport).ping()


async def test_a_server_without_limits_is_up(github: FakeGitHub) -> None:
    github.fail("GET", "/rate_limit", status(404, {"message": "Rate limiting is not enabled."}))

    await github_client(URL, TOKEN, transport=github.transport).ping()


async def test_an_enterprise_server_keeps_its_path(github: FakeGitHub) -> None:
    asked: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=[])

    client = github_client("https://git.test/api/v3", TOKEN, transport=httpx.MockTransport(respond))
    await client.changes.merged_since(REPOSITORY, SINCE)

    assert asked[0].url.path == f"/api/v3/repos/{REPOSITORY}/pulls"
