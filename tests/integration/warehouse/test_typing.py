"""What was loaded is typed once, whatever happens while it is typed."""

import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.clients.snowflake import Warehouse, connect, warehouse
from shared.clients.snowflake_typing import FACTS, statements
from tests.integration.warehouse.started import login
from warehouse.migrate import migrate


@pytest.fixture
async def client(embedded: Any) -> AsyncIterator[Warehouse]:
    """Of a database of its own, with one event of each kind loaded."""
    configuration = login(embedded.port, database=f"TYPING_{uuid.uuid4().hex[:8].upper()}")
    migrate(configuration)
    built = warehouse(configuration, timeout_s=30)
    await built.load_events({"a.jsonl": told()})
    yield built
    await built.close()


def told() -> bytes:
    commits = [{"sha": "c1", "committed_at": "2026-03-01T08:00:00Z"}, {"sha": "c2", "committed_at": "soon"}]
    kinds: dict[str, dict[str, Any]] = {
        "change.merged": {"change_id": "m", "commits": commits, "planned": "false"},
        "deployment.finished": {
            "deployment_id": "d",
            "finished_at": "2026-03-01T10:00:00Z",
            "commits": "odd",
        },
        "gate.decided": {"gate_id": "g", "score": "high", "rollback": "o"},
        "deployment.corrected": {"correction_id": "x", "deployment_id": "d", "kind": "failed"},
        "incident.opened": {"operation_id": "i", "tier": 1, "caused_by": {"commit": "c1"}},
        "test.happened": {},
    }
    events = [
        {"id": uuid.uuid4().hex, "type": kind, "subject": "s", "time": "2026-03-01T12:00:00Z", "data": data}
        for kind, data in kinds.items()
    ]
    return "\n".join(json.dumps(event) for event in events).encode()


async def rows(client: Warehouse, place: str) -> dict[str, list[Any]]:
    found = {fact: await client.query(f"SELECT * FROM {place}{fact}") for fact in FACTS}
    return {fact: sorted(map(str, table)) for fact, table in found.items()}


async def test_what_is_typed_is_what_the_events_say(client: Warehouse) -> None:
    before = await rows(client, "CORE.")
    assert {fact: len(table) for fact, table in before.items()} == dict.fromkeys(FACTS, 1) | {
        "COMMIT_EVENTS": 2
    }

    await client.type_events()

    assert (
        await rows(client, "FACT.")
        == before
        == await rows(client, "CORE.")
        == await rows(client, "CORE.READ_")
    )


async def test_typed_again_nothing_changes_and_what_came_since_is_added(client: Warehouse) -> None:
    await client.type_events()
    once = await rows(client, "FACT.")
    await client.type_events()
    assert await rows(client, "FACT.") == once

    await client.load_events({"b.jsonl": told()})
    assert await rows(client, "FACT.") == once
    both = await rows(client, "CORE.")
    await client.type_events()
    assert await rows(client, "FACT.") == both == await rows(client, "CORE.")
    assert {fact: len(table) for fact, table in both.items()} == {
        fact: 2 * len(t) for fact, t in once.items()
    }


async def test_a_typing_that_dies_anywhere_has_done_nothing(client: Warehouse, embedded: Any) -> None:
    [named] = await client.query("SELECT CURRENT_DATABASE() AS NAME")
    whole = await rows(client, "CORE.")
    mortal = connect(login(embedded.port, database=named["NAME"]), 30)
    cursor = mortal.cursor()
    for done in range(len(statements()) + 1):
        for statement in ["BEGIN", *statements()[:done]]:
            cursor.execute(statement)
        cursor.execute("ROLLBACK")  # what becomes of a transaction whose session ends
    mortal.close()

    assert not any((await rows(client, "FACT.")).values())
    assert await rows(client, "CORE.") == whole
    await client.type_events()
    assert await rows(client, "FACT.") == whole
