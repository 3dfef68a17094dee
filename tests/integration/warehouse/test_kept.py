"""What is kept as tables is what the views say, before and after a correction."""

import json
import uuid
from typing import Any

import pytest

from shared.clients.snowflake import Warehouse, warehouse
from shared.domain.event_types import CHANGE_MERGED, DEPLOYMENT_CORRECTED, DEPLOYMENT_FINISHED
from tests.integration.warehouse.started import login
from tests.integration.warehouse.test_views import closed, opened
from warehouse.kept import refresh, statements
from warehouse.migrate import migrate

DAILY = "SELECT * FROM {place} WHERE GRAIN = 'day' ORDER BY SERVICE, ENVIRONMENT, PERIOD"


@pytest.fixture(scope="module")
def own_database(embedded: Any) -> Any:
    configuration = login(embedded.port, database="KEEPING")
    migrate(configuration)
    return configuration


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


async def test_kept_is_what_the_views_say_whenever_it_is_refreshed(own_database: Any) -> None:
    client = warehouse(own_database, timeout_s=30)
    await client.load_events({"a.jsonl": b"\n".join(delivered())})
    refresh(own_database)
    views, kept = await both_of(client)
    assert kept == views
    assert (kept[0]["DEPLOYMENTS"], kept[0]["LEAD_TIME_MEDIAN_S"]) == (1, 2 * 3600 - 120)

    said = {"correction_id": "x", "deployment_id": "d1", "kind": "failed", "reason": "r", "by": "p"}
    await client.load_events(
        {"b.jsonl": event(DEPLOYMENT_CORRECTED, "d1", **said, at="2025-11-20T13:00:00Z")}
    )
    assert (await both_of(client))[1] == kept
    refresh(own_database)
    corrected, again = await both_of(client)
    await client.close()

    assert again == corrected
    assert (again[0]["FAILED_DEPLOYMENTS"], again[0]["CHANGE_FAIL_RATE"]) == (1, 1.0)


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
