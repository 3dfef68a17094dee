"""Recovery over real connections: what the simulated Dynatrace measures decides, and silence decides nothing."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stamina

from orchestrations.activities import recovery
from shared import services
from shared.clients.dynatrace import dynatrace_client
from tests.fakes.remediation import PROBLEM
from tests.fakes.remediation import SERVICE as REGISTERED
from tests.fakes.services import fake_services
from tests.fakes.vendors import act
from tests.unit.sandbox.vendors.rig import Rig

ENTITY = "SERVICE-0123456789ABCDEF"
RATE = 'builtin:service.errors.total.rate:splitBy("dt.entity.service")'
OWN = {"entity_id": ENTITY, "metric_selector": RATE, "upper_bound": 2.0, "resolution": "1m"}
MINUTE_MS = 60_000


def now_ms() -> int:
    return int(time.time() * 1000)


class Story:
    """A problem of an hour ago, and an action that ended fifteen minutes ago. entities: what is round the service."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.start_ms = now_ms() - 60 * MINUTE_MS
        self.since_ms = now_ms() - 15 * MINUTE_MS
        self.problem_id = ""
        self.entities: dict[str, str] = {}

    async def begin(self, kind: str = "none") -> None:
        body = {"kind": kind, "entity_id": ENTITY, "name": "shop", "notify": False, "start_ms": self.start_ms}
        told = await self.rig.control("dynatrace", "POST", "/stories", body)
        self.problem_id, self.entities = told["problem"]["problemId"], told["entities"]

    async def sick(self, until_ms: int | None, entity: str = "service", **more: Any) -> None:
        body = {"entity_id": self.entities[entity], "effect": "raised", "from_ms": self.start_ms, **more}
        await self.rig.control("dynatrace", "POST", "/windows", {**body, "to_ms": until_ms})

    async def close(self, *, heal: bool = False) -> None:
        path = f"/problems/{self.problem_id}/resolve"
        await self.rig.control("dynatrace", "POST", path, {"heal": heal})

    async def look(self) -> dict[str, Any]:
        problem = {
            **PROBLEM,
            "problem_id": self.problem_id,
            "start_ms": self.start_ms,
            "entities": [{"id": ENTITY, "name": "shop", "type": "SERVICE"}],
        }
        since = datetime.fromtimestamp(self.since_ms / 1000, UTC).isoformat()
        service = {**REGISTERED, "dynatrace": OWN}
        return await act(recovery.check_recovery, {"problem": problem, "service": service, "since": since})

    async def judged(self) -> dict[str, Any]:
        outcome = await self.look()
        assert outcome["status"] == "done", outcome
        value: dict[str, Any] = outcome["value"]
        return value


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    """Dynatrace, and the app's services on it."""
    rig = Rig(tmp_path)
    await rig.start()
    made = fake_services()
    client = dynatrace_client(rig.urls["dynatrace"], rig.credentials["dynatrace"]["token"])
    made.__dict__.update(dynatrace=client)
    services.use(made)
    told = Story(rig)
    await told.begin()
    with stamina.set_testing(True, attempts=3, cap=True):
        yield told
    await client.aclose()
    services.use(None)
    await rig.stop()
    await rig.http.aclose()


def reasons(found: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(one["entity_type"], one["indicator"]): one["reason"] for one in found["indicators"]}


async def test_what_came_back_before_the_window_is_recovered_with_all_it_runs_on(story: Story) -> None:
    await story.sick(story.since_ms - 5 * MINUTE_MS)
    await story.close()

    found = await story.judged()

    assert found["verdict"] == "recovered"
    assert reasons(found) == {
        ("SERVICE", "indicator"): "",
        ("SERVICE", "latency"): "",
        ("SERVICE", "throughput"): "",
        ("HOST", "cpu"): "",
        ("HOST", "memory"): "",
        ("PROCESS_GROUP_INSTANCE", "cpu"): "",
        ("PROCESS_GROUP_INSTANCE", "memory"): "",
    }


async def test_metrics_that_never_come_back_are_not_recovered_though_the_problem_is_closed(
    story: Story,
) -> None:
    await story.sick(None)
    await story.close()

    found = await story.judged()

    assert (found["verdict"], found["problem_closed"], found["reason"]) == ("not_yet", True, "out_of_bounds")


async def test_a_host_that_stays_hot_is_not_recovered(story: Story) -> None:
    await story.sick(None, "host", metrics=["builtin:host.cpu.usage"])
    await story.close()

    found = await story.judged()

    assert found["verdict"] == "not_yet"
    assert [which for which, reason in reasons(found).items() if reason] == [("HOST", "cpu")]


async def test_a_service_that_fell_silent_is_not_recovered(story: Story) -> None:
    await story.sick(None, effect="silent", from_ms=story.since_ms)
    await story.close()

    found = await story.judged()

    assert (found["verdict"], found["reason"], found["samples"]) == ("not_yet", "few_samples", 0)


@pytest.mark.parametrize("ahead_ms", [0, 3 * MINUTE_MS])
async def test_an_action_that_ends_just_now_or_by_a_clock_ahead_of_ours_is_looked_at_again(
    story: Story, ahead_ms: int
) -> None:
    await story.close()
    story.since_ms = now_ms() + ahead_ms

    assert (await story.judged())["reason"] == "too_soon"


async def test_a_problem_that_is_open_is_not_recovered(story: Story) -> None:
    assert (await story.judged())["reason"] == "still_open"


@pytest.mark.parametrize("operation", ["get_problem", "query_metrics", "list_entities"])
async def test_a_dynatrace_that_is_down_is_asked_again(story: Story, operation: str) -> None:
    await story.close()
    fault = {"operation": operation, "kind": "status", "status": 503}
    await story.rig.control("dynatrace", "PUT", "/faults", [fault])

    assert (await story.look())["status"] == "unavailable"


async def test_what_heals_now_is_recovered_once_a_window_has_passed(story: Story) -> None:
    """As the embedded platform shows it: samples of tenths of a second, a window of one."""
    await story.rig.control("dynatrace", "PUT", "/config", {"sample_seconds": 0.1})
    hasty = fake_services(VERIFICATION_WINDOW_MINUTES="0.0167")
    hasty.__dict__.update(dynatrace=services.services().dynatrace)
    services.use(hasty)
    await story.sick(None)
    await story.close(heal=True)
    story.since_ms = now_ms()
    seen = [await story.judged()]

    while seen[-1]["verdict"] != "recovered" and now_ms() < story.since_ms + 10_000:
        seen.append(await story.judged())

    assert seen[0]["reason"] in ("too_soon", "out_of_bounds")
    assert seen[-1]["verdict"] == "recovered"
    assert now_ms() >= story.since_ms + 1000
