"""The warehouse's SQL and the rules in Python say the same of any history of delivery."""

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.clients.snowflake import Warehouse, warehouse
from shared.domain.metrics import dora, dora_facts, dora_figures
from tests.integration.warehouse.delivery_histories import Event, History
from tests.integration.warehouse.started import empty
from tests.integration.warehouse.test_incident_numbers import same

Row = Mapping[str, Any]

GRAINS = ("day", "week", "month")
_HISTORIES = 40
"""In one load: their services differ, only the day up to which they are observed is common."""


@given(random=st.randoms(use_true_random=True))
@settings(
    max_examples=2, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
def test_sql_and_python_agree_on_any_history(own_database: Any, random: Random) -> None:
    tag = uuid.uuid4().hex[:8]
    events = [event for number in range(_HISTORIES) for event in History(random, f"{tag}-{number}").events()]
    asyncio.run(compare(own_database, events, tag))


async def test_loading_again_and_correcting_later_change_the_right_days_alone(own_database: Any) -> None:
    tag = uuid.uuid4().hex[:8]
    client = warehouse(own_database, timeout_s=30)
    try:
        empty(own_database)
        first = [deployed(f"{tag}-d1", 2), deployed(f"{tag}-d2", 4)]
        await load(client, f"{tag}-1", first)
        await load(client, f"{tag}-2", first)
        assert await days(client) == {2: (1, 0), 3: (0, 0), 4: (1, 0)}

        said = {
            "correction_id": tag,
            "deployment_id": f"{tag}-d1",
            "kind": "failed",
            "at": "2026-03-20T00:00:00Z",
        }
        corrected = {"id": f"{tag}-c", "type": "deployment.corrected", "subject": f"{tag}-d1", "data": said}
        await load(client, f"{tag}-3", [{**corrected, "time": "2026-03-20T00:00:00Z"}])
        assert await days(client) == {2: (1, 1), 3: (0, 0), 4: (1, 0)}

        await load(client, f"{tag}-4", [deployed(f"{tag}-d2", 3, told=9)])
        assert await days(client) == {2: (1, 1), 3: (1, 0)}
        [week] = await client.query("SELECT * FROM MART.DORA_WEEKLY")
        assert (str(week["WEEK"]), week["CHANGE_FAIL_RATE"]) == ("2026-03-02", 0.5)
    finally:
        await client.close()


def deployed(id_: str, day: int, told: int = 5) -> Event:
    data: dict[str, Any] = {
        "deployment_id": id_,
        "service": "cart",
        "environment": "production",
        "result": "succeeded",
    }
    data |= {"finished_at": f"2026-03-{day:02}T10:00:00Z", "how": "pipeline", "commit": None}
    id_of_event = f"{id_}-{told}"
    time = f"2026-03-{told:02}T10:00:00Z"
    return {"id": id_of_event, "type": "deployment.finished", "subject": id_, "time": time, "data": data}


async def load(client: Warehouse, name: str, events: Sequence[Event]) -> None:
    await client.load_events({f"{name}.jsonl": "\n".join(map(json.dumps, events)).encode()})
    await client.type_events()


async def days(client: Warehouse) -> dict[int, tuple[int, int]]:
    rows = await client.query("SELECT * FROM MART.DORA_DAILY")
    return {row["DAY"].day: (row["DEPLOYMENTS"], row["FAILED_DEPLOYMENTS"]) for row in rows}


async def compare(configuration: Any, events: Sequence[Event], tag: str) -> None:
    client = warehouse(configuration, timeout_s=30)
    try:
        empty(configuration)
        found = await load_and_read(client, events, tag)
    finally:
        await client.close()
    judged = dora.judge(dora_facts.read(events, datetime.now(UTC)))
    same([row_of(one) for one in judged.deployments], found["CORE.DEPLOYMENTS"], ["DEPLOYMENT_ID"])
    keys = ["SERVICE", "ENVIRONMENT", "SHA"]
    leads = [{**row_of(one), "LEAD_TIME_S": one.lead_s} for one in judged.commits]
    same([without(row, "LEAD_S") for row in leads], found["CORE.COMMITS"], keys)
    laid = [
        {
            "INCIDENT": one.incident,
            "DEPLOYMENT_ID": one.deployment_id,
            "ATTRIBUTION_KIND": one.kind,
            "ATTRIBUTION_CONFIDENCE": one.confidence,
        }
        for one in judged.laid
    ]
    same(laid, found["CORE.DEPLOYMENT_INCIDENTS"], ["INCIDENT", "DEPLOYMENT_ID"])
    periods = [
        {**row, "GRAIN": grain, "PERIOD": row[grain.upper()]}
        for grain in GRAINS
        for row in dora_figures.figures(judged, grain)
    ]
    ours = [{name: value for name, value in row.items() if name.lower() not in GRAINS} for row in periods]
    same(ours, found["MART.DORA_PERIODS"], ["SERVICE", "ENVIRONMENT", "GRAIN", "PERIOD"])
    months = [row | dora_figures.bands(row) for row in dora_figures.figures(judged, "month")]
    same(months, found["MART.DORA_MONTHLY"], ["SERVICE", "ENVIRONMENT", "MONTH"])


async def load_and_read(client: Warehouse, events: Sequence[Event], tag: str) -> dict[str, list[Row]]:
    """Loaded in two halves: what the second says again or corrects was settled with the first."""
    half = len(events) // 2
    await load(client, f"{tag}-first", events[:half])
    await load(client, f"{tag}-second", events[half:])
    core = ("CORE.DEPLOYMENTS", "CORE.COMMITS", "CORE.DEPLOYMENT_INCIDENTS")
    mart = ("MART.DORA_PERIODS", "MART.DORA_MONTHLY")
    return {name: list(await client.query(f"SELECT * FROM {name}")) for name in (*core, *mart)}


def row_of(one: Any) -> dict[str, Any]:
    """As a row of a view, whose moments are UTC and say so nowhere."""
    told = {name.upper(): value for name, value in one._asdict().items()}
    return {
        name: value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
        for name, value in told.items()
    }


def without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}
