"""What evidence is made of: topology, metrics of many, logs, maintenance windows."""

from typing import Any

import pytest

from shared.clients.dynatrace import DynatraceClient
from shared.clients.dynatrace.logs import attribute, of_entities
from shared.errors import VendorRefused
from tests.fakes.dynatrace import SERVICE, FakeDynatrace
from tests.fakes.vendor import malformed, status

HOST, PROCESS = "HOST-1", "PROCESS_GROUP_INSTANCE-1"
LATENCY, ERRORS = "builtin:service.response.time", "builtin:service.errors.total.rate"
DIMENSION = "dt.entity.service"


def ids(*entities: str) -> list[dict[str, str]]:
    return [{"id": entity, "type": entity.rpartition("-")[0]} for entity in entities]


async def test_an_entity_is_read_with_what_is_round_about_it(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    fake.add_entity(
        SERVICE,
        "payments",
        tags=[{"stringRepresentation": "env:prod"}],
        managementZones=[{"id": "42", "name": "pay"}],
        fromRelationships={
            "calls": ids("SERVICE-DB"),
            "runsOnProcessGroupInstance": ids(PROCESS),
            "runsOnHost": ids(HOST),
            "isServiceOf": ids("PROCESS_GROUP-9"),
        },
        toRelationships={"calls": ids("SERVICE-WEB", "APPLICATION-1")},
    )

    assert await client.entities.nodes([SERVICE]) == [
        {
            "entity_id": SERVICE,
            "type": "SERVICE",
            "name": "payments",
            "tags": ["env:prod"],
            "zones": ["42"],
            "calls": ["SERVICE-DB"],
            "called_by": ["SERVICE-WEB", "APPLICATION-1"],
            "runs_on": [PROCESS, HOST],
        }
    ]


async def test_entities_of_several_types_are_asked_for_type_by_type_and_come_in_order(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    for entity in (HOST, SERVICE, "SERVICE-2", PROCESS):
        fake.add_entity(entity, entity.lower())
    wanted = ["SERVICE-2", HOST, SERVICE, "SERVICE-GONE", HOST, PROCESS]

    found = await client.entities.nodes(wanted)

    assert [node["entity_id"] for node in found] == ["SERVICE-2", HOST, SERVICE, PROCESS]
    assert sorted(
        request.url.params["entitySelector"]
        for request in fake.sent("GET", "/entities")
        if "entitySelector" in request.url.params
    ) == [
        'entityId("HOST-1")',
        'entityId("PROCESS_GROUP_INSTANCE-1")',
        f'entityId("SERVICE-2","{SERVICE}","SERVICE-GONE")',
    ]


async def test_more_ids_than_a_selector_holds_are_several_questions(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    await client.entities.nodes([f"SERVICE-{number:016X}" for number in range(120)])

    lengths = [len(request.url.params["entitySelector"]) for request in fake.requests]
    assert len(lengths) == 3
    assert max(lengths) < 2000


async def test_nobody_is_no_question(fake: FakeDynatrace, client: DynatraceClient) -> None:
    assert await client.entities.nodes([]) == []
    assert not fake.requests


async def test_metrics_of_many_come_by_key_and_entity(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.metrics = {
        (LATENCY, SERVICE): [(100, 1.0), (160, None)],
        (LATENCY, "SERVICE-2"): [(100, 2.0)],
        (ERRORS, SERVICE): [(100, 3.0)],
        (ERRORS, "SERVICE-3"): [(100, 9.0)],
    }
    fake.fail("GET", "/metrics/query", status(503), malformed)

    found = await client.metrics.of([ERRORS, LATENCY], [SERVICE, "SERVICE-2"], DIMENSION, 0, 200, "1m")

    assert [tuple(series) for series in found] == [
        (ERRORS, SERVICE, [(100, 3.0)]),
        (LATENCY, SERVICE, [(100, 1.0), (160, None)]),
        (LATENCY, "SERVICE-2", [(100, 2.0)]),
    ]
    params = fake.requests[-1].url.params
    assert (
        params["metricSelector"]
        == f'{ERRORS}:splitBy("dt.entity.service"),{LATENCY}:splitBy("dt.entity.service")'
    )
    assert params["entitySelector"] == f'entityId("{SERVICE}","SERVICE-2")'


async def test_a_key_that_begins_another_does_not_take_its_series(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    short, long = "builtin:service.errors", "builtin:service.errors.total.rate"
    fake.metrics = {(short, SERVICE): [(1, 1.0)], (long, SERVICE): [(1, 2.0)]}

    found = await client.metrics.of([short, long], [SERVICE], DIMENSION, 0, 9, "1m")

    assert [(series.key, series.points) for series in found] == [(short, [(1, 1.0)]), (long, [(1, 2.0)])]


async def test_records_come_newest_first_and_say_whether_that_is_all(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    for number in range(4):
        fake.add_log(100 + number, f"line {number}")
    fake.add_log(102, "of another", entity_id="SERVICE-2")
    query = of_entities([SERVICE], ["ERROR", "WARN"])

    some, every = [await client.logs.search(query, 0, 999, limit) for limit in (2, 4)]

    assert [record["content"] for record in some["records"]] == ["line 3", "line 2"]
    assert (some["is_whole"], every["is_whole"]) == (False, True)
    assert every["records"][0] == {
        "at_ms": 103,
        "status": "ERROR",
        "level": "ERROR",
        "content": "line 3",
        "attributes": {"dt.entity.service": [SERVICE], "loglevel": ["ERROR"]},
    }
    assert query == f'(status="ERROR" OR status="WARN") AND (dt.entity.service="{SERVICE}")'


async def test_a_record_that_tells_little_is_read_all_the_same(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    """The vendor's own example has a time in quotes."""
    columns = {"dt.entity.service": [SERVICE], "loglevel": ["SEVERE"]}
    fake.logs = [{"timestamp": 5, "status": "ERROR", "additionalColumns": columns}]
    (record,) = (await client.logs.search(of_entities([SERVICE], ["ERROR"]), 0, 9))["records"]

    assert (record["content"], record["level"]) == ("", "SEVERE")


def test_each_type_of_entity_has_its_attribute() -> None:
    assert attribute(PROCESS) == "dt.entity.process_group_instance"
    assert "dt.entity.process_group_instance" in of_entities([PROCESS], ["ERROR"])


@pytest.mark.parametrize("entity_id", ['x" OR status="INFO', "", "a b"])
def test_an_entity_id_cannot_change_the_query(entity_id: str) -> None:
    with pytest.raises(VendorRefused):
        of_entities([SERVICE, entity_id], ["ERROR"])


async def test_windows_that_are_enabled_are_listed(fake: FakeDynatrace, client: DynatraceClient) -> None:
    once = {"startTime": "2026-11-21T09:00:00", "endTime": "2026-11-21T12:00:00", "timeZone": "UTC"}
    value: dict[str, Any] = {
        "enabled": True,
        "generalProperties": {
            "name": "Patching",
            "maintenanceType": "PLANNED",
            "suppression": "DONT_DETECT_PROBLEMS",
        },
        "schedule": {"scheduleType": "ONCE", "onceRecurrence": once},
        "filters": [{"entityId": HOST}],
    }
    schema = "builtin:alerting.maintenance-window"
    object_id = fake.add_setting(schema, value)
    fake.add_setting(schema, {**value, "enabled": False})
    fake.add_setting("builtin:management-zones", {"name": "pay"})

    assert await client.maintenance.windows() == [
        {
            "object_id": object_id,
            "name": "Patching",
            "planned": True,
            "suppression": "DONT_DETECT_PROBLEMS",
            "schedule": {"scheduleType": "ONCE", "onceRecurrence": once},
            "filters": [{"entityId": HOST}],
        }
    ]
