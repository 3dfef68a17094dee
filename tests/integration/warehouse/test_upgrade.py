"""A warehouse that grew with every release is the same as one made today, and lost nothing on the way."""

import contextlib
import hashlib
import json
import shutil
import uuid
from pathlib import Path
from typing import Any

import pytest

from shared.clients.snowflake import connect, warehouse
from shared.clients.snowflake_typing import typing
from tests.integration.warehouse.started import login
from tests.integration.warehouse.test_flow_numbers import at, revision
from tests.integration.warehouse.test_kept import delivered
from tests.integration.warehouse.test_views import closed, opened
from warehouse import kept
from warehouse import migrate as migration
from warehouse.migrate import EVERYWHERE, migrate

VERSIONED = {
    "V1.1.1__events.sql": "7caa64dbdc8e12c2a30af30400124a42a202982b8d79db65481afa1890797a68",
    "V1.2.1__kept.sql": "225509650fe5ba0afb46b0b6543572af9b4f7dea50d36d33057a92f4828d22f4",
    "V1.3.1__facts.sql": "a08d5ad8340e668fdea00806b013f9d92732769b713a30dc3d23d1aa2a91e014",
    "V1.3.2__kept_views.sql": "57910534edddeef6b2b685909becebfcbe0ff32b92c7e0315ab2332c975adcdf",
    "V1.4.1__settled.sql": "119693817335842366a78515f18bd2867cb04699cceaa9d524920bfeca0cf3ff",
    "V1.4.2__kept_fresh.sql": "a6faa7a020066f3c43d32275959f82404055eea96617ffdc7cbc47817f38052e",
}
"""SHA-256 of every versioned script as it was released: what ran somewhere is followed by another, never changed."""
FIRST_RELEASE = {
    "V1.1.1__events.sql",
    "V1.3.1__facts.sql",  # no release had it first, but the views below read it now
    "R__core_arrived.sql",
    "R__core_events.sql",
    "R__core_incidents.sql",
    "R__mart_incident_response_daily.sql",
}
_COLUMNS = """SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS
WHERE TABLE_SCHEMA IN ('RAW', 'FACT', 'CORE', 'MART', 'KEPT') ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION"""
_ROWS = (
    "SELECT EVENT_ID, EVENT_TYPE, SUBJECT FROM CORE.EVENTS ORDER BY EVENT_ID",
    "SELECT * FROM CORE.INCIDENTS ORDER BY INCIDENT",
    "SELECT * FROM MART.INCIDENT_RESPONSE_DAILY ORDER BY DAY, SERVICE",
    "SELECT * FROM MART.DELIVERY_FLOW_DAILY ORDER BY DAY, SERVICE",
    "SELECT * FROM CORE.DEPLOYMENTS",
    "SELECT * FROM CORE.COMMITS",
    "SELECT * FROM MART.DORA_DAILY",
)


def events() -> bytes:
    """An incident, a work item, a change and its deployment."""
    told = [json.loads(one.to_json()) for one in (opened("incident-1"), closed("incident-1"))]
    done = revision("a", 1, category="completed", started_at=at(0), completed_at=at(2), changed_at=at(2))
    lines = [json.dumps(one).encode() for one in (*told, {**done, "id": "item-a-1"})]
    return b"\n".join([*lines, *delivered()[:2]])


def test_what_was_released_is_never_changed() -> None:
    scripts = {path.name: path.read_bytes() for path in EVERYWHERE.rglob("V*.sql")}

    assert {name: hashlib.sha256(text).hexdigest() for name, text in scripts.items()} == VERSIONED


async def test_an_upgraded_warehouse_is_a_fresh_one_with_its_rows(
    embedded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path / "older"
    shutil.copytree(EVERYWHERE, older)
    for script in older.rglob("*.sql"):
        if script.name not in FIRST_RELEASE:
            script.unlink()
    view = older / "mart" / "R__mart_incident_response_daily.sql"
    view.write_text(
        "CREATE OR REPLACE VIEW MART.INCIDENT_RESPONSE_DAILY AS SELECT INCIDENT AS OLD FROM CORE.INCIDENTS;"
    )
    upgraded, fresh = (login(embedded.port, database=name) for name in ("UPGRADED", "FRESH"))
    name = f"{uuid.uuid4().hex}.jsonl"

    monkeypatch.setattr(migration, "EVERYWHERE", older)
    monkeypatch.setattr(kept, "store", lambda _: None)  # it kept no statements
    assert set(migrate(upgraded)) == FIRST_RELEASE
    told = events()
    await load(upgraded, name, told)
    type_as_before(upgraded)
    monkeypatch.undo()
    applied = migrate(upgraded)
    migrate(fresh)
    await load(fresh, name, told)

    assert "R__mart_incident_response_daily.sql" in applied
    assert set(applied) & FIRST_RELEASE == {"R__mart_incident_response_daily.sql"}
    assert await seen(upgraded) == await seen(fresh)
    assert migrate(upgraded) == []
    assert await load(upgraded, name, told) == 0


def type_as_before(settings: Any) -> None:
    """As long as typed events were the facts, nothing settled them."""
    with contextlib.closing(connect(settings)) as connection:
        for statement in ["BEGIN", *typing(), "COMMIT"]:
            connection.cursor().execute(statement)


async def load(settings: Any, name: str, told: bytes) -> int:
    """Rows loaded; none the second time."""
    client = warehouse(settings, timeout_s=20)
    loaded = await client.load_events({name: told})
    await client.close()
    return loaded[name]


async def seen(settings: Any) -> list[Any]:
    """The schema, and what the views say."""
    client = warehouse(settings, timeout_s=20)
    await client.type_events()
    found = [await client.query(query) for query in (_COLUMNS, *_ROWS)]
    await client.close()
    assert all(found)
    return found
