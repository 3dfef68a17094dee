"""The warehouse's SQL and the rules in Python say the same of any history of incidents."""

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.clients.snowflake import Warehouse, warehouse
from shared.domain.metrics import response, response_figures
from tests.integration.warehouse.histories import Event, histories

Row = Mapping[str, Any]

_INCIDENTS = """
SELECT INCIDENT, OPERATIONS, SERVICE, FINGERPRINT, OUTCOME, ACTION, AUTOMATIC, OPENED_AT,
    SECONDS_TO_ACKNOWLEDGE, SECONDS_TO_MITIGATE, SECONDS_TO_RESOLVE, FIXED_BY_RUNBOOK
FROM CORE.INCIDENTS WHERE OPERATION_ID LIKE ?
"""


@given(data=st.data())
@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
def test_sql_and_python_agree_on_any_history(own_database: Any, data: st.DataObject) -> None:
    tag = uuid.uuid4().hex[:8]
    events = data.draw(histories("h"))
    asyncio.run(compare(own_database, [retagged(event, tag) for event in events], tag))


def retagged(event: Event, tag: str) -> Event:
    """The event under names of its own, since what was loaded stays."""
    told: Event = json.loads(json.dumps(event).replace('"h-', f'"{tag}-'))
    return told


async def compare(configuration: Any, events: Sequence[Event], tag: str) -> None:
    client = warehouse(configuration, timeout_s=20)
    try:
        await empty(client)
        lines = "\n".join(json.dumps(event) for event in events)
        await client.load_events({f"{tag}.jsonl": lines.encode()})
        found = await client.query(_INCIDENTS, [f"{tag}-%"])
        days = await client.query("SELECT * FROM MART.INCIDENT_RESPONSE_DAILY")
        again = await client.query("SELECT * FROM MART.REPEATED_INCIDENTS")
    finally:
        await client.close()
    expected = response.read(events)
    same([row_of(one) for one in expected], found, ["INCIDENT"])
    same(response_figures.daily(expected), days, ["DAY", "SERVICE"])
    same(response_figures.repeated(expected), again, ["FINGERPRINT"])


async def empty(client: Warehouse) -> None:
    await client.query("DELETE FROM RAW.EVENTS")


def row_of(one: response.Incident) -> Row:
    told = {name.upper(): value for name, value in one._asdict().items() if name != "name"}
    return told | {"INCIDENT": one.name, "FIXED_BY_RUNBOOK": one.fixed_by_runbook}


def same(expected: Sequence[Row], found: Sequence[Row], keys: Sequence[str]) -> None:
    """Rows are equal, whatever their order, as far as the expected ones have columns."""

    def keyed(rows: Sequence[Row]) -> dict[tuple[str, ...], Row]:
        by_key = {tuple(str(row[key]) for key in keys): row for row in rows}
        assert len(by_key) == len(rows)
        return by_key

    ours, theirs = keyed(expected), keyed(found)
    assert theirs.keys() == ours.keys()
    for key, row in ours.items():
        for name, value in row.items():
            wanted = pytest.approx(value) if isinstance(value, float) else value
            assert theirs[key][name] == wanted, (key, name)
