"""Runs of Azure DevOps as deployments: what the hook did not carry is asked for, what nobody tells is not guessed."""

from typing import Any

import pytest

from shared.domain.delivery.azure_devops_runs import run_reported
from shared.domain.delivery.delivery_reports import Report
from shared.events import Event
from tests.fakes.vendor import status
from tests.unit.shared.delivery.conftest import Scene

OLD, NEW = "a" * 40, "b" * 40


def report(run_id: int = 12, state: str = "completed", result: str = "succeeded", **place: str) -> Report:
    where = {"organisation": "contoso", "project": "Payments", "pipeline_id": "7"} | place
    return run_reported(where, str(run_id), state, result, "a hook")[0]


def key(value: str) -> dict[str, Any]:
    return {"VALUEFLOW_KEY": {"value": value, "isSecret": False}}


async def events_of(scene: Scene, told: Report) -> list[Event]:
    outcome = await scene.facts.of(told)
    assert outcome.reason == ""
    return outcome.events


async def test_a_run_that_succeeded_is_a_deployment_with_the_commits_since_the_one_before(
    scene: Scene,
) -> None:
    scene.vendor.add_run(11, OLD)
    scene.vendor.git.commits["r-1", NEW] = {"comment": "Keep baskets", "parents": [OLD]}
    scene.vendor.git.commits["r-1", OLD] = {"comment": "Begin", "parents": []}
    scene.vendor.add_run(12, NEW)

    (event,) = await events_of(scene, report())

    data = event.data
    assert event.type == "deployment.finished"
    assert data["deployment_id"] == "azure_devops:12:production"
    assert (data["service"], data["result"], data["how"]) == ("checkout", "succeeded", "pipeline")
    assert data["commits"] == [{"sha": NEW, "committed_at": "2026-11-21T12:00:00.000Z"}]
    assert data["finished_at"].endswith("Z")
    assert "Paulk" not in event.to_json()


def squashed(scene: Scene) -> None:
    """A run brings a pull request that was squashed."""
    scene.vendor.add_run(11, OLD)
    scene.vendor.git.commits["r-1", NEW] = {"comment": "Keep baskets", "parents": [OLD]}
    scene.vendor.git.commits["r-1", OLD] = {"comment": "Begin", "parents": []}
    scene.vendor.add_run(12, NEW)
    own = {"commitId": "1" * 40, "author": {"date": "2026-11-18T09:00:00Z"}}
    scene.vendor.deliveries.pull_requests = [
        {
            "pullRequestId": 3,
            "lastMergeCommit": {"commitId": NEW},
            "repository": {"id": "r-1"},
            "_commits": [own],
        }
    ]


async def test_a_squash_brings_what_was_squashed_with_the_times_it_was_made(scene: Scene) -> None:
    squashed(scene)

    (event,) = await events_of(scene, report())

    assert event.data["commits"] == [
        {"sha": NEW, "committed_at": None},
        {"sha": "1" * 40, "committed_at": "2026-11-18T09:00:00.000Z"},
    ]


async def test_a_repository_that_may_not_be_read_takes_nothing_away(scene: Scene) -> None:
    squashed(scene)
    scene.vendor.fail("POST", "pullrequestquery", status(403))

    (event,) = await events_of(scene, report())

    assert [one["sha"] for one in event.data["commits"]] == [NEW]


async def test_told_again_it_is_the_same_event(scene: Scene) -> None:
    scene.vendor.add_run(12, NEW)

    (first,), (second,) = [await events_of(scene, report()) for _ in range(2)]

    assert first.id == second.id


async def test_each_environment_the_run_reached_is_a_deployment_of_its_own(scene: Scene) -> None:
    scene.vendor.add_run(12, NEW, result="failed")
    scene.vendor.deliveries.deployed("Development", 12)
    scene.vendor.deliveries.deployed("Production", 12, "failed", stageAttempt=1)
    scene.vendor.deliveries.deployed("preview", 11)

    events = await events_of(scene, report(result="failed"))

    assert {(one.data["environment"], one.data["result"]) for one in events} == {
        ("development", "succeeded"),
        ("production", "failed"),
    }
    assert {one.data["started_at"] for one in events} == {"2026-11-20T10:05:00.123Z"}


async def test_of_a_stage_that_was_tried_again_the_last_try_counts(scene: Scene) -> None:
    scene.vendor.add_run(12, NEW)
    scene.vendor.deliveries.deployed("production", 12, "failed", stageAttempt=1)
    scene.vendor.deliveries.deployed("production", 12, "succeeded", stageAttempt=2)

    (event,) = await events_of(scene, report())

    assert event.data["result"] == "succeeded"


async def test_the_run_s_own_parameter_names_the_environment_before_the_registry_does(scene: Scene) -> None:
    scene.vendor.add_run(12, NEW)["templateParameters"] = {"action": "apply", "environment": "Preview"}

    (event,) = await events_of(scene, report())

    assert event.data["environment"] == "preview"


