"""What GitHub's webhooks do not carry is asked for; what it does not tell stays as it was told."""

from typing import Any

import pytest

from shared.clients.github import github_client
from shared.delivery.facts import Facts
from shared.domain.delivery.delivery_reports import Report
from shared.domain.delivery.github_hooks import pulled_change, read
from tests.fakes.azure_devops import URL as ORGANISATION
from tests.fakes.github import REPOSITORY, TOKEN, URL, FakeGitHub, a_commit, numbered, sha_of
from tests.fakes.hooks import COMMIT, documented, pull_request_sent
from tests.fakes.vendor import status
from tests.unit.shared.delivery.conftest import Scene

DEPLOYMENT, BEFORE = 145988746, "2019-05-14T15:20:53Z"
WORKFLOW = ".github/workflows/deploy.yml"


@pytest.fixture
def github(scene: Scene) -> FakeGitHub:
    made = FakeGitHub()
    client = github_client(URL, TOKEN, transport=made.transport)
    scene.facts = Facts(scene.registry, scene.facts._azure_devops, scene.log, ORGANISATION, client)
    made.line = numbered(1, 9)
    return made


def deployed(sha: str, state: str = "success", **deployment: Any) -> Report:
    hook = documented("github.documented.deployment_status")
    hook["repository"]["full_name"] = REPOSITORY
    hook["deployment_status"]["state"] = state
    hook["deployment"] |= {"sha": sha, **deployment}
    return read(hook)[0]


def ran(sha: str, number: int = 289782451, **run: Any) -> Report:
    hook = documented("github.documented.workflow_run")
    hook["repository"]["full_name"] = REPOSITORY
    hook["workflow_run"] |= {"id": number, "path": WORKFLOW, "head_sha": sha, **run}
    return read(hook)[0]


async def fact_of(scene: Scene, report: Report) -> dict[str, Any]:
    outcome = await scene.facts.of(report)
    assert outcome.reason == ""
    (event,) = outcome.events
    return event.data


def shas(fact: dict[str, Any]) -> list[str]:
    return [one["sha"] for one in fact["commits"]]


async def test_a_deployment_brings_the_commits_since_the_one_before_that_succeeded(
    scene: Scene, github: FakeGitHub
) -> None:
    github.deploy(1, sha_of(1), BEFORE, "success", "inactive")
    github.deploy(2, sha_of(3), BEFORE, "failure")

    fact = await fact_of(scene, deployed(sha_of(4)))

    assert shas(fact) == [sha_of(2), sha_of(3), sha_of(4)]
    assert fact["commits"][0]["committed_at"] == "2026-11-19T09:00:00.000Z"
    assert fact["rolls_back"] is None
    assert "Bruno" not in str(fact)


async def test_the_one_before_is_of_the_same_environment_by_github_s_name_of_it(
    scene: Scene, github: FakeGitHub
) -> None:
    github.deploy(1, sha_of(1), BEFORE, "success", environment="eu-1")
    github.deploy(2, sha_of(3), BEFORE, "success", environment="us-1")
    told = deployed(sha_of(4), environment="eu-1", production_environment=True)
    told["told"]["named_environment"] = "eu-1"

    fact = await fact_of(scene, told)

    assert fact["environment"] == "production"
    assert len(fact["commits"]) == 3


async def test_a_squash_brings_what_was_squashed_with_the_times_it_was_made(
    scene: Scene, github: FakeGitHub
) -> None:
    """GitHub dates a squash by its merge; the lead time of its commits began before."""
    merged_at = "2019-05-15T10:00:00Z"
    github.line = [*numbered(1, 1), a_commit(sha_of(2), at=merged_at), a_commit(sha_of(3), at=merged_at)]
    github.deploy(1, sha_of(1), BEFORE, "success")
    github.merge(12, sha_of(3), merged_at)
    github.commits_of[12] = [a_commit("1" * 40, at="2019-05-13T10:00:00Z")]
    github.merge(11, "9" * 40, merged_at, "7" * 40)
    github.merge(10, sha_of(2), merged_at)
    github.pull_requests[0]["number"] = "ten"
    github.merge(9, sha_of(2), merged_at, merged_at=None)

    fact = await fact_of(scene, deployed(sha_of(3)))

    assert fact["commits"] == [
        {"sha": sha_of(2), "committed_at": "2019-05-15T10:00:00.000Z"},
        {"sha": sha_of(3), "committed_at": None},
        {"sha": "1" * 40, "committed_at": "2019-05-13T10:00:00.000Z"},
    ]


async def test_what_was_squashed_may_be_refused(scene: Scene, github: FakeGitHub) -> None:
    github.deploy(1, sha_of(1), BEFORE, "success")
    github.fail("GET", "/pulls", status(403))

    assert len(shas(await fact_of(scene, deployed(sha_of(4))))) == 3


async def test_a_rollback_brings_nothing_and_names_what_it_took_away(
    scene: Scene, github: FakeGitHub
) -> None:
    github.deploy(1, sha_of(5), BEFORE, "success")

    fact = await fact_of(scene, deployed(sha_of(2), task="rollback"))

    assert (fact["how"], fact["commits"], fact["rolls_back"]) == ("rollback", [], sha_of(5))


