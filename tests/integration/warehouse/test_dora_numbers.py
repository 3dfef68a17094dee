"""The warehouse's SQL and the rules in Python say the same of any history of delivery."""

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.clients.snowflake import Warehouse, warehouse
from shared.domain import dora, dora_facts, dora_figures
from tests.integration.warehouse.delivery_histories import Event, History
from tests.integration.warehouse.test_incident_numbers import same

Row = Mapping[str, Any]

_HISTORIES = 40
"""In one load: their services differ, only the day up to which they are observed is common."""


@pytest.fixture(scope="module")
def own_database(embedded: Any) -> Any:
    """A database that no other test puts rows in: the newest deployment of all ends everybody's days."""
    from tests.integration.warehouse.started import login
    from warehouse.migrate import migrate

    configuration = login(embedded.port, database="DORA")
    migrate(configuration)
    return configuration


@given(random=st.randoms(use_true_random=True))
@settings(
    max_examples=2, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
def test_sql_and_python_agree_on_any_history(own_database: Any, random: Random) -> None:
    tag = uuid.uuid4().hex[:8]
    events = [event for number in range(_HISTORIES) for event in History(random, f"{tag}-{number}").events()]
    asyncio.run(compare(own_database, events, tag))


async def compare(configuration: Any, events: Sequence[Event], tag: str) -> None:
    client = warehouse(configuration, timeout_s=30)
    try:
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
    for grain, name in (("day", "DAILY"), ("week", "WEEKLY"), ("month", "MONTHLY")):
        rows = dora_figures.figures(judged, grain)
        if grain == "month":
            rows = [row | dora_figures.bands(row) for row in rows]
        same(rows, found[f"MART.DORA_{name}"], ["SERVICE", "ENVIRONMENT", grain.upper()])


async def load_and_read(client: Warehouse, events: Sequence[Event], tag: str) -> dict[str, list[Row]]:
    await client.query("DELETE FROM RAW.EVENTS")
    lines = "\n".join(json.dumps(event) for event in events)
    await client.load_events({f"{tag}.jsonl": lines.encode()})
    core = ("CORE.DEPLOYMENTS", "CORE.COMMITS", "CORE.DEPLOYMENT_INCIDENTS")
    mart = ("MART.DORA_DAILY", "MART.DORA_WEEKLY", "MART.DORA_MONTHLY")
    return {name: list(await client.query(f"SELECT * FROM {name}")) for name in (*core, *mart)}


def row_of(one: Any) -> dict[str, Any]:
    return {name.upper(): value for name, value in one._asdict().items()}


def without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}
