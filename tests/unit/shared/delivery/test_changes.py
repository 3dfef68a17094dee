"""Pull requests, pushes and work items as facts: one change however it was heard of, of the branch that is deployed."""

from typing import Any

import pytest

from shared.domain.delivery.azure_devops_changes import change_reported, push, work_item
from shared.domain.delivery.delivery_reports import Report
from shared.domain.delivery.github_hooks import read
from tests.fakes.hooks import COMMIT, documented, pull_request_sent
from tests.unit.shared.delivery.conftest import Scene


def a_pull_request(number: int = 12, **changes: Any) -> dict[str, Any]:
    return {
        "pullRequestId": number,
        "status": "completed",
        "closedDate": "2026-11-20T10:00:00.1234567Z",
        "title": "Keep baskets for a week",
        "targetRefName": "refs/heads/main",
        "lastMergeCommit": {"commitId": COMMIT},
        "repository": {"id": "r-1", "name": "checkout", "project": {"name": "Payments"}},
        **changes,
    }


def pushed(**repository: Any) -> Report:
    told = {
        "id": "r-1",
        "name": "checkout",
        "project": {"name": "Payments"},
        "defaultBranch": "refs/heads/main",
    }
    hook = {"eventType": "git.push", "resource": {}}
    resource = {
        "repository": told | repository,
        "pushId": 3,
        "date": "2026-11-20T10:00:00Z",
        "refUpdates": [{"name": "refs/heads/main", "newObjectId": COMMIT}],
        "commits": [{"commitId": COMMIT, "comment": "Fix", "author": {"date": "2026-11-20T09:00:00-03:00"}}],
    }
    return push(hook, resource)[0]


async def change_of(scene: Scene, report: Report) -> dict[str, Any]:
    outcome = await scene.facts.of(report)
    assert outcome.reason == ""
    (event,) = outcome.events
    assert event.type == "change.merged"
    return event.data


async def test_a_pull_request_is_told_with_its_commits_and_work_items(scene: Scene) -> None:
    commits = [{"commitId": "1" * 40, "comment": "x", "author": {"date": "2026-11-19T09:00:00Z"}}]
    scene.vendor.deliveries.pull_requests = [a_pull_request(_commits=commits)]
    scene.vendor.deliveries.default_branches["r-1"] = "refs/heads/main"
    scene.vendor.deliveries.work_items_of[12] = []

    change = await change_of(scene, change_reported(a_pull_request(), "a hook")[0])

    assert change["change_id"] == "azure_devops:r-1:12"
    assert change["service"] == "checkout"
    assert change["commits"] == [{"sha": "1" * 40, "committed_at": "2026-11-19T09:00:00.000Z"}]
    assert change["planned"] is None


async def test_an_enormous_pull_request_names_500_commits_and_counts_the_one_more_it_was_told(
    scene: Scene,
) -> None:
    commits = [{"commitId": f"{n:040x}", "author": {}} for n in range(1, 2001)]
    scene.vendor.deliveries.pull_requests = [a_pull_request(_commits=commits)]

    change = await change_of(scene, change_reported(a_pull_request(), "a hook")[0])

    assert len(change["commits"]) == 500
    assert change["more_commits"] == 1


async def test_the_push_of_a_pull_request_is_the_same_change(scene: Scene) -> None:
    scene.vendor.deliveries.pull_requests = [a_pull_request()]

    by_push = await change_of(scene, pushed())
    by_hook = await change_of(scene, change_reported(a_pull_request(), "a hook")[0])

    assert by_push["change_id"] == by_hook["change_id"] == "azure_devops:r-1:12"


async def test_a_push_without_a_pull_request_is_a_change_by_its_commit(scene: Scene) -> None:
    change = await change_of(scene, pushed())

    assert change["change_id"] == f"azure_devops:r-1:{COMMIT}"
    assert change["pull_request"] is None
    assert change["commits"] == [{"sha": COMMIT, "committed_at": "2026-11-20T12:00:00.000Z"}]


async def test_a_repository_the_registry_does_not_name_is_found_by_its_pipeline(scene: Scene) -> None:
    await scene.register(azure_devops={"project": "Payments", "pipeline_id": 7})
    scene.vendor.deliveries.pipelines_of["r-9"] = [3, 7]

    assert (await change_of(scene, pushed(id="r-9")))["service"] == "checkout"
    assert (await scene.facts.of(pushed(id="r-10"))).reason == "unregistered"


