"""The activities on pipelines: made, allowed, protected and run once; undone only as far as they are ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrations.activities.pipelines import (
    authorize_pipeline,
    create_pipeline,
    delete_pipeline,
    destroy_environment,
    find_failed_stage,
    protect_branch,
    remove_pipeline,
    revoke_pipeline,
    run_pipeline,
    unprotect_branch,
)
from shared.clients.azure_devops import BUILD, COMMENT_REQUIREMENTS, MINIMUM_REVIEWERS, WORK_ITEM_LINKING
from tests.fakes.vendor import Fault, done_but_failed, lost_reply, malformed, status, timed_out
from tests.fakes.vendors import Vendors, act, value

LOST = (lost_reply, timed_out, malformed, done_but_failed(500))
MAIN = "refs/heads/main"
RUN_KEY = "op-1/start_first_run"
RESOURCES = [
    {"type": "endpoint", "name": "azure-development"},
    {"type": "environment", "name": "development"},
]
BRANCH = {"reviewers": 2, "build_validation": True, "comments_resolved": True, "linked_work_items": True}


@pytest.fixture
def repository_id(vendors: Vendors) -> str:
    return vendors.devops.git.add_repository("orders")


def asked(repository_id: str, **changes: Any) -> dict[str, Any]:
    """What the saga sends to create_pipeline and to delete_pipeline."""
    place = {"project": "Payments", "name": "orders", "repository_id": repository_id}
    return {**place, "existing": None, "made": None, "attempt": 1, **changes}


def pipelines(vendors: Vendors) -> list[str]:
    return [pipeline["name"] for pipeline in vendors.devops.pipelines.pipelines.values()]


@pytest.mark.parametrize("fault", [None, *LOST])
async def test_a_pipeline_is_made_once(vendors: Vendors, repository_id: str, fault: Fault | None) -> None:
    if fault:
        vendors.devops.fail("POST", "/pipelines", fault)

    first = await value(create_pipeline, asked(repository_id))
    second = await value(create_pipeline, asked(repository_id))

    assert first == second
    assert first["result"] == "created"
    assert pipelines(vendors) == ["orders"]


async def test_a_pipeline_that_was_there_is_adopted(vendors: Vendors, repository_id: str) -> None:
    pipeline_id = vendors.devops.pipelines.add_pipeline("orders", repository_id)

    made = await value(create_pipeline, asked(repository_id, existing={"pipeline_id": pipeline_id}))

    assert (made["pipeline_id"], made["result"]) == (pipeline_id, "adopted")


async def test_a_pipeline_of_another_repository_is_not_taken(vendors: Vendors, repository_id: str) -> None:
    vendors.devops.pipelines.add_pipeline("orders", "another")

    outcome = await act(create_pipeline, asked(repository_id))

    assert outcome["status"] == "refused"
    assert "another repository" in outcome["reason"]


@pytest.mark.parametrize("fault", [None, *LOST])
async def test_a_pipeline_we_made_is_taken_away(
    vendors: Vendors, repository_id: str, fault: Fault | None
) -> None:
    await value(create_pipeline, asked(repository_id))
    if fault:
        vendors.devops.fail("DELETE", "/build/definitions", fault)

    await value(delete_pipeline, asked(repository_id))
    assert (await value(delete_pipeline, asked(repository_id)))["result"] == "absent"
    assert pipelines(vendors) == []


async def test_a_pipeline_that_is_not_ours_stays(vendors: Vendors, repository_id: str) -> None:
    vendors.devops.pipelines.add_pipeline("orders", "another")
    existing = {"pipeline_id": 11}

    assert (await value(delete_pipeline, asked(repository_id)))["result"] == "left"
    assert (await value(delete_pipeline, asked("another", existing=existing)))["result"] == "left"
    assert pipelines(vendors) == ["orders"]


async def test_a_decommissioned_pipeline_is_deleted_by_its_id_once(
    vendors: Vendors, repository_id: str
) -> None:
    pipeline_id = vendors.devops.pipelines.add_pipeline("orders", repository_id)
    payload = {"project": "Payments", "pipeline_id": pipeline_id}

    told = [(await value(remove_pipeline, payload))["result"] for _ in range(2)]

    assert told == ["deleted", "absent"]


@pytest.fixture
def pipeline_id(vendors: Vendors, repository_id: str) -> int:
    return vendors.devops.pipelines.add_pipeline("orders", repository_id)


def permitted(pipeline_id: int, resources: Any = RESOURCES) -> dict[str, Any]:
    return {
        "project": "Payments",
        "pipeline_id": pipeline_id,
        "resources": resources,
        "made": None,
        "attempt": 1,
    }


@pytest.mark.parametrize("fault", [None, *LOST])
async def test_a_pipeline_may_use_its_environment_and_no_longer(
    vendors: Vendors, pipeline_id: int, fault: Fault | None
) -> None:
    permissions = vendors.devops.pipelines.permissions
    permissions.add(("environment", "1", 4711))
    for activity, expected in ((authorize_pipeline, 3), (revoke_pipeline, 1)):
        if fault:
            vendors.devops.fail("PATCH", "/pipelinepermissions", fault)
        for _ in range(2):
            await value(activity, permitted(pipeline_id))
        assert len(permissions) == expected

    assert permissions == {("environment", "1", 4711)}


async def test_resources_that_are_missing_are_named_and_nothing_is_allowed(
    vendors: Vendors, pipeline_id: int
) -> None:
    vendors.devops.pipelines.resources.clear()

    outcome = await act(authorize_pipeline, permitted(pipeline_id))

    assert outcome["status"] == "refused"
    assert "endpoint azure-development" in outcome["reason"]
    assert "environment development" in outcome["reason"]
    assert (await value(revoke_pipeline, permitted(pipeline_id)))["result"] == "deleted"
    assert vendors.devops.pipelines.permissions == set()


async def test_what_is_left_of_the_resources_is_revoked(vendors: Vendors, pipeline_id: int) -> None:
    await value(authorize_pipeline, permitted(pipeline_id))
    del vendors.devops.pipelines.resources["endpoint", "azure-development"]

    await value(revoke_pipeline, permitted(pipeline_id))

    assert vendors.devops.pipelines.permissions == {("endpoint", "e-development", pipeline_id)}


async def test_a_look_that_is_refused_is_not_taken_for_nothing_to_revoke(
    vendors: Vendors, pipeline_id: int
) -> None:
    await value(authorize_pipeline, permitted(pipeline_id))
    vendors.devops.fail("GET", "/serviceendpoint", status(403))

    assert (await act(revoke_pipeline, permitted(pipeline_id)))["status"] == "refused"


async def test_of_a_pipeline_that_is_gone_there_is_nothing_to_revoke(vendors: Vendors) -> None:
    assert (await value(revoke_pipeline, permitted(4711)))["result"] == "deleted"


def protected(repository_id: str, pipeline_id: int, before: list[int], made: Any = None) -> dict[str, Any]:
    """What the saga sends to protect_branch and to unprotect_branch."""
    return {
        "project": "Payments",
        "repository_id": repository_id,
        "pipeline_id": pipeline_id,
        "branch": BRANCH,
        "before": before,
        "made": made,
        "attempt": 1,
    }


def add_policy(vendors: Vendors, repository_id: str, type_id: str, ref: str = MAIN) -> int:
    policies = vendors.devops.git.policies
    policy_id = max(policies, default=0) + 100
    scope = [{"repositoryId": repository_id, "refName": ref, "matchKind": "Exact"}]
    policies[policy_id] = {"id": policy_id, "type": {"id": type_id}, "settings": {"scope": scope}}
    return policy_id


def types(vendors: Vendors) -> set[str]:
    return {policy["type"]["id"] for policy in vendors.devops.git.policies.values()}


@pytest.mark.parametrize("fault", [None, *LOST])
async def test_a_branch_is_protected_once_and_unprotected(
    vendors: Vendors, repository_id: str, pipeline_id: int, fault: Fault | None
) -> None:
    if fault:
        vendors.devops.fail("POST", "/policy/configurations", fault)
        vendors.devops.fail("DELETE", "/policy/configurations", fault)
    payload = protected(repository_id, pipeline_id, [])

    made = await value(protect_branch, payload)
    assert await value(protect_branch, payload) == made
    assert types(vendors) == {MINIMUM_REVIEWERS, BUILD, COMMENT_REQUIREMENTS, WORK_ITEM_LINKING}
    assert made["result"] == "created"

    for _ in range(2):
        await value(unprotect_branch, protected(repository_id, pipeline_id, [], made))
    assert types(vendors) == set()


async def test_a_path_that_asks_for_no_policy_gets_none(
    vendors: Vendors, repository_id: str, pipeline_id: int
) -> None:
    made = await value(protect_branch, {**protected(repository_id, pipeline_id, []), "branch": {}})

    assert made == {"policy_ids": [], "result": "adopted"}


async def test_policies_that_were_there_are_kept_by_the_step_and_by_its_undoing(
    vendors: Vendors, repository_id: str, pipeline_id: int
) -> None:
    theirs = add_policy(vendors, repository_id, MINIMUM_REVIEWERS)
    payload = protected(repository_id, pipeline_id, [theirs])

    made = await value(protect_branch, payload)
    assert theirs not in made["policy_ids"]
    for known in (made, None):
        await value(protect_branch, payload)
        await value(unprotect_branch, protected(repository_id, pipeline_id, [theirs], known))
        assert list(vendors.devops.git.policies) == [theirs]


@pytest.mark.parametrize("known", [True, False])
async def test_policies_that_others_made_meanwhile_stay(
    vendors: Vendors, repository_id: str, pipeline_id: int, known: bool
) -> None:
    made = await value(protect_branch, protected(repository_id, pipeline_id, []))
    theirs = add_policy(vendors, repository_id, "a-check-of-their-own")

    await value(unprotect_branch, protected(repository_id, pipeline_id, [], made if known else None))

    assert list(vendors.devops.git.policies) == [theirs]


async def test_half_protected_is_unprotected(vendors: Vendors, repository_id: str, pipeline_id: int) -> None:
    vendors.devops.fail("POST", "/policy/configurations", lambda _, work: work(), *[status(403)] * 3)
    payload = protected(repository_id, pipeline_id, [])
    assert (await act(protect_branch, payload))["status"] == "refused"
    assert len(vendors.devops.git.policies) == 1

    await value(unprotect_branch, payload)

    assert vendors.devops.git.policies == {}


async def test_a_repository_that_is_gone_has_no_policies(vendors: Vendors, pipeline_id: int) -> None:
    vendors.devops.fail("GET", "/policy/configurations", status(404))

    assert (await value(unprotect_branch, protected("gone", pipeline_id, [])))["result"] == "absent"


def running(pipeline_id: int, **changes: Any) -> dict[str, Any]:
    """What the saga sends to run_pipeline, and with `attempt` to destroy_environment."""
    since = datetime.now(UTC) - timedelta(minutes=5)
    return {
        "project": "Payments",
        "pipeline_id": pipeline_id,
        "environment": "development",
        "action": "apply",
        "since": since.isoformat(),
        "poll_s": 15.0,
        "made": None,
        "attempt": 1,
        **changes,
    }


async def start(pipeline_id: int) -> int:
    return int((await value(run_pipeline, running(pipeline_id), RUN_KEY))["run_id"])


def asked_of(vendors: Vendors) -> list[str]:
    return [run["templateParameters"]["action"] for run in vendors.devops.runs.values()]


@pytest.mark.parametrize("fault", [None, *LOST])
async def test_a_run_is_started_once_for_its_environment(
    vendors: Vendors, pipeline_id: int, fault: Fault | None
) -> None:
    if fault:
        vendors.devops.fail("POST", "/runs", fault)

    assert await start(pipeline_id) == await start(pipeline_id)

    (run,) = vendors.devops.runs.values()
    assert run["templateParameters"] == {"action": "apply", "environment": "development"}
    assert run["resources"]["repositories"]["self"]["refName"] == MAIN


async def test_a_run_that_failed_tells_at_which_stage(vendors: Vendors, pipeline_id: int) -> None:
    run_id = await start(pipeline_id)
    vendors.devops.end_run(run_id, "failed", "deploy")
    payload = {"project": "Payments", "run_id": run_id}

    assert await value(find_failed_stage, payload) == {"stage": "deploy"}
    vendors.devops.timelines.clear()
    assert await value(find_failed_stage, payload) == {"stage": ""}


async def destroy(pipeline_id: int, **changes: Any) -> dict[str, Any]:
    return await act(destroy_environment, running(pipeline_id, **changes), RUN_KEY)


async def test_where_no_run_was_started_there_is_nothing_to_destroy(
    vendors: Vendors, pipeline_id: int
) -> None:
    assert (await destroy(pipeline_id))["value"] == {"result": "absent"}
    assert vendors.devops.runs == {}


@pytest.mark.parametrize("result", ["succeeded", "failed", "canceled"])
async def test_however_the_first_run_ended_the_pipeline_destroys_what_there_is(
    vendors: Vendors, pipeline_id: int, result: str
) -> None:
    vendors.devops.end_run(await start(pipeline_id), result)

    waiting = await destroy(pipeline_id)
    again = await destroy(pipeline_id)
    assert [each["status"] for each in (waiting, again)] == ["unavailable", "unavailable"]
    assert waiting["retry_after_s"] == 15.0
    assert asked_of(vendors) == ["apply", "destroy"]

    vendors.devops.end_run(2, "succeeded")
    assert (await destroy(pipeline_id))["value"] == {"result": "deleted", "run_id": 2}
    assert asked_of(vendors) == ["apply", "destroy"]


async def test_a_first_run_under_way_is_ended_first(vendors: Vendors, pipeline_id: int) -> None:
    await start(pipeline_id)

    first = await destroy(pipeline_id)

    assert "still ending" in first["reason"]
    assert vendors.devops.runs[1]["result"] == "canceled"
    assert asked_of(vendors) == ["apply"]
    await destroy(pipeline_id)
    assert asked_of(vendors) == ["apply", "destroy"]


@pytest.mark.parametrize("fault", LOST)
async def test_a_destroy_run_whose_answer_is_lost_is_one(
    vendors: Vendors, pipeline_id: int, fault: Fault
) -> None:
    vendors.devops.end_run(await start(pipeline_id), "failed")
    vendors.devops.fail("POST", "/runs", fault)

    for _ in range(3):
        await destroy(pipeline_id)

    assert asked_of(vendors) == ["apply", "destroy"]


async def test_a_destroy_run_that_failed_is_final_until_somebody_tries_again(
    vendors: Vendors, pipeline_id: int
) -> None:
    vendors.devops.end_run(await start(pipeline_id), "failed")
    await destroy(pipeline_id)
    vendors.devops.end_run(2, "failed")

    outcome = await destroy(pipeline_id)
    assert outcome["status"] == "refused"
    assert "run 2 could not destroy the environment" in outcome["reason"]

    await destroy(pipeline_id, attempt=2)
    assert asked_of(vendors) == ["apply", "destroy", "destroy"]
    vendors.devops.end_run(3, "succeeded")
    assert (await destroy(pipeline_id, attempt=2))["value"]["run_id"] == 3


async def test_a_destroy_run_that_outlived_its_attempt_is_waited_for_not_doubled(
    vendors: Vendors, pipeline_id: int
) -> None:
    """Two at once would fight over Terraform's state."""
    vendors.devops.end_run(await start(pipeline_id), "failed")
    await destroy(pipeline_id)

    assert (await destroy(pipeline_id, attempt=2))["status"] == "unavailable"
    vendors.devops.end_run(2, "succeeded")

    assert (await destroy(pipeline_id, attempt=3))["value"]["run_id"] == 2
    assert asked_of(vendors) == ["apply", "destroy"]


async def test_an_environment_is_found_however_long_ago_it_was_made(
    vendors: Vendors, pipeline_id: int
) -> None:
    """Somebody undoes it a month later."""
    vendors.devops.end_run(await start(pipeline_id), "succeeded")
    month_ago = datetime.now(UTC) - timedelta(days=30)
    vendors.devops.runs[1]["createdDate"] = month_ago.strftime("%Y-%m-%dT%H:%M:%S.1234567Z")
    since = (month_ago - timedelta(minutes=5)).isoformat()

    await destroy(pipeline_id, attempt=2, since=since)

    assert asked_of(vendors) == ["apply", "destroy"]


async def test_a_pipeline_that_people_deleted_is_told_and_then_left_to_them(
    vendors: Vendors, pipeline_id: int
) -> None:
    vendors.devops.fail("GET", "/runs", *[status(404)] * 2)

    told = await destroy(pipeline_id)
    assert told["status"] == "refused"
    assert "destroy the environment by hand" in told["reason"]

    assert (await destroy(pipeline_id, attempt=2))["value"] == {"result": "left"}
