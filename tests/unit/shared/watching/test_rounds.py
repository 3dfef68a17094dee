"""A round: all services judged, what is new kept and handed over, one that fails stops no other, little is written."""

import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from shared.domain.watch.seasons import DAY_MS, MINUTE_MS
from shared.domain.watch.sensitivity import DEFAULTS
from shared.domain.watch.trends import HOUR_MS
from shared.watching import Documents, Report, Watched, Watcher
from shared.watching.rounds import MOST_BASELINES
from tests.fakes.services import FakeBlob
from tests.fakes.watching import NOW_MS, FakeDynatrace, FakeServiceNow, a_service, daily, over

TICK_MS = 5 * MINUTE_MS
SLOW_SINCE = NOW_MS - 20 * MINUTE_MS
DISK = 'builtin:host.disk.usedPct:splitBy("dt.entity.host"):max'
MEMORY = 'builtin:host.mem.usage:splitBy("dt.entity.host"):avg'


class Rig:
    def __init__(self) -> None:
        self.dynatrace, self.servicenow, self.blob = FakeDynatrace(), FakeServiceNow(), FakeBlob()
        self.documents = Documents(self.blob)  # type: ignore[arg-type]
        self.dynatrace.draw()
        self.handed: list[Watched] = []
        self.clock = iter(range(1_000_000))
        self.watcher = Watcher(
            self.dynatrace,  # type: ignore[arg-type]
            self.servicenow,  # type: ignore[arg-type]
            self.documents,
            DEFAULTS,
            clock=lambda: 0.0,
        )

    async def round(self, services: Sequence[dict[str, Any]] = (), now_ms: int = NOW_MS) -> Report:
        async def hand_over(result: Watched) -> None:
            self.handed.append(result)

        return await self.watcher.round(services or [a_service()], now_ms, hand_over)

    async def signals(self, name: str = "checkout") -> dict[str, Any]:
        document = await self.documents.get(name)
        assert document is not None
        found: dict[str, Any] = document["signals"]
        return found

    def states(self) -> list[str]:
        return [signal["state"] for signal in self.handed[-1].after["signals"].values()]


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_a_service_like_every_day_is_usual_in_all_its_signals(rig: Rig) -> None:
    report = await rig.round()

    assert (report.watched, report.failed) == (1, [])
    assert rig.states() == ["usual", "usual", "usual"]
    assert await rig.documents.last_round() == {"at_ms": NOW_MS, "watched": 1, "failed": []}


async def test_a_slow_service_is_anomalous_with_what_is_and_what_was_expected(rig: Rig) -> None:
    rig.dynatrace.draw(latency=over(daily(100_000), SLOW_SINCE, lambda value: value * 3))

    await rig.round()

    latency = (await rig.signals())["latency"]
    assert (latency["state"], latency["side"]) == ("anomalous", "up")
    assert latency["value"] > 2 * latency["expected"]
    assert abs(latency["since_ms"] - SLOW_SINCE) < 5 * MINUTE_MS
    assert latency["id"].startswith("anomaly-checkout-latency-")
    assert rig.handed[-1].sensitivity == DEFAULTS[1]


async def test_a_round_reads_minutes_and_once_a_day_weeks(rig: Rig) -> None:
    for tick in range(3):
        await rig.round(now_ms=NOW_MS + tick * TICK_MS)
    assert [resolution for how, _, resolution in rig.dynatrace.metrics.asked if how == "of"] == [
        "1m",
        "30m",
        "1m",
        "1m",
    ]

    await rig.round(now_ms=NOW_MS + 31 * HOUR_MS)
    assert [each[2] for each in rig.dynatrace.metrics.asked].count("30m") == 2


async def test_many_services_are_asked_for_at_once(rig: Rig) -> None:
    services = [a_service(f"s{number}", f"SERVICE-{number}") for number in range(45)]
    for number in range(45):
        rig.dynatrace.draw(f"SERVICE-{number}")

    report = await rig.round(services)

    asked = [len(entities) for how, entities, resolution in rig.dynatrace.metrics.asked if resolution == "1m"]
    assert sorted(asked) == [15, 30]
    assert report.watched == 45


async def test_nothing_is_written_while_nothing_changes(rig: Rig) -> None:
    await rig.round()
    before = dict(rig.blob.blobs)
    await rig.round(now_ms=NOW_MS + TICK_MS)

    changed = {name for name in rig.blob.blobs if rig.blob.blobs[name] != before.get(name)}
    assert changed == {"watch/last-round.json"}


