"""What is kept as tables is what the views say, made when it is due, by one at a time, wherever one dies."""

import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.clients.snowflake import Warehouse, connect, warehouse
from shared.domain.event_types import CHANGE_MERGED, DEPLOYMENT_CORRECTED, DEPLOYMENT_FINISHED
from shared.errors import VendorRefused
from shared.marts import refresh_if_due, refresh_now
from tests.integration.warehouse.test_views import closed, opened
from warehouse.kept import statements, store

DAILY = "SELECT * FROM {place} WHERE GRAIN = 'day' ORDER BY SERVICE, ENVIRONMENT, PERIOD"


def event(type_: str, subject: str, **data: Any) -> bytes:
    told = {
        "id": uuid.uuid4().hex,
        "type": type_,
        "subject": subject,
        "time": "2025-11-20T12:00:00Z",
        "data": data,
    }
    return json.dumps({"specversion": "1.0", "source": "/test", **told}).encode()


def delivered() -> list[bytes]:
    commits = [{"sha": "c1", "committed_at": "2025-11-20T08:00:00Z"}]
    place = {"service": "carrinho", "environment": "production"}
    ran = {"started_at": "2025-11-20T09:55:00Z", "finished_at": "2025-11-20T09:58:00Z", "result": "succeeded"}
    incident = [
        json.dumps(json.loads(one.to_json())).encode() for one in (opened("incident-9"), closed("incident-9"))
    ]
    merged = {"service": "carrinho", "commit": "c1", "commits": commits, "merged_at": "2025-11-20T09:00:00Z"}
    return [
        event(CHANGE_MERGED, "m1", change_id="m1", **merged),
        event(DEPLOYMENT_FINISHED, "d1", deployment_id="d1", **place, commit="c1", how="pipeline", **ran),
        *incident,
    ]


async def both_of(client: Warehouse) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return (
        await client.query(DAILY.format(place="MART.DORA_PERIODS")),
        await client.query(DAILY.format(place="KEPT.DORA_PERIODS")),
    )


@pytest.fixture
async def client(own_database: Any) -> AsyncIterator[Warehouse]:
    built = warehouse(own_database, timeout_s=30)
    yield built
    await built.close()


async def test_kept_is_what_the_views_say_whenever_it_is_refreshed(client: Warehouse) -> None:
    await client.load_events({"a.jsonl": b"\n".join(delivered())})
    assert await refresh_if_due(client) == len(statements())
    views, kept = await both_of(client)
    assert kept == views
    assert (kept[0]["DEPLOYMENTS"], kept[0]["LEAD_TIME_MEDIAN_S"]) == (1, 2 * 3600 - 120)

    said = {"correction_id": "x", "deployment_id": "d1", "kind": "failed", "reason": "r", "by": "p"}
    await client.load_events(
        {"b.jsonl": event(DEPLOYMENT_CORRECTED, "d1", **said, at="2025-11-20T13:00:00Z")}
    )
    assert (await both_of(client))[1] == kept
    assert await refresh_if_due(client)
    corrected, again = await both_of(client)

    assert again == corrected
    assert (again[0]["FAILED_DEPLOYMENTS"], again[0]["CHANGE_FAIL_RATE"]) == (1, 1.0)
    assert await refresh_if_due(client) == 0


async def test_while_one_refreshes_another_does_not_and_the_work_of_a_dead_one_is_done(
    client: Warehouse,
) -> None:
    await client.load_events({f"{uuid.uuid4().hex}.jsonl": event(CHANGE_MERGED, "m2")})
    hold = "UPDATE KEPT.REFRESHES SET HELD_BY = 'x', HELD_UNTIL = DATEADD('{}', {}, CURRENT_TIMESTAMP())"
    await client.query(hold.format("hour", 1))
    assert (await refresh_if_due(client), await refresh_now(client)) == (0, 0)

    await client.query(hold.format("second", -1))
    assert await refresh_if_due(client) == len(statements())


async def test_a_refresh_that_fails_gives_way_and_readers_have_the_last_one(client: Warehouse) -> None:
    await refresh_now(client)
    _, kept = await both_of(client)
    [last] = await client.query("SELECT STATEMENT FROM KEPT.STATEMENTS ORDER BY NUMBER DESC LIMIT 1")
    broken = "UPDATE KEPT.STATEMENTS SET STATEMENT = ? WHERE STATEMENT = ?"
    await client.query(broken, ["SELECT * FROM NOWHERE", last["STATEMENT"]])
    with pytest.raises(VendorRefused):
        await refresh_now(client)
    assert (await both_of(client))[1] == kept

    await client.query(broken, [last["STATEMENT"], "SELECT * FROM NOWHERE"])
    assert await refresh_now(client) == len(statements())


def test_statements_that_changed_make_a_refresh_due(own_database: Any) -> None:
    with contextlib.closing(connect(own_database, 30)) as connection:
        assert not store(connection)
        cursor = connection.cursor()
        cursor.execute("UPDATE KEPT.STATEMENTS SET STATEMENT = 'SELECT 1' WHERE NUMBER = 1")
        assert store(connection)
        cursor.execute("SELECT STATEMENT FROM KEPT.STATEMENTS ORDER BY NUMBER")
        assert [row[0] for row in cursor.fetchall()] == [statement for _, statement in statements()]
        cursor.execute("SELECT COUNT(*) FROM KEPT.REFRESHES WHERE YEAR(TYPED_UNTIL) = 1970")
        assert cursor.fetchone() == (1,)


def test_every_table_is_made_of_kept_ones_alone() -> None:
    made = [name for name, _ in statements()]

    assert made[-1] == "KEPT.DORA_MONTHLY"
    for number, (name, statement) in enumerate(statements()):
        read = {
            word
            for word in statement.replace(",", " ").split()
            if word.startswith(("CORE.", "MART.", "RAW."))
        }
        assert read == set(), name
        there = {word for word in statement.split() if word.startswith("KEPT.")} - {name}
        assert there <= set(made[:number]), name
