"""What was loaded is typed once and settled, whatever happens meanwhile."""

import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.clients.snowflake import Warehouse, connect, warehouse
from shared.clients.snowflake_typing import EVENTS, SETTLED_EVENTS, settling, typing
from tests.integration.warehouse.started import FACTS, empty


@pytest.fixture
async def client(migrated: Any) -> AsyncIterator[Warehouse]:
    """Of a database with one event of each kind loaded, and nothing typed."""
    empty(migrated)
    built = warehouse(migrated, timeout_s=30)
    await built.load_events({f"{uuid.uuid4().hex}.jsonl": told()})
    yield built
    await built.close()


def told(time: str = "2026-03-01T12:00:00Z", **more: Any) -> bytes:
    commits = [{"sha": "c1", "committed_at": "2026-03-01T08:00:00Z"}, {"sha": "c2", "committed_at": "soon"}]
    kinds: dict[str, dict[str, Any]] = {
        "change.merged": {"change_id": "m", "service": "s", "commits": commits, "planned": "false", **more},
        "deployment.finished": {
            "deployment_id": "d",
            "service": "s",
            "finished_at": "2026-03-01T10:00:00Z",
            "commits": "odd",
            **more,
        },
        "gate.decided": {"gate_id": "g", "score": "high", "rollback": "o", **more},
        "deployment.corrected": {"correction_id": "x", "deployment_id": "d", "kind": "failed", **more},
        "incident.opened": {"operation_id": "i", "tier": 1, "caused_by": {"commit": "c1"}},
        "test.happened": {},
    }
    events = [
        {"id": uuid.uuid4().hex, "type": kind, "subject": "s", "time": time, "data": data}
        for kind, data in kinds.items()
    ]
    return "\n".join(json.dumps(event) for event in events).encode()


async def rows(client: Warehouse, *tables: str) -> dict[str, list[str]]:
    found = {table: await client.query(f"SELECT * FROM {table}") for table in tables}
    return {table: sorted(map(str, of)) for table, of in found.items()}


async def facts(client: Warehouse) -> dict[str, list[str]]:
    return await rows(client, *(f"FACT.{fact}" for fact in FACTS))


async def counts(client: Warehouse) -> dict[str, int]:
    return {table.removeprefix("FACT."): len(of) for table, of in (await facts(client)).items()}


async def test_a_fact_is_one_row_of_what_its_event_says(client: Warehouse) -> None:
    await client.type_events()

    assert await counts(client) == dict.fromkeys(FACTS, 1) | {
        "COMMITS": 2,
        "CHANGE_COMMITS": 2,
        "DEPLOYMENT_COMMITS": 0,
    }
    [change] = await client.query("SELECT * FROM FACT.CHANGES")
    assert (change["CHANGE_ID"], change["SERVICE"], change["PLANNED"]) == ("m", "s", False)
    made = await client.query(
        "SELECT SHA, MADE_AT::VARCHAR AS MADE_AT FROM FACT.CHANGE_COMMITS JOIN FACT.COMMITS USING (COMMIT_KEY)"
    )
    assert {row["SHA"]: row["MADE_AT"] and row["MADE_AT"][:19] for row in made} == {
        "c1": "2026-03-01 08:00:00",
        "c2": None,
    }
    assert not any((await rows(client, *(f"FACT.{name}" for name in SETTLED_EVENTS))).values())


async def test_incidents_are_read_before_they_are_typed(client: Warehouse) -> None:
    before = await rows(client, "CORE.INCIDENT_EVENTS")
    assert len(before["CORE.INCIDENT_EVENTS"]) == 1

    await client.type_events()

    assert await rows(client, "CORE.INCIDENT_EVENTS") == before


async def test_typed_again_nothing_changes(client: Warehouse) -> None:
    await client.type_events()
    once = await facts(client)

    await client.type_events()

    assert await facts(client) == once


async def test_a_later_word_takes_the_place_of_the_earlier_and_a_late_one_does_not(client: Warehouse) -> None:
    await client.type_events()
    later = {"service": "t", "commits": [{"sha": "c3"}]}
    await client.load_events({f"{uuid.uuid4().hex}.jsonl": told("2026-03-02T12:00:00Z", **later)})
    await client.type_events()
    now = await facts(client)
    assert await counts(client) == dict.fromkeys(FACTS, 1) | {"COMMITS": 3}
    assert all("'SERVICE': 't'" in now[f"FACT.{fact}"][0] for fact in ("CHANGES", "DEPLOYMENTS", "GATES"))

    await client.load_events({f"{uuid.uuid4().hex}.jsonl": told("2026-02-01T12:00:00Z")})
    await client.type_events()

    assert await facts(client) == now


async def test_a_file_that_came_again_under_another_name_changes_nothing(client: Warehouse) -> None:
    same = told("2026-03-03T12:00:00Z", commits=[{"sha": "c4"}, {"sha": "c4"}])
    await client.load_events({f"{uuid.uuid4().hex}-{copy}.jsonl": same for copy in (1, 2)})
    await client.type_events()
    once = await facts(client)

    await client.load_events({f"{uuid.uuid4().hex}.jsonl": same})
    await client.type_events()

    assert await facts(client) == once
    assert len(once["FACT.CHANGE_COMMITS"]) == len(once["FACT.DEPLOYMENT_COMMITS"]) == 1


async def test_a_moment_no_clock_can_have_told_is_none(client: Warehouse) -> None:
    for number, odd in enumerate(("1999-12-31T23:59:59Z", "2999-01-01T00:00:00Z", "soon", None)):
        moments = {"merged_at": odd, "finished_at": odd, "decided_at": odd, "at": odd}
        event = told(f"2026-03-1{number}T12:00:00Z", **moments)
        await client.load_events({f"{uuid.uuid4().hex}.jsonl": event})
        await client.type_events()
        read = "SELECT {} AS AT FROM FACT.{}"
        places = {"CHANGES": "MERGED_AT", "DEPLOYMENTS": "FINISHED_AT", "GATES": "DECIDED_AT"}
        for table, column in (*places.items(), ("CORRECTIONS", "SAID_AT")):
            assert await client.query(read.format(column, table)) == [{"AT": None}], (odd, table)


async def test_a_typing_that_dies_anywhere_is_done_by_the_next(client: Warehouse, migrated: Any) -> None:
    mortal = connect(migrated, 30)
    cursor = mortal.cursor()

    def die(statements: list[str]) -> None:
        for done in range(1, len(statements) + 1):
            for statement in ["BEGIN", *statements[:done]]:
                cursor.execute(statement)
            cursor.execute("ROLLBACK")  # what becomes of a transaction whose session ends

    die(typing())
    assert not any((await rows(client, *(f"FACT.{name}" for name in EVENTS))).values())
    for statement in ["BEGIN", *typing(), "COMMIT"]:
        cursor.execute(statement)
    waiting = await rows(client, *(f"FACT.{name}" for name in EVENTS))
    die(settling())
    mortal.close()

    assert not any((await facts(client)).values())
    assert await rows(client, *(f"FACT.{name}" for name in EVENTS)) == waiting
    await client.type_events()
    assert (await counts(client))["CHANGES"] == 1