async def test_one_that_fails_stops_no_other(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    broken = a_service("broken", "SERVICE-2", watch={"sensitivity": "nonsense"})

    with caplog.at_level(logging.ERROR):
        report = await rig.round([broken, a_service()])

    assert (report.watched, report.failed) == (1, ["broken"])
    assert "broken" in caplog.text
    assert [result.service["name"] for result in rig.handed] == ["checkout"]


async def test_an_entity_dynatrace_refuses_costs_the_others_nothing(rig: Rig) -> None:
    services = [a_service(f"s{number}", f"SERVICE-{number}") for number in range(4)]
    for number in range(4):
        rig.dynatrace.draw(f"SERVICE-{number}")
    rig.dynatrace.metrics.refused.add("SERVICE-2")

    report = await rig.round(services)

    assert report.failed == ["s2"]
    assert sorted(result.service["name"] for result in rig.handed) == ["s0", "s1", "s3"]


async def test_when_dynatrace_is_away_nobody_is_called_fine(rig: Rig) -> None:
    await rig.round()
    rig.dynatrace.metrics.away.add("SERVICE-1")

    report = await rig.round(now_ms=NOW_MS + TICK_MS)

    assert report.failed == ["checkout"]
    last = await rig.documents.last_round()
    assert last is not None
    assert last["failed"] == ["checkout"]


async def test_a_service_without_an_entity_is_not_watched(rig: Rig) -> None:
    report = await rig.round([a_service(entity_id="")])

    assert (report.watched, report.failed) == (0, [])


async def test_a_new_service_has_not_enough_data(rig: Rig) -> None:
    def since_yesterday(at_ms: int) -> float | None:
        return 100.0 if at_ms >= NOW_MS - DAY_MS else None

    rig.dynatrace.draw(latency=since_yesterday, errors=since_yesterday, throughput=since_yesterday)

    await rig.round()

    assert rig.states() == ["not_enough_data"] * 3
    assert {signal["reason"] for signal in (await rig.signals()).values()} == {"no_baseline"}


async def test_baselines_of_many_new_services_are_built_over_several_rounds(rig: Rig) -> None:
    services = [a_service(f"s{number}", f"SERVICE-{number}") for number in range(MOST_BASELINES + 5)]

    await rig.round(services)
    built = [name for name in rig.blob.blobs if name.startswith("watch/baselines/")]
    await rig.round(services, NOW_MS + TICK_MS)
    later = [name for name in rig.blob.blobs if name.startswith("watch/baselines/")]

    assert (len(built), len(later)) == (MOST_BASELINES, MOST_BASELINES + 5)


def slow(rig: Rig) -> None:
    rig.dynatrace.draw(latency=over(daily(100_000), SLOW_SINCE, lambda value: value * 3))


async def test_a_planned_change_excuses_and_is_shown(rig: Rig) -> None:
    slow(rig)
    change = {"state": "-1", "number": "CHG7", "start_ms": NOW_MS - HOUR_MS, "end_ms": NOW_MS + HOUR_MS}
    rig.servicenow.changes.announced = [change]

    await rig.round()

    latency = (await rig.signals())["latency"]
    assert (latency["state"], latency["id"]) == ("anomalous", "")
    assert latency["excuse"] == {"kind": "change", "reference": "CHG7", "until_ms": NOW_MS + HOUR_MS}


async def test_a_change_nobody_allowed_yet_excuses_nothing(rig: Rig) -> None:
    slow(rig)
    change = {"state": "-4", "number": "CHG7", "start_ms": NOW_MS - HOUR_MS, "end_ms": NOW_MS + HOUR_MS}
    rig.servicenow.changes.announced = [change]

    await rig.round()

    assert (await rig.signals())["latency"]["id"]


@pytest.mark.parametrize(("tag", "excused"), [("env:prod", True), ("env:test", False)])
async def test_a_maintenance_window_that_is_about_it_excuses_and_is_shown(
    rig: Rig, tag: str, excused: bool
) -> None:
    slow(rig)
    once = {"timeZone": "UTC", "startTime": "2026-11-21T11:00:00", "endTime": "2026-11-21T13:00:00"}
    window = {
        "name": "kernel updates",
        "schedule": {"scheduleType": "ONCE", "onceRecurrence": once},
        "filters": [{"entityTags": [tag]}],
    }
    rig.dynatrace.maintenance.found = [window]

    await rig.round()

    latency = (await rig.signals())["latency"]
    until_ms = NOW_MS + HOUR_MS
    excuse = {"kind": "maintenance", "reference": "kernel updates", "until_ms": until_ms} if excused else None
    assert latency["excuse"] == excuse
    assert bool(latency["id"]) != excused


@pytest.mark.parametrize("entity_id", ["SERVICE-1", "HOST-7"])
async def test_a_known_problem_of_it_or_its_host_excuses(rig: Rig, entity_id: str) -> None:
    slow(rig)
    rig.dynatrace.entities.runs_on["SERVICE-1"] = ["HOST-7"]
    rig.dynatrace.problems.add(entity_id, "P-42")

    await rig.round()

    assert (await rig.signals())["latency"]["excuse"]["reference"] == "P-42"


async def test_another_service_s_problem_excuses_nothing(rig: Rig) -> None:
    slow(rig)
    rig.dynatrace.problems.add("SERVICE-99")

    await rig.round()

    assert (await rig.signals())["latency"]["id"]


async def test_what_cannot_be_asked_excuses_nothing(rig: Rig) -> None:
    slow(rig)
    rig.servicenow.changes.away = rig.dynatrace.problems.away = True

    report = await rig.round()

    assert report.failed == []
    assert (await rig.signals())["latency"]["id"]


async def test_changes_are_asked_for_only_where_something_is_wrong(rig: Rig) -> None:
    await rig.round()

    assert rig.servicenow.changes.asked == 0


async def test_a_disk_that_fills_up_is_forecast(rig: Rig) -> None:
    rig.dynatrace.entities.runs_on["SERVICE-1"] = ["HOST-7"]
    rig.dynatrace.metrics.draws[DISK, "HOST-7"] = lambda at: (
        85 + 2 * (at - NOW_MS) / DAY_MS + at // MINUTE_MS % 3 / 9
    )
    rig.dynatrace.metrics.draws[MEMORY, "HOST-7"] = lambda at: 50 + at // MINUTE_MS % 3 / 9

    await rig.round()

    resources = rig.handed[-1].after["resources"]
    assert resources["disk HOST-7"]["forecast"]["state"] == "expected"
    assert resources["disk HOST-7"]["id"].startswith("forecast-checkout-disk-HOST-7-")
    assert resources["memory HOST-7"]["forecast"]["state"] == "steady"
    assert resources["memory HOST-7"]["id"] == ""


async def test_a_resource_dynatrace_refuses_is_not_called_fine(rig: Rig) -> None:
    quota = {
        "name": "vcpu",
        "kind": "quota",
        "metric_selector": "ext:quota",
        "entity_id": "CUSTOM-1",
        "limit": 9,
    }
    rig.dynatrace.metrics.refused.add("CUSTOM-1")

    report = await rig.round([a_service(watch={"resources": [quota]})])

    assert report.failed == []
    assert rig.handed[-1].after["resources"]["vcpu"]["forecast"]["state"] == "not_enough_data"


async def test_a_resource_that_is_not_watched_any_more_ends_its_forecast(rig: Rig) -> None:
    certificate = {"name": "tls", "kind": "certificate", "expires_at": "2026-11-30T00:00:00Z"}
    await rig.round([a_service(watch={"resources": [certificate]})])
    for tick in range(1, 7):
        await rig.round([a_service()], NOW_MS + tick * TICK_MS)

    assert rig.handed[-1].after["resources"]["tls"]["over"] == "unwatched"


async def test_of_two_rounds_at_once_one_keeps_and_hands_over(rig: Rig) -> None:
    slow(rig)
    get = rig.documents.get_with_etag

    async def get_while_another_writes(service: str) -> Any:
        found = await get(service)
        rig.blob.blobs[f"watch/services/{service}.json"] = b'{"signals": {}, "resources": {}}'
        return found

    rig.documents.get_with_etag = get_while_another_writes  # type: ignore[method-assign]

    await rig.round()

    assert rig.handed == []
    assert json.loads(rig.blob.blobs["watch/services/checkout.json"]) == {"signals": {}, "resources": {}}


async def test_a_round_that_takes_too_long_leaves_the_rest_for_the_next(rig: Rig) -> None:
    times = iter([0.0, 1.0, 1_000.0, 1_000.0])
    rig.watcher._clock = lambda: next(times)
    services = [a_service(f"s{number}", f"SERVICE-{number}") for number in range(65)]

    report = await rig.round(services)

    assert report.watched == 30
    assert len(report.unreached) == 35
