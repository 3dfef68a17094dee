"""Whether it helped, asked of Dynatrace: every indicator before the problem and since the action."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrations.activities import recovery
from tests.fakes import dynatrace as fake_dynatrace
from tests.fakes.remediation import PROBLEM, SERVICE
from tests.fakes.vendor import no_connection, status
from tests.fakes.vendors import Vendors, act

ENTITY = fake_dynatrace.SERVICE
PROCESS, NEW_PROCESS = "PROCESS_GROUP_INSTANCE-00000000000000AA", "PROCESS_GROUP_INSTANCE-00000000000000BB"
HOST = "HOST-00000000000000CC"
MINUTE_MS = 60_000
ERRORS = "builtin:service.errors.total.rate"
LATENCY = "builtin:service.response.time"
THROUGHPUT = "builtin:service.requestCount.total"
MEMORY = "builtin:tech.generic.mem.usage"
CPU = "builtin:host.cpu.usage"
SELECTOR = f'{ERRORS}:splitBy("dt.entity.service")'
OWN = {"entity_id": ENTITY, "metric_selector": SELECTOR, "upper_bound": 2.0, "resolution": "1m"}
USUAL = {ERRORS: 0.4, LATENCY: 100_000.0, THROUGHPUT: 600.0}


class Story:
    """A problem that began an hour ago, and an action that ended fifteen minutes ago."""

    def __init__(self, vendors: Vendors) -> None:
        self.vendors = vendors
        self.now_ms = int(time.time() * 1000) // MINUTE_MS * MINUTE_MS
        self.start_ms, self.since_ms = self.now_ms - 60 * MINUTE_MS, self.now_ms - 15 * MINUTE_MS
        self.state("CLOSED")
        self.runs_on()
        for key, usual in USUAL.items():
            self.measure(key, ENTITY, usual, sick=usual * 40, now=usual)

    def state(self, state: str) -> None:
        known = fake_dynatrace.a_problem(status=state, startTime=self.start_ms)
        self.vendors.dynatrace.problems["-123_456V2"] = known

    def runs_on(self, *processes: str) -> None:
        stubs = [{"id": one, "type": "PROCESS_GROUP_INSTANCE"} for one in processes]
        related = {"runsOnProcessGroupInstance": stubs}
        self.vendors.dynatrace.add_entity(ENTITY, "payments")
        self.vendors.dynatrace.entities[ENTITY]["fromRelationships"] = related

    def measure(
        self, key: str, entity_id: str, usual: float | None, sick: float | None, now: float | None
    ) -> None:
        """A point a minute, from three hours ago."""
        self.vendors.dynatrace.metrics[key, entity_id] = [
            (at, usual if at < self.start_ms else sick if at < self.since_ms else now)
            for at in range(self.now_ms - 180 * MINUTE_MS, self.now_ms, MINUTE_MS)
        ]

    def payload(self, **more: Any) -> dict[str, Any]:
        entities = [{"id": ENTITY, "name": "payments", "type": "SERVICE"}]
        problem = {
            **PROBLEM,
            "problem_id": "-123_456V2",
            "start_ms": self.start_ms,
            "entities": [*entities, *more.pop("affected", [])],
        }
        since = datetime.fromtimestamp(self.since_ms / 1000, UTC).isoformat()
        return {"problem": problem, "service": {**SERVICE, "dynatrace": OWN}, "since": since, **more}

    async def judged(self, **more: Any) -> dict[str, Any]:
        outcome = await act(recovery.check_recovery, self.payload(**more))
        assert outcome["status"] == "done", outcome
        value: dict[str, Any] = outcome["value"]
        return value


@pytest.fixture
def story(vendors: Vendors) -> Story:
    return Story(vendors)


def reasons(found: dict[str, Any]) -> dict[str, str]:
    return {one["indicator"]: one["reason"] for one in found["indicators"]}


async def test_a_closed_problem_and_every_indicator_as_before_are_recovery(story: Story) -> None:
    found = await story.judged()

    assert found["verdict"] == "recovered"
    assert reasons(found) == {"indicator": "", "latency": "", "throughput": ""}
    assert found["window_s"] == 600
    assert [one["unit"] for one in found["indicators"]] == ["Percent", "MicroSecond", "Count"]


async def test_an_open_problem_is_not_recovery_and_costs_little_to_ask(story: Story) -> None:
    story.state("OPEN")

    found = await story.judged()

    assert found["reason"] == "still_open"
    assert reasons(found) == {"indicator": ""}
    assert len(story.vendors.dynatrace.requests) <= 3


async def test_a_problem_that_dynatrace_does_not_know_is_not_recovery(story: Story) -> None:
    story.vendors.dynatrace.problems.clear()

    assert (await story.judged())["reason"] == "state_unknown"


@pytest.mark.parametrize(("key", "name"), [(LATENCY, "latency"), (THROUGHPUT, "throughput")])
async def test_a_golden_signal_that_stays_away_is_not_recovery(story: Story, key: str, name: str) -> None:
    away = {LATENCY: 900_000.0, THROUGHPUT: 20.0}[key]
    story.measure(key, ENTITY, USUAL[key], sick=away, now=away)

    found = await story.judged()

    assert (found["verdict"], found["reason"]) == ("not_yet", "out_of_bounds")
    assert reasons(found)[name] == "out_of_bounds"


async def test_an_environment_that_fell_silent_is_not_recovery(story: Story) -> None:
    for key, usual in USUAL.items():
        story.measure(key, ENTITY, usual, sick=usual, now=None)

    found = await story.judged()

    assert (found["verdict"], found["reason"], found["samples"]) == ("not_yet", "few_samples", 0)


async def test_no_series_at_all_is_not_recovery(story: Story) -> None:
    story.vendors.dynatrace.metrics.clear()

    assert (await story.judged())["reason"] == "few_samples"


async def test_golden_signals_that_nobody_measures_do_not_stand_in_the_way(story: Story) -> None:
    for key in (LATENCY, THROUGHPUT):
        del story.vendors.dynatrace.metrics[key, ENTITY]

    found = await story.judged()

    assert found["verdict"] == "recovered"
    assert reasons(found) == {"indicator": "", "latency": "not_judged", "throughput": "not_judged"}


async def test_metrics_that_the_environment_has_not_do_not_stand_in_the_way(story: Story) -> None:
    story.vendors.dynatrace.unknown.add(LATENCY)

    found = await story.judged()

    assert found["verdict"] == "recovered"
    assert reasons(found)["latency"] == "not_judged"


async def test_what_the_runbook_names_must_be_back_and_must_be_measured(story: Story) -> None:
    assert (await story.judged(indicator="latency"))["verdict"] == "recovered"
    assert (await story.judged(indicator="service"))["verdict"] == "recovered"
    assert (await story.judged(indicator="errors"))["verdict"] == "recovered"
    assert (await story.judged(indicator="disk"))["reason"] == "not_judged"

    del story.vendors.dynatrace.metrics[LATENCY, ENTITY]
    assert (await story.judged(indicator="latency"))["reason"] == "not_judged"


async def test_a_new_process_follows_the_old_one(story: Story) -> None:
    story.runs_on(PROCESS, NEW_PROCESS)
    story.measure(MEMORY, PROCESS, 40.0, sick=95.0, now=None)
    story.measure(MEMORY, NEW_PROCESS, None, sick=None, now=41.0)

    found = await story.judged()

    assert (found["verdict"], reasons(found)["memory"]) == ("recovered", "")


@pytest.mark.parametrize("hot", [PROCESS, NEW_PROCESS])
async def test_the_worst_of_several_processes_counts(story: Story, hot: str) -> None:
    story.runs_on(PROCESS, NEW_PROCESS)
    for process in (PROCESS, NEW_PROCESS):
        story.measure(MEMORY, process, 40.0, sick=95.0, now=95.0 if process == hot else 40.0)

    assert reasons(await story.judged())["memory"] == "out_of_bounds"


async def test_an_affected_host_that_is_still_hot_is_not_recovery(story: Story) -> None:
    story.measure(CPU, HOST, 30.0, sick=97.0, now=96.0)
    affected = [{"id": HOST, "name": "host", "type": "HOST"}]

    found = await story.judged(affected=affected)

    hot = next(one for one in found["indicators"] if one["indicator"] == "cpu")
    assert (hot["entity_type"], hot["reason"]) == ("HOST", "out_of_bounds")
    assert found["verdict"] == "not_yet"


async def test_an_affected_service_of_others_is_left_to_its_own_problem(story: Story) -> None:
    other = "SERVICE-00000000000000DD"
    story.measure(LATENCY, other, 100_000.0, sick=900_000.0, now=900_000.0)

    found = await story.judged(affected=[{"id": other, "name": "other", "type": "SERVICE"}])

    assert found["verdict"] == "recovered"


async def test_a_runbook_in_a_hurry_shortens_the_window(story: Story) -> None:
    assert (await story.judged(within_minutes=12))["window_s"] == 360


@pytest.mark.parametrize("minutes", [-1, 2])
async def test_an_action_that_has_just_ended_is_looked_at_again(story: Story, minutes: int) -> None:
    """-1: the vendor's clock is ahead of ours."""
    for key, usual in USUAL.items():
        story.measure(key, ENTITY, usual, sick=usual, now=usual)
    story.since_ms = story.now_ms - minutes * MINUTE_MS

    assert (await story.judged())["reason"] == "too_soon"


async def test_an_action_whose_end_nobody_told_is_looked_at_again(story: Story) -> None:
    assert (await story.judged(since=""))["reason"] == "too_soon"


async def test_a_service_that_dynatrace_has_not_seen_is_not_recovered(story: Story) -> None:
    unseen = {**SERVICE, "dynatrace": {**OWN, "entity_id": ""}}

    assert (await story.judged(service=unseen))["reason"] == "not_judged"


@pytest.mark.parametrize("path", ["/problems/", "/metrics/query", "/entities"])
async def test_dynatrace_away_is_asked_again_later(story: Story, path: str) -> None:
    story.vendors.dynatrace.fail("GET", path, *[no_connection] * 30)

    assert (await act(recovery.check_recovery, story.payload()))["status"] == "unavailable"


async def test_one_request_that_fails_is_repeated(story: Story) -> None:
    story.vendors.dynatrace.fail("GET", "/metrics/query", status(503), no_connection)

    assert (await story.judged())["verdict"] == "recovered"