async def test_where_nobody_names_an_environment_it_is_not_guessed(scene: Scene) -> None:
    await scene.register(delivery={})
    scene.vendor.add_run(12, NEW)

    assert (await scene.facts.of(report())).reason == "no_environment"


@pytest.mark.parametrize("action", ["stop", "destroy", "scale"])
async def test_a_run_that_deploys_nothing_is_no_deployment(scene: Scene, action: str) -> None:
    scene.vendor.add_run(12, NEW)["templateParameters"] = {"action": action}

    assert await events_of(scene, report()) == []


async def test_a_run_that_failed_before_it_deployed_is_no_deployment(scene: Scene) -> None:
    scene.vendor.add_run(12, NEW, result="failed")
    scene.vendor.timelines[12] = [
        {"type": "Stage", "name": "Build", "identifier": "build", "result": "failed"},
        {"type": "Stage", "name": "Deploy", "identifier": "deploy", "result": "skipped"},
    ]

    assert await events_of(scene, report(result="failed")) == []


async def test_a_run_that_failed_while_it_deployed_is_a_failed_deployment(scene: Scene) -> None:
    scene.vendor.add_run(12, NEW, result="failed")
    scene.vendor.timelines[12] = [
        {"type": "Stage", "name": "Build", "identifier": "build", "result": "succeeded"},
        {"type": "Stage", "name": "Deploy", "identifier": "deploy", "result": "failed"},
    ]

    (event,) = await events_of(scene, report(result="failed"))

    assert event.data["result"] == "failed"


async def test_the_validation_of_a_pull_request_is_no_deployment(scene: Scene) -> None:
    scene.vendor.add_run(12, NEW, ref_name="refs/pull/3/merge")

    assert await events_of(scene, report()) == []


async def test_our_own_roll_back_is_told_with_its_operation_and_what_it_took_away(scene: Scene) -> None:
    entry: Any = {
        "key": "remediate-1/begin_action",
        "operation_id": "remediate-1",
        "fingerprint": "f",
        "type": "roll_back",
        "action_hash": "h",
        "until_ms": 1,
    }
    await scene.log.begin("checkout", entry, {"times": 9, "hours": 1}, 0)
    scene.vendor.add_run(11, NEW)
    scene.vendor.add_run(12, OLD, variables=key("remediate-1/start_run"))
    scene.vendor.add_run(13, NEW, variables=key("remediate-1/start_run_undo"))

    (rolled_back,), (undone,) = [await events_of(scene, report(run_id)) for run_id in (12, 13)]

    assert rolled_back.data["how"] == "rollback"
    assert rolled_back.data["operation_id"] == "remediate-1"
    assert rolled_back.data["rolls_back"] == NEW
    assert (undone.data["how"], undone.data["rolls_back"]) == ("pipeline", None)
    assert undone.data["operation_id"] == "remediate-1"


async def test_a_run_somebody_queued_is_manual(scene: Scene) -> None:
    scene.vendor.add_run(12, NEW)
    scene.vendor.deliveries.reasons[12] = "manual"

    (event,) = await events_of(scene, report())

    assert event.data["how"] == "manual"


async def test_a_beginning_told_after_the_end_is_still_only_a_beginning(scene: Scene) -> None:
    scene.vendor.add_run(12, NEW)

    (event,) = await events_of(scene, report(state="inProgress", result=""))

    assert event.type == "deployment.started"
    assert event.data["result"] is None
    assert event.data["deployment_id"] == "azure_devops:12:production"


async def test_an_end_the_api_does_not_know_yet_is_tried_again_later(scene: Scene) -> None:
    scene.vendor.add_run(12, NEW, result=None)

    assert (await scene.facts.of(report())).reason == "not_finished"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (report(pipeline_id="99"), "unregistered"),
        (report(project="Other"), "unregistered"),
        (report(organisation="fabrikam"), "other_organisation"),
        (report(404), "not_there"),
    ],
    ids=["pipeline", "project", "organisation", "run"],
)
async def test_what_is_nobody_s_says_so(scene: Scene, told: Report, reason: str) -> None:
    scene.vendor.add_run(12, NEW)

    assert (await scene.facts.of(told)).reason == reason


async def test_a_pipeline_registered_twice_is_nobody_s(scene: Scene) -> None:
    await scene.register(name="basket")
    scene.vendor.add_run(12, NEW)

    assert (await scene.facts.of(report())).reason == "ambiguous"


async def test_azure_devops_away_is_a_reason_to_try_again(scene: Scene) -> None:
    scene.vendor.add_run(12, NEW)
    scene.vendor.fail("GET", "runs/12", status(503, retry_after="60"))

    assert (await scene.facts.of(report())).reason == "vendor_away"
    assert len(await events_of(scene, report())) == 1


async def test_azure_devops_refusing_says_so(scene: Scene) -> None:
    scene.vendor.add_run(12, NEW)
    scene.vendor.fail("GET", "runs/12", status(403))

    assert (await scene.facts.of(report())).reason == "refused"
