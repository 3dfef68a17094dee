"""What the views of delivery say, kept as tables of the schema KEPT: each view computed once, from those before it.

A view that reads another one computes it again each time it is read; over millions of events that adds up. The tables
are made of the views' own text, so that there is one definition. `python -m warehouse migrate` writes the statements
into KEPT.STATEMENTS, from where the app runs them (shared/marts.py) without knowing this package.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.clients.snowflake import Login, warehouse
from shared.clients.snowflake_transaction import transaction
from shared.marts import refresh_now

MIGRATIONS = Path(__file__).parent / "migrations"
SCHEMA = "KEPT"
SCRIPTS = (
    "core/R__core_deliveries.sql",
    "core/R__core_incidents.sql",
    "core/R__core_judged_deliveries.sql",
    "mart/R__mart_dora.sql",
)
TABLES = frozenset(
    {
        "ENDED_DEPLOYMENTS",
        "DELIVERED_COMMITS",
        "DEPLOYMENT_ROLLBACKS",
        "JUDGED_GATES",
        "INCIDENT_OPERATIONS",
        "DELIVERY_INCIDENTS",
        "LAID_INCIDENTS",
        "JUDGED_DEPLOYMENTS",
        "DORA_PERIODS",
    }
)
"""The others stay views, over tables: computing them takes less than writing them."""
TIMEOUT_S, LEASE_S = 3600, 900
_VIEW = re.compile(
    r"CREATE OR REPLACE VIEW (?P<name>(?:CORE|MART)\.\w+) AS\b(?P<body>.*?);\s*(?=\n|$)", re.DOTALL
)
_COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)


async def refresh(login: Login) -> int:
    """Compute every table anew; how many. Raises: VendorUnavailable, VendorRefused."""
    built = warehouse(login, TIMEOUT_S)
    try:
        return await refresh_now(built, lease_s=LEASE_S)
    finally:
        await built.close()


def store(connection: Any) -> bool:
    """Write the statements into KEPT.STATEMENTS where they differ; whether they did. Then the next refresh is due.

    Raises: what the connector raises.
    """
    with transaction(connection) as cursor:
        cursor.execute("SELECT NAME, STATEMENT FROM KEPT.STATEMENTS ORDER BY NUMBER")
        now = statements()
        if [tuple(row) for row in cursor.fetchall()] == now:
            return False
        cursor.execute("DELETE FROM KEPT.STATEMENTS")
        rows = [(number, *statement) for number, statement in enumerate(now, 1)]
        marks = ", ".join(["(?, ?, ?)"] * len(rows))
        insert = f"INSERT INTO KEPT.STATEMENTS VALUES {marks}"  # noqa: S608
        cursor.execute(insert, [value for row in rows for value in row])
        cursor.execute("UPDATE KEPT.REFRESHES SET TYPED_UNTIL = '1970-01-01T00:00:00Z'::TIMESTAMP_LTZ")
    return True


def statements(folder: Path = MIGRATIONS) -> list[tuple[str, str]]:
    """(name, statement) in the order in which they are run. They read FACT: all that was loaded must be settled."""
    text = "\n".join(_COMMENT.sub("", (folder / script).read_text("utf-8")) for script in SCRIPTS)
    views = [(found["name"], found["body"]) for found in _VIEW.finditer(text)]
    places = {name: f"{SCHEMA}.{name.partition('.')[2]}" for name, _ in views}
    places["CORE.INCIDENT_EVENTS"] = "FACT.INCIDENT_EVENTS"
    return [(places[name], _made(places[name], _over(body, places))) for name, body in views]


def _made(name: str, body: str) -> str:
    kind = "TABLE" if name.partition(".")[2] in TABLES else "VIEW"
    return f"CREATE OR REPLACE {kind} {name} AS{body}"


def _over(body: str, places: Mapping[str, str]) -> str:
    """A view's text over tables instead of the views it reads."""
    for name, table in places.items():
        body = re.sub(rf"\b{re.escape(name)}\b", table, body)
    return body
