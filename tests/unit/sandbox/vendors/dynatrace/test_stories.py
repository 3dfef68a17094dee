"""A story leaves the traces its kind of fault leaves, and healing the service ends them all."""

import time
from itertools import pairwise
from typing import Any

import pytest

from sandbox.vendors.dynatrace.plots import PLOTS
from tests.unit.sandbox.vendors.rig import Rig

SERVICE = "SERVICE-0123456789ABCDEF"
MEMORY, CPU, DISK = "builtin:tech.generic.mem.usage", "builtin:host.cpu.usage", "builtin:host.disk.usedPct"
LATENCY, ERRORS = "builtin:service.response.time", "builtin:service.errors.total.rate"


async def story(rig: Rig, kind: str, **more: Any) -> dict[str, Any]:
    body = {"kind": kind, "entity_id": SERVICE, "name": "shop", **more}
    told: dict[str, Any] = await rig.control("dynatrace", "POST", "/stories", body)
    return told


async def values(rig: Rig, key: str, entity_id: str, **window: str) -> list[float]:
    query = {
        "metricSelector": key,
        "entitySelector": f'entityId("{entity_id}")',
        "resolution": "1m",
        **window,
    }
    answer = await rig.call("dynatrace", "GET", "/api/v2/metrics/query", params=query)
    return [value for one in answer.json()["result"][0]["data"] for value in one["values"]]


async def lines(rig: Rig, query: str, **window: str) -> list[dict[str, Any]]:
    params = {"query": query, "from": "now-1h", **window}
    answer = await rig.call("dynatrace", "GET", "/api/v2/logs/search", params=params)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


@pytest.mark.parametrize("kind", PLOTS)
async def test_each_story_opens_a_problem_and_tells_the_truth_about_it(rig: Rig, kind: str) -> None:
    told = await story(rig, kind)

    assert told["problem"]["status"] == "OPEN"
    assert told["problem"]["startTime"] <= int(time.time() * 1000) - 4 * 60_000
    expected = {"none": "unknown"}.get(kind, kind)
    assert told["truth"]["category"] == expected
    assert (told["truth"]["component_id"] == "") is (kind == "none")


async def test_a_bad_deployment_comes_before_the_errors(rig: Rig) -> None:
    await story(rig, "recent_deployment")

    events = (await rig.call("dynatrace", "GET", "/api/v2/events")).json()["events"]

    assert [event["eventType"] for event in events] == ["CUSTOM_DEPLOYMENT"]
    assert min(await values(rig, ERRORS, SERVICE, **{"from": "now-6m"})) > 10
    assert max(await values(rig, ERRORS, SERVICE, **{"from": "now-60m", "to": "now-10m"})) < 1


async def test_memory_climbs_is_reset_by_a_restart_and_climbs_again(rig: Rig) -> None:
    told = await story(rig, "memory_leak")

    found = await values(rig, MEMORY, told["entities"]["process"], **{"from": "now-200m"})

    drops = [before - after for before, after in pairwise(found)]
    assert max(drops) > 30
    assert found[-1] > 85
    assert found[0] < 45


