"""Dynatrace hears of each production deployment once, whatever is told twice, lost or away."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.clients.dynatrace import dynatrace_client
from shared.delivery.announcing import Announcer
from shared.domain.delivery.deliveries import Deployment
from shared.registry import ServiceRegistry
from tests.fakes.dynatrace import SERVICE, TOKEN, URL, FakeDynatrace
from tests.fakes.services import FakeBlob
from tests.fakes.vendor import lost_reply, no_connection, status

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def a_deployment(**changes: Any) -> Deployment:
    made: Any = {
        "deployment_id": "azure_devops:12:production",
        "service": "checkout",
        "environment": "production",
        "version": "20261121.1",
        "commit": "b" * 40,
        "started_at": "2026-11-21T11:00:00Z",
        "finished_at": "2026-11-21T11:05:00Z",
        "result": "succeeded",
        "run_id": "12",
        "how": "pipeline",
        "url": "https://dev.azure.test/run/12",
        **changes,
    }
    return made  # type: ignore[no-any-return]


class Scene:
    def __init__(self) -> None:
        self.vendor, self.blob = FakeDynatrace(), FakeBlob()
        self.vendor.add_entity(SERVICE, "checkout")
        self.registry = ServiceRegistry(self.blob)  # type: ignore[arg-type]
        client = dynatrace_client(URL, TOKEN, transport=self.vendor.transport)
        self.announcer = Announcer(self.blob, client, self.registry)  # type: ignore[arg-type]

    async def register(self, entity_id: str = SERVICE) -> None:
        await self.registry.put({"name": "checkout", "dynatrace": {"entity_id": entity_id}})


@pytest.fixture
async def scene() -> Scene:
    made = Scene()
    await made.register()
    return made


async def test_it_is_told_once_with_version_and_commit(scene: Scene) -> None:
    assert await scene.announcer.tell(a_deployment(), NOW) == "created"
    assert await scene.announcer.tell(a_deployment(), NOW) == "known"

    (event,) = scene.vendor.events
    told = {one["key"]: one["value"] for one in event["properties"]}
    assert event["eventType"] == "CUSTOM_DEPLOYMENT"
    assert told["dt.event.deployment.version"] == "20261121.1"
    assert told["valueflow.deployment_id"] == "azure_devops:12:production"
    assert event["endTime"] - event["startTime"] == 5 * 60 * 1000


async def test_a_lost_reply_makes_no_second_event(scene: Scene) -> None:
    scene.vendor.fail("POST", "events/ingest", lost_reply)

    assert await scene.announcer.tell(a_deployment(), NOW) == "adopted"
    assert len(scene.vendor.events) == 1


async def test_killed_before_it_was_remembered_it_is_found_in_dynatrace(scene: Scene) -> None:
    await scene.announcer.tell(a_deployment(), NOW)
    scene.blob.blobs = {k: v for k, v in scene.blob.blobs.items() if "/told/" not in k}

    assert await scene.announcer.tell(a_deployment(), NOW) == "adopted"
    assert len(scene.vendor.events) == 1


@pytest.mark.parametrize(
    "changes",
    [{"environment": "preview"}, {"result": "failed"}, {"result": "cancelled"}, {"finished_at": None}],
)
async def test_nothing_but_what_succeeded_in_production_is_told(
    scene: Scene, changes: dict[str, Any]
) -> None:
    assert await scene.announcer.tell(a_deployment(**changes), NOW) == ""
    assert scene.vendor.events == []


async def test_dynatrace_away_it_is_told_later(scene: Scene) -> None:
    scene.vendor.fail("GET", "/api/v2/events", *[no_connection] * 4)

    assert await scene.announcer.tell(a_deployment(), NOW) == "waiting"
    assert await scene.announcer.tell_waiting(NOW, 10) == 1
    assert await scene.announcer.tell_waiting(NOW, 10) == 0
    assert len(scene.vendor.events) == 1


async def test_an_entity_that_is_not_seen_yet_is_waited_for_and_not_for_ever(scene: Scene) -> None:
    await scene.register(entity_id="")
    assert await scene.announcer.tell(a_deployment(), NOW) == "waiting"
    assert await scene.announcer.tell_waiting(NOW + timedelta(days=6), 10) == 0

    await scene.announcer.tell_waiting(NOW + timedelta(days=8), 10)
    await scene.register()

    assert await scene.announcer.tell_waiting(NOW + timedelta(days=8), 10) == 0
    assert scene.vendor.events == []


async def test_what_dynatrace_refuses_is_not_sent_for_ever(scene: Scene) -> None:
    scene.vendor.fail("POST", "events/ingest", status(400))

    assert await scene.announcer.tell(a_deployment(), NOW) == "refused"
    assert await scene.announcer.tell(a_deployment(), NOW) == "known"


async def test_a_clock_that_ran_backwards_is_no_reason_to_be_refused(scene: Scene) -> None:
    late = a_deployment(started_at="2026-11-21T11:05:00Z", finished_at="2026-11-21T08:00:00-03:00")

    assert await scene.announcer.tell(late, NOW) == "created"
    (event,) = scene.vendor.events
    assert event["startTime"] <= event["endTime"]