async def test_a_push_that_names_no_project_is_nobody_s(scene: Scene) -> None:
    await scene.register(azure_devops={"project": "Payments", "pipeline_id": 7})

    assert (await scene.facts.of(pushed(id="r-9", project=None))).reason == "unregistered"


async def test_a_pull_request_without_a_number_is_not_asked_for() -> None:
    assert change_reported(a_pull_request(number="one"), "a hook")[0]["reason"] == "incomplete"  # type: ignore[arg-type]


async def test_a_pull_request_into_another_branch_is_no_change(scene: Scene) -> None:
    scene.vendor.deliveries.default_branches["r-1"] = "refs/heads/main"
    told = change_reported(a_pull_request(targetRefName="refs/heads/topic"), "a hook")[0]

    outcome = await scene.facts.of(told)

    assert (outcome.events, outcome.reason) == ([], "")


async def test_a_pull_request_of_github_is_matched_by_its_repository_in_any_case(scene: Scene) -> None:
    change = await change_of(scene, read(pull_request_sent())[0])

    assert change["change_id"] == "github:contoso/checkout:12"
    assert change["service"] == "checkout"


@pytest.mark.parametrize(
    ("workflow", "events"), [(".github/workflows/deploy.yml", 1), (".github/workflows/test.yml", 0)]
)
async def test_a_workflow_is_a_deployment_where_its_owner_says_so(
    scene: Scene, workflow: str, events: int
) -> None:
    hook = documented("github.documented.workflow_run")
    hook["workflow_run"]["path"] = workflow
    hook["repository"]["full_name"] = "contoso/checkout"

    outcome = await scene.facts.of(read(hook)[0])

    assert outcome.reason == ""
    assert [one.data["environment"] for one in outcome.events] == ["production"] * events


@pytest.mark.parametrize(("event", "commits"), [("push", 1), ("workflow_dispatch", 0)])
async def test_a_workflow_that_a_push_began_brought_that_push_s_commit(
    scene: Scene, event: str, commits: int
) -> None:
    hook = documented("github.documented.workflow_run")
    hook["workflow_run"] |= {"path": ".github/workflows/deploy.yml", "event": event}
    hook["repository"]["full_name"] = "contoso/checkout"

    (told,) = (await scene.facts.of(read(hook)[0])).events

    assert (
        told.data["commits"]
        == [
            {
                "sha": "3484a3fb816e0859fd6e1cea078d76385ff50625",
                "committed_at": "2020-10-05T16:32:07.000Z",
            }
        ][:commits]
    )


async def test_a_deployment_of_github_is_told_as_it_was(scene: Scene) -> None:
    hook = documented("github.documented.deployment_status")
    hook["repository"]["full_name"] = "contoso/checkout"

    (event,) = (await scene.facts.of(read(hook)[0])).events

    assert event.data["deployment_id"] == "github:145988746:production"
    assert event.data["who"] == "21031067"


async def test_a_clock_that_runs_backwards_is_told_as_it_is(scene: Scene) -> None:
    """Which of the two clocks is wrong nobody knows: both times stay what their source said."""
    hook = documented("github.documented.deployment_status")
    hook["repository"]["full_name"] = "contoso/checkout"
    hook["deployment"]["created_at"] = "2019-05-15T17:20:55+01:00"

    (event,) = (await scene.facts.of(read(hook)[0])).events

    assert event.data["started_at"] == "2019-05-15T16:20:55.000Z"
    assert event.data["finished_at"] == "2019-05-15T15:20:55.000Z"


async def test_a_work_item_is_told_as_whoever_pulls_it_tells_it(scene: Scene) -> None:
    hook = documented("azure_devops.documented.work_item_updated")

    (event,) = (await scene.facts.of(work_item(hook, hook["resource"])[0])).events

    assert event.type == "work_item.changed"
    assert (event.data["work_item_id"], event.data["revision"]) == ("azure_devops:5", 2)
    assert event.data["planned"] is False


async def test_what_is_no_delivery_needs_nobody_s_attention(scene: Scene) -> None:
    for hook in (pull_request_sent(merged=False), {"zen": "x", "hook_id": 1}):
        outcome = await scene.facts.of(read(hook)[0])
        assert (outcome.events, outcome.reason) == ([], "")
