"""What GitHub's webhooks missed: the same events as theirs, bounded, each list by itself, nothing without a token."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.delivery.deliveries import take
from functions.delivery.pulling_deliveries import github as pulling
from functions.delivery.pulling_deliveries.github import MARK
from functions.delivery.reconciling_deliveries import reconcile
from functions.platform.sources import github as hooks
from shared.clients.github import github_client
from shared.errors import VendorUnavailable
from tests.fakes.github import TOKEN, URL, FakeGitHub, numbered, sha_of
from tests.fakes.hooks import documented
from tests.fakes.vendor import status

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORKFLOW = ".github/workflows/deploy.yml"


@pytest.fixture
async def github(world: Any) -> FakeGitHub:
    made = FakeGitHub()
    world.__dict__["github"] = github_client(URL, TOKEN, transport=made.transport)
    await register(world)
    return made


async def register(world: Any, name: str = "checkout", repository: str = "Contoso/Checkout") -> None:
    delivery = {"environment": "production", "repositories": [repository], "workflows": [WORKFLOW]}
    await world.registry.put({"name": name, "azure_devops": {}, "dynatrace": {}, "delivery": delivery})


def ago(**past: float) -> str:
    return (NOW - timedelta(**past)).strftime("%Y-%m-%dT%H:%M:%SZ")


def reports(world: Any) -> list[Any]:
    return [event for event in world.publisher.events if event.type == "delivery.reported"]


def hooked(**members: Any) -> str:
    """The id of the event that a webhook with these members is."""
    repository = {"id": 9, "full_name": "Contoso/Checkout", "owner": {"login": "Contoso"}}
    return hooks.to_event(json.dumps({**members, "repository": repository}).encode()).id


async def test_what_is_pulled_are_the_events_that_webhooks_give(world: Any, github: FakeGitHub) -> None:
    github.deploy(1, "a" * 40, ago(minutes=20), "in_progress", "success")
    github.run(2, "b" * 40, ago(minutes=20))
    github.merge(3, "c" * 40, ago(minutes=20))

    assert (await reconcile(NOW))["reported"] == 4

    statuses = [
        hooked(deployment_status=one, deployment=github.deployments[0], action="created")
        for one in github.statuses[1]
    ]
    whole = {**github.pull_requests[0], "merged": True, "commits": 4}
    others = [hooked(workflow_run=github.runs[0]), hooked(pull_request=whole, action="closed")]
    assert [event.id for event in reports(world)] == statuses + others
    assert {event.data["hook"] for event in reports(world)} == {"reconciled"}


async def test_what_was_read_is_not_read_again(world: Any, github: FakeGitHub) -> None:
    github.deploy(1, "a" * 40, ago(hours=2), "success")
    github.merge(3, "c" * 40, ago(hours=2))
    await reconcile(NOW)

    assert (await reconcile(NOW + timedelta(minutes=10)))["reported"] == 0


async def test_a_look_is_bounded_and_the_next_goes_on(world: Any, github: FakeGitHub) -> None:
    for number in range(1, 81):
        github.deploy(number, "a" * 40, ago(hours=10, minutes=-number), "success")

    counts = [(await reconcile(NOW))["reported"] for _ in range(2)]

    assert counts[0] == 50
    assert {event.data["told"]["id"] for event in reports(world)} == {str(one) for one in range(1, 81)}


async def test_what_is_no_delivery_is_not_reported(world: Any, github: FakeGitHub) -> None:
    github.deploy(1, "a" * 40, ago(minutes=20), "inactive")
    github.run(2, "b" * 40, ago(minutes=20), "skipped")

    assert (await reconcile(NOW))["reported"] == 0


async def test_without_a_token_it_is_said_what_to_do_and_the_rest_is_done(
    world: Any, github: FakeGitHub, caplog: pytest.LogCaptureFixture
) -> None:
    world.__dict__["github"] = None

    with caplog.at_level(logging.WARNING):
        assert (await reconcile(NOW))["reported"] == 0

    assert [record.message for record in caplog.records if "GITHUB_TOKEN" in record.message]
    assert github.requests == []


async def test_nobody_names_a_repository_and_nobody_is_asked(
    world: Any, github: FakeGitHub, caplog: pytest.LogCaptureFixture
) -> None:
    await world.registry.delete("checkout")
    world.__dict__["github"] = None

    assert (await reconcile(NOW))["reported"] == 0
    assert caplog.records == []


async def test_a_repository_that_is_refused_holds_up_no_other(world: Any, github: FakeGitHub) -> None:
    await register(world, "basket", "contoso/basket")
    github.deploy(1, "a" * 40, ago(minutes=20), "success")

    assert (await reconcile(NOW))["reported"] == 1
    assert all(name.startswith("contoso/checkout/") for name in json.loads(world.blob.blobs[MARK]))


async def test_github_away_its_marks_stay_and_the_next_look_finds_all(world: Any, github: FakeGitHub) -> None:
    github.deploy(1, "a" * 40, ago(minutes=20), "success")
    github.fail("GET", "/deployments", status(503, retry_after="60"))

    assert (await reconcile(NOW))["reported"] == 0
    assert MARK not in world.blob.blobs
    assert (await reconcile(NOW))["reported"] == 1


async def test_a_limit_that_is_used_up_ends_the_look(world: Any, github: FakeGitHub) -> None:
    await register(world, "basket", "contoso/aaa")
    github.fail("GET", "/deployments", status(403, X_RateLimit_Remaining="0", X_RateLimit_Reset="9999999999"))

    await reconcile(NOW)

    assert len(github.requests) == 1


async def test_more_repositories_than_a_look_reads_are_read_in_turn(
    world: Any, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "MOST_REPOSITORIES", 2)
    for name in ("a", "b", "c", "d"):
        await register(world, name, f"contoso/{name}")
    asked: list[set[str]] = []

    for minutes in (0, 10, 20):
        github.requests.clear()
        await reconcile(NOW + timedelta(minutes=minutes))
        asked.append({request.url.path.split("/")[3] for request in github.requests})

    assert [len(one) for one in asked] == [2, 2, 2]
    assert set().union(*asked) == {"a", "b", "c", "d", "checkout"}


async def test_killed_in_between_the_same_is_reported_again_by_the_same_ids(
    world: Any, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    github.deploy(1, "a" * 40, ago(minutes=20), "in_progress", "success")
    publish = world.publisher.publish

    async def once(event: Any) -> None:
        await publish(event)
        world.publisher.away = True

    monkeypatch.setattr(world.publisher, "publish", once)
    with pytest.raises(VendorUnavailable):
        await reconcile(NOW)
    monkeypatch.setattr(world.publisher, "publish", publish)
    world.publisher.away = False
    await reconcile(NOW)

    assert len(reports(world)) == 3
    assert len({event.id for event in reports(world)}) == 2


async def test_a_deployment_whose_commits_could_not_be_asked_is_told_by_the_timer(
    world: Any, github: FakeGitHub
) -> None:
    github.line = numbered(1, 3)
    github.deploy(1, sha_of(1), "2019-05-14T15:20:53Z", "success")
    hook = documented("github.documented.deployment_status")
    hook["repository"]["full_name"] = "contoso/checkout"
    hook["deployment"]["sha"] = sha_of(3)
    event = hooks.to_event(json.dumps(hook).encode())
    github.fail("GET", "/deployments", status(503, retry_after="60"))
    assert await take(event.id, event.data) == "vendor_away"  # type: ignore[arg-type]
    assert [one.type for one in world.publisher.events] == ["delivery.unmatched"]

    assert (await reconcile(datetime.now(UTC) + timedelta(minutes=6)))["matched"] == 1

    told = world.publisher.events[-1]
    assert told.type == "deployment.finished"
    assert [one["sha"] for one in told.data["commits"]] == [sha_of(2), sha_of(3)]
