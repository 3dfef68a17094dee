"""Azure DevOps' service hooks: proven by Basic or a header, read in every shape they come in, never guessed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.platform.webhooks import receive_webhook
from shared import services
from tests.fakes.hooks import SECRET, basic, documented, release_sent, run_sent
from tests.fakes.requests import function_of, request
from tests.fakes.services import fake_services

post = function_of(receive_webhook)
OLD = "the-secret-that-is-rotated-out"


@pytest.fixture
def world() -> Iterator[Any]:
    made = fake_services(AZURE_DEVOPS_WEBHOOK_SECRETS=f"{SECRET},{OLD}")
    services.use(made)
    yield made
    services.use(None)


async def receive(body: Any, headers: dict[str, str] | None = None) -> int:
    sent = request(
        "POST", body=body, route={"source": "azure_devops"}, headers=basic() if headers is None else headers
    )
    return int((await post(sent)).status_code)


async def report_of(world: Any, body: Any) -> dict[str, Any]:
    assert await receive(body) == 202
    report: dict[str, Any] = world.publisher.events[-1].data
    return report


@pytest.mark.parametrize("headers", [basic(), basic(OLD), {"x-valueflow-secret": SECRET}])
async def test_either_secret_is_taken_by_basic_authentication_or_header(
    world: Any, headers: dict[str, str]
) -> None:
    assert await receive(run_sent(11, 1), headers) == 202
    assert world.publisher.events[0].type == "delivery.reported"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("forged-secret-of-some-length"),
        {"authorization": "Basic %%%"},
        {"authorization": "Basic /w=="},
        {"authorization": f"Bearer {SECRET}"},
        {"x-valueflow-secret": ""},
    ],
)
async def test_without_the_secret_nothing_is_read(world: Any, headers: dict[str, str]) -> None:
    assert await receive("not even json", headers) == 401
    assert world.publisher.events == []


async def test_where_no_secret_is_set_nobody_is_let_in() -> None:
    services.use(fake_services())
    try:
        assert await receive(run_sent(11, 1), basic("")) == 401
    finally:
        services.use(None)


async def test_the_documented_run_has_its_number_in_its_address_alone(world: Any) -> None:
    report = await report_of(world, documented("azure_devops.documented.run_state_changed"))

    assert report["kind"] == "run"
    assert report["told"] == {"run_id": "11", "state": "completed", "result": "succeeded"}
    assert report["place"]["pipeline_id"] == "1"
    assert report["place"]["organisation"] == "org"


async def test_a_run_as_really_sent_is_read_with_its_organisation_and_project(world: Any) -> None:
    report = await report_of(world, run_sent(4711, 17))

    assert report["told"]["run_id"] == "4711"
    assert report["place"]["organisation"] == "example"
    assert report["place"]["project"] == "be9b3917-87e6-42a4-a549-2bc06a7a878f"


async def test_the_end_of_a_run_told_by_two_hooks_is_one_event(world: Any) -> None:
    await receive(run_sent(2, 2))
    await receive(documented("azure_devops.documented.build_complete"))
    await receive(run_sent(2, 2))

    assert len({event.id for event in world.publisher.events}) == 1


async def test_the_beginning_of_a_run_and_its_end_are_two_events(world: Any) -> None:
    await receive(run_sent(2, 2, result=None))
    await receive(run_sent(2, 2))

    assert len({event.id for event in world.publisher.events}) == 2


async def test_a_classic_release_is_told_whole_in_utc_and_without_names(world: Any) -> None:
    report = await report_of(world, release_sent())

    told = report["told"]
    assert report["kind"] == "deployment"
    assert (told["id"], told["environment"], told["result"]) == ("release-41-77", "Production", "succeeded")
    assert told["started_at"] == "2026-11-20T10:00:00.000Z"
    assert report["place"]["pipeline_id"] == "17"
    assert "Normal Paulk" not in json.dumps(report)


async def test_a_merged_pull_request_is_a_change(world: Any) -> None:
    report = await report_of(world, documented("azure_devops.documented.pull_request_merged"))

    assert report["kind"] == "change"
    assert report["told"]["commit"] == "eef717f69257a6333f221566c1c987dc94cc0d72"
    assert report["told"]["merged_at"] == "2014-06-30T18:59:12.366Z"
    assert report["place"]["repository_id"] == "4bc14d40-c903-45e2-872e-0462c7748079"


async def test_a_trial_merge_is_no_change(world: Any) -> None:
    report = await report_of(
        world, documented("azure_devops.documented.pull_request_merged", status="active")
    )

    assert (report["kind"], report["reason"]) == ("nothing", "not_completed")


async def test_a_push_to_the_default_branch_tells_its_commits(world: Any) -> None:
    report = await report_of(world, documented("azure_devops.documented.push"))

    assert report["kind"] == "push"
    assert report["told"]["commits"] == [
        {"sha": "33b55f7cb7e7e245323987634f960cf4a6e6bc74", "committed_at": "2015-02-25T19:01:00.000Z"}
    ]
    assert "Jamal" not in json.dumps(report)


@pytest.mark.parametrize(
    "updates", [[], [{"name": "refs/heads/topic"}], [{"name": "refs/heads/master", "newObjectId": "0" * 40}]]
)
async def test_a_push_elsewhere_or_a_deleted_branch_is_no_change(world: Any, updates: list[Any]) -> None:
    report = await report_of(world, documented("azure_devops.documented.push", refUpdates=updates))

    assert (report["kind"], report["reason"]) == ("nothing", "other_branch")


async def test_an_enormous_push_names_the_first_commits_and_counts_the_others(world: Any) -> None:
    commits = [{"commitId": f"{n:040x}"} for n in range(1, 1501)]

    report = await report_of(world, documented("azure_devops.documented.push", commits=commits))

    assert len(report["told"]["commits"]) == 500
    assert report["told"]["more_commits"] == 1000


async def test_a_work_item_is_named_by_its_revision(world: Any) -> None:
    report = await report_of(world, documented("azure_devops.documented.work_item_updated"))

    assert report["kind"] == "work_item"
    assert (report["told"]["id"], report["told"]["revision"]) == (5, 2)
    assert "System.CreatedBy" not in report["told"]["fields"]


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        (
            documented("azure_devops.documented.run_state_changed") | {"resourceVersion": "9.9"},
            "unknown_version",
        ),
        (documented("azure_devops.documented.run_state_changed", run={"state": "completed"}), "no_run_id"),
        (documented("azure_devops.documented.run_state_changed", run=["?"]), "no_run_id"),
        (documented("azure_devops.documented.build_complete", id=None, url=None), "no_run_id"),
        ({"eventType": "tfvc.checkin", "id": "1", "resource": {}}, "unknown_type"),
        ({"eventType": ["?"], "id": {}}, "unknown_type"),
        ({"eventType": "git.push", "resource": "?"}, "no_resource"),
        (release_sent(status="undefined"), "incomplete"),
        (documented("azure_devops.documented.pull_request_merged", closedDate="yesterday"), "incomplete"),
        (documented("azure_devops.documented.push", date="2014-05-02T19:17:13"), "incomplete"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_what_cannot_be_used_is_taken_with_its_reason(
    world: Any, hook: dict[str, Any], reason: str
) -> None:
    assert (await report_of(world, hook))["reason"] == reason


@pytest.mark.parametrize("name", ["run_state_changed", "build_complete", "push", "pull_request_merged"])
@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, [[]], {"id": []}, {"url": "http://[", "id": True}])
async def test_a_resource_of_any_shape_is_taken(world: Any, name: str, junk: Any) -> None:
    hook = documented(f"azure_devops.documented.{name}")
    for member in hook["resource"]:
        assert await receive(hook | {"resource": {**hook["resource"], member: junk}}) == 202
    assert await receive(hook | {"resource": junk}) == 202