async def test_the_same_version_again_brings_nothing(scene: Scene, github: FakeGitHub) -> None:
    github.deploy(1, sha_of(4), BEFORE, "success")

    assert (await fact_of(scene, deployed(sha_of(4))))["commits"] == []


async def test_the_first_one_is_told_as_it_was(scene: Scene, github: FakeGitHub) -> None:
    assert (await fact_of(scene, deployed(sha_of(4))))["commits"] == []
    assert github.sent("GET", "/compare/") == []


async def test_a_beginning_asks_nothing(scene: Scene, github: FakeGitHub) -> None:
    await fact_of(scene, deployed(sha_of(4), "in_progress"))

    assert github.requests == []


async def test_a_run_brings_the_commits_since_the_run_before_that_succeeded(
    scene: Scene, github: FakeGitHub
) -> None:
    github.run(1, sha_of(1), BEFORE)
    github.run(2, sha_of(2), BEFORE, "failure")

    assert shas(await fact_of(scene, ran(sha_of(3)))) == [sha_of(2), sha_of(3)]


async def test_a_run_that_deploys_nothing_asks_nothing(scene: Scene, github: FakeGitHub) -> None:
    outcome = await scene.facts.of(ran(sha_of(3), path=".github/workflows/test.yml"))

    assert (outcome.events, github.requests) == ([], [])


async def test_more_commits_than_a_fact_names_are_cut(scene: Scene, github: FakeGitHub) -> None:
    github.line = numbered(1, 900)
    github.deploy(1, sha_of(1), BEFORE, "success")

    assert len((await fact_of(scene, deployed(sha_of(900))))["commits"]) == 500


async def test_away_it_is_told_later(scene: Scene, github: FakeGitHub) -> None:
    github.fail("GET", "/deployments", status(503, retry_after="60"))

    assert (await scene.facts.of(deployed(sha_of(4)))).reason == "vendor_away"


@pytest.mark.parametrize("code", [401, 403, 404, 301])
async def test_refused_it_is_told_without_commits(scene: Scene, github: FakeGitHub, code: int) -> None:
    """A branch rewritten since, a token that may not: neither heals by waiting."""
    github.deploy(1, sha_of(1), BEFORE, "success")
    github.fail("GET", "/compare/", status(code))

    assert (await fact_of(scene, deployed(sha_of(4))))["commits"] == []


async def test_a_pull_request_has_its_commits_however_it_was_heard_of(
    scene: Scene, github: FakeGitHub
) -> None:
    github.merge(12, COMMIT, "2026-11-20T10:00:00Z", "1" * 40, "2" * 40)

    by_hook = await fact_of(scene, read(pull_request_sent(commits=2))[0])
    by_timer = await fact_of(scene, pulled_change(REPOSITORY, github.pull_requests[0])[0])

    assert shas(by_hook) == ["1" * 40, "2" * 40]
    assert by_hook["more_commits"] == 0
    assert by_timer == {**by_hook, "repository": by_timer["repository"]}


async def test_a_commit_says_what_the_pull_request_takes_back(scene: Scene, github: FakeGitHub) -> None:
    github.merge(12, COMMIT, "2026-11-20T10:00:00Z", "1" * 40)
    github.commits_of[12].append(a_commit("2" * 40, f'Revert "x"\n\nThis reverts commit {"9" * 40}.'))

    assert (await fact_of(scene, read(pull_request_sent())[0]))["reverts"] == "9" * 40


async def test_an_enormous_pull_request_names_some_commits_and_counts_the_rest(
    scene: Scene, github: FakeGitHub
) -> None:
    github.merge(12, COMMIT, "2026-11-20T10:00:00Z", *(sha_of(number) for number in range(1, 3001)))

    fact = await fact_of(scene, read(pull_request_sent(commits=3000))[0])

    assert (len(fact["commits"]), fact["more_commits"]) == (250, 2750)


async def test_a_pull_request_that_is_gone_is_told_as_it_was(scene: Scene, github: FakeGitHub) -> None:
    github.fail("GET", "/pulls/", status(404))

    fact = await fact_of(scene, read(pull_request_sent())[0])

    assert (shas(fact), fact["more_commits"]) == (["1" * 40], 2)


async def test_numbers_that_are_none_are_not_asked_for(scene: Scene, github: FakeGitHub) -> None:
    await fact_of(scene, read(pull_request_sent(number="twelve"))[0])
    await fact_of(scene, deployed(sha_of(4), id="one"))
    await fact_of(scene, ran(sha_of(4), number="two"))  # type: ignore[arg-type]

    assert {request.url.path for request in github.requests} <= {
        f"/repos/{REPOSITORY}/deployments",
        f"/repos/{REPOSITORY}/actions/workflows/deploy.yml/runs",
    }


async def test_weeks_late_it_is_what_it_would_have_been(scene: Scene, github: FakeGitHub) -> None:
    github.deploy(1, sha_of(1), BEFORE, "success")
    late = deployed(sha_of(3))
    in_time = await fact_of(scene, late)
    for number in range(1, 200):
        github.deploy(DEPLOYMENT + number, sha_of(9), "2026-11-20T10:00:00Z", "success")

    assert await fact_of(scene, late) == in_time