async def test_a_disk_fills_up_and_a_processor_is_full_at_once(rig: Rig) -> None:
    host = (await story(rig, "saturation", resource="disk", open_problem=False))["entities"]["host"]
    disk = await values(rig, DISK, host, **{"from": "now-5h"})
    assert 50 < disk[len(disk) // 2] < 85 < disk[-1]

    await story(rig, "saturation", open_problem=False)
    assert min(await values(rig, CPU, host, **{"from": "now-10m"})) > 85
    assert max(await values(rig, CPU, host, **{"from": "now-60m", "to": "now-15m"})) < 40


async def test_a_dependency_is_sick_before_its_caller(rig: Rig) -> None:
    told = await story(rig, "dependency")
    window = {"from": "now-10m", "to": "now-8m"}

    assert min(await values(rig, LATENCY, told["entities"]["dependency"], **window)) > 500_000
    assert max(await values(rig, LATENCY, SERVICE, **window)) < 200_000
    assert min(await values(rig, LATENCY, SERVICE, **{"from": "now-6m"})) > 500_000


async def test_healing_the_service_ends_the_whole_story(rig: Rig) -> None:
    told = await story(rig, "dependency")
    query = f'dt.entity.service="{SERVICE}" AND status="ERROR"'
    assert len(await lines(rig, query)) > 50

    await rig.control("dynatrace", "POST", f"/problems/{told['problem']['problemId']}/resolve")

    state = await rig.control("dynatrace", "GET", "/state")
    assert all(window["to_ms"] for window in state["window"])
    assert all(source["to_ms"] for source in state["log"] if source["story"])
    since = int(time.time() * 1000)
    assert await lines(rig, query, **{"from": str(since)}) == []


async def test_relationships_are_seen_from_both_ends(rig: Rig) -> None:
    places = (await story(rig, "none"))["entities"]

    def related(entity: dict[str, Any], way: str) -> dict[str, list[str]]:
        return {name: [one["id"] for one in ones] for name, ones in entity[way].items()}

    service, host = [
        (await rig.call("dynatrace", "GET", f"/api/v2/entities/{one}")).json()
        for one in (SERVICE, places["host"])
    ]
    assert related(service, "fromRelationships") == {
        "calls": [places["dependency"]],
        "runsOnProcessGroupInstance": [places["process"]],
        "runsOnHost": [places["host"]],
    }
    assert related(service, "toRelationships") == {"calls": [places["caller"]]}
    assert related(host, "toRelationships") == {
        "isProcessOf": [places["process"]],
        "runsOnHost": [SERVICE],
    }


async def test_told_twice_the_neighbourhood_is_the_same(rig: Rig) -> None:
    first, second = [(await story(rig, "none", notify=False))["entities"] for _ in range(2)]

    state = await rig.control("dynatrace", "GET", "/state")
    assert first == second
    assert len(state["entity"]) == 5


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "flood", "entity_id": SERVICE},
        {"kind": "quota"},
        {"kind": "quota", "entity_id": SERVICE, "start_ms": "x"},
    ],
)
async def test_a_story_that_cannot_be_told_is_refused(rig: Rig, body: dict[str, Any]) -> None:
    answer = await rig.http.post(f"{rig.urls['dynatrace']}/_sandbox/stories", json=body)

    assert answer.status_code == 400


async def test_log_lines_stand_evenly_and_the_same_question_has_the_same_answer(rig: Rig) -> None:
    start = int(time.time() * 1000) - 600_000
    source = {"entity_id": SERVICE, "template": "Order {n} failed", "per_minute": 6, "from_ms": start}
    await rig.control("dynatrace", "POST", "/logs", source)
    window = {"from": str(start), "to": str(start + 120_000), "sort": "+timestamp"}

    first = await lines(rig, 'content="order"', **window)

    assert first == await lines(rig, 'content="order"', **window)
    assert [line["timestamp"] - start for line in first] == list(range(0, 120_001, 10_000))
    assert first[1]["content"] == "Order 1001 failed"
    assert first[1]["additionalColumns"]["dt.entity.service"] == [SERVICE]


async def test_slices_go_on_where_the_last_one_ended(rig: Rig) -> None:
    source = {"entity_id": SERVICE, "template": "{n}", "per_minute": 5, "from_ms": 0, "to_ms": 60_000}
    await rig.control("dynatrace", "POST", "/logs", source)
    path, seen = "/api/v2/logs/search", []
    params = {"from": "0", "limit": "4", "sort": "+timestamp"}
    while True:
        answer = (await rig.call("dynatrace", "GET", path, params=params)).json()
        seen += [line["content"] for line in answer["results"]]
        if "nextSliceKey" not in answer:
            break
        params = {"nextSliceKey": answer["nextSliceKey"]}

    assert seen == ["1000", "1001", "1002", "1003", "1004", "1005"]


@pytest.mark.parametrize(
    "params", [{"limit": "0"}, {"sort": "status"}, {"query": "x"}, {"colour": "red"}, {"nextSliceKey": "?"}]
)
async def test_a_search_that_makes_no_sense_is_refused(rig: Rig, params: dict[str, str]) -> None:
    answer = await rig.call("dynatrace", "GET", "/api/v2/logs/search", params=params)

    assert answer.status_code == 400


async def test_only_the_last_minutes_are_sampled_more_finely(rig: Rig) -> None:
    await rig.control("dynatrace", "POST", "/entities", {"name": "shop", "entity_id": SERVICE})
    await rig.control("dynatrace", "PUT", "/config", {"sample_seconds": 1})

    found = await values(rig, ERRORS, SERVICE, **{"from": "now-2h"})

    assert 117 + 180 <= len(found) <= 120 + 240
    assert len(await values(rig, ERRORS, SERVICE, **{"from": "now-1h", "to": "now-10m"})) <= 51


async def test_a_ramp_needs_its_height(rig: Rig) -> None:
    body = {"entity_id": SERVICE, "effect": "ramp", "from_ms": 5, "full_ms": 5}
    answer = await rig.http.post(f"{rig.urls['dynatrace']}/_sandbox/windows", json=body)

    assert answer.status_code == 400
