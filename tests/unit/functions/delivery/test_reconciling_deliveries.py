"""The timer that heals what hooks missed: same events as theirs, bounded, a project at a time, later what may match."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.delivery.deliveries import take
from functions.delivery.pulling_deliveries.azure_devops import MARK
from functions.delivery.reconciling_deliveries import reconcile
from functions.platform.sources import azure_devops as hooks
from shared.clients.azure_devops import azure_devops_client
from shared.delivery.reporting import reported
from shared.domain.delivery.azure_devops_runs import run_reported
from tests.fakes.azure_devops import TOKEN, URL, FakeAzureDevOps
from tests.fakes.hooks import COMMIT, run_sent
from tests.fakes.vendor import status

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
async def vendor(world: Any) -> FakeAzureDevOps:
    made = FakeAzureDevOps()
    world.__dict__["azure_devops"] = azure_devops_client(URL, TOKEN, transport=made.transport)
    await register(world)
    return made


async def register(world: Any, name: str = "checkout", **place: Any) -> None:
    await world.registry.put(
        {
            "name": name,
            "azure_devops": {"project": "Payments", "pipeline_id": 7} | place,
            "dynatrace": {"entity_id": ""},
            "delivery": {"environment": "production"},
        }
    )


def reports(world: Any) -> list[Any]:
    return [event for event in world.publisher.events if event.type == "delivery.reported"]


def ended(vendor: FakeAzureDevOps, run_id: int, before: timedelta) -> None:
    vendor.add_run(run_id, "b" * 40, created=NOW - before)


def merged(number: int, repository_id: str, before: timedelta = timedelta(minutes=1)) -> dict[str, Any]:
    return {
        "pullRequestId": number,
        "status": "completed",
        "closedDate": (NOW - before).strftime("%Y-%m-%dT%H:%M:%S.0000000Z"),
        "title": "A change",
        "targetRefName": "refs/heads/main",
        "lastMergeCommit": {"commitId": COMMIT},
        "repository": {"id": repository_id, "name": "checkout", "project": {"name": "Payments"}},
    }


async def test_a_missed_run_is_reported_as_its_hook_would_have(world: Any, vendor: FakeAzureDevOps) -> None:
    ended(vendor, 4711, timedelta(minutes=20))

    assert (await reconcile(NOW))["reported"] == 1

    told = hooks.to_event(json.dumps(run_sent(4711, 7)).encode())
    assert [event.id for event in reports(world)] == [told.id]


async def test_what_was_read_is_not_read_again(world: Any, vendor: FakeAzureDevOps) -> None:
    ended(vendor, 1, timedelta(hours=2))
    await reconcile(NOW)

    assert (await reconcile(NOW + timedelta(minutes=10)))["reported"] == 0


async def test_a_run_that_was_listed_late_is_found_by_the_overlap(
    world: Any, vendor: FakeAzureDevOps
) -> None:
    await reconcile(NOW)
    ended(vendor, 1, timedelta(minutes=3))

    assert (await reconcile(NOW + timedelta(minutes=10)))["reported"] == 1


async def test_a_look_is_bounded_and_the_next_goes_on(
    world: Any, vendor: FakeAzureDevOps, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run_id in range(1, 251):
        ended(vendor, run_id, timedelta(hours=10) - timedelta(minutes=run_id))

    counts = [(await reconcile(NOW))["reported"] for _ in range(2)]

    assert counts[0] == 200
    assert {event.data["told"]["run_id"] for event in reports(world)} == {str(n) for n in range(1, 251)}


async def test_pull_requests_of_registered_repositories_alone_are_reported(
    world: Any, vendor: FakeAzureDevOps
) -> None:
    vendor.deliveries.pipelines_of["r-1"] = [7]
    vendor.deliveries.pull_requests = [merged(12, "r-1"), merged(13, "r-2")]

    assert (await reconcile(NOW))["reported"] == 1
    assert reports(world)[0].data["told"]["pull_request"] == "12"


async def test_azure_devops_away_its_mark_stays_and_other_work_goes_on(
    world: Any, vendor: FakeAzureDevOps
) -> None:
    ended(vendor, 1, timedelta(minutes=20))
    vendor.fail("GET", "build/builds", status(503, retry_after="60"))

    assert (await reconcile(NOW))["reported"] == 0
    assert MARK not in world.blob.blobs
    assert (await reconcile(NOW))["reported"] == 1


async def test_a_mark_of_a_clock_that_ran_ahead_hides_nothing(world: Any, vendor: FakeAzureDevOps) -> None:
    world.blob.blobs[MARK] = json.dumps({"Payments/runs": "2027-01-01T00:00:00+00:00"}).encode()
    ended(vendor, 1, timedelta(minutes=3))

    assert (await reconcile(NOW))["reported"] == 1


async def test_what_was_unregistered_matches_once_it_is_registered(
    world: Any, vendor: FakeAzureDevOps
) -> None:
    await world.registry.delete("checkout")
    ended(vendor, 1, timedelta(weeks=5))
    event: Any = hooks.to_event(json.dumps(run_sent(1, 7)).encode())
    event.data["place"]["organisation"] = ""
    assert await take(event.id, event.data) == "unregistered"
    now = datetime.now(UTC)
    await register(world)

    assert (await reconcile(now))["matched"] == 0
    assert (await reconcile(now + timedelta(minutes=6)))["matched"] == 1
    assert world.publisher.events[-1].type == "deployment.finished"


async def test_a_tool_that_is_away_is_not_asked_about_everything(world: Any, vendor: FakeAzureDevOps) -> None:
    place = {"project": "Payments", "pipeline_id": "7"}
    for number in range(1, 9):
        event: Any = reported(*run_reported(place, str(number), "completed", "succeeded", "a hook"))
        vendor.fail("GET", f"runs/{number}", status(503, retry_after="60"))
        assert await take(event.id, event.data) == "vendor_away"
        vendor.fail("GET", f"runs/{number}", status(503, retry_after="60"))
    vendor.requests.clear()

    await reconcile(datetime.now(UTC) + timedelta(minutes=6))

    assert len(vendor.sent("GET", "/runs/")) == 3


async def test_what_nobody_ever_matches_is_tried_ever_more_seldom_and_forgotten(
    world: Any, vendor: FakeAzureDevOps
) -> None:
    event: Any = hooks.to_event(json.dumps(run_sent(99, 99)).encode())
    event.data["place"]["organisation"] = ""
    await take(event.id, event.data)
    (name,) = [one for one in world.blob.blobs if "unmatched" in one]
    now = datetime.now(UTC)

    await reconcile(now + timedelta(minutes=6))
    await reconcile(now + timedelta(minutes=12))
    assert json.loads(world.blob.blobs[name])["tries"] == 2

    await reconcile(now + timedelta(days=91))
    assert name not in world.blob.blobs


async def test_two_services_of_two_projects_are_read_each(world: Any, vendor: FakeAzureDevOps) -> None:
    """A project that is not there any more holds up no other."""
    await register(world, "basket", project="Gone", pipeline_id=9)
    ended(vendor, 1, timedelta(minutes=20))

    assert (await reconcile(NOW))["reported"] == 1
