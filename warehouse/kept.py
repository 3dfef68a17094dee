"""What the views of delivery say, kept as tables of the schema KEPT: each view computed once, from those before it.

`python -m warehouse refresh` calls it, after loads or on a schedule. A view that reads another one computes it again
each time it is read; over millions of events that adds up. The tables are made of the views' own text, so that there is
one definition. Each is replaced in one statement: readers see the last refresh or this one.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from shared.clients.snowflake import Login, connect
from shared.clients.snowflake_typing import FACTS, type_events
from warehouse.migrate import EVERYWHERE

SCHEMA = "KEPT"
SCRIPTS = (
    "core/R__core_deliveries.sql",
    "core/R__core_incidents.sql",
    "core/R__core_judged_deliveries.sql",
    "mart/R__mart_dora.sql",
)
VIEWS = frozenset({"CHANGES", "ENDED_DEPLOYMENTS", "DORA_DAILY", "DORA_WEEKLY", "DORA_MONTHLY"})
"""Stay views, over tables: computing them takes less than writing them."""
TIMEOUT_S = 3600
_VIEW = re.compile(
    r"CREATE OR REPLACE VIEW (?P<name>(?:CORE|MART)\.\w+) AS\b(?P<body>.*?);\s*(?=\n|$)", re.DOTALL
)
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)


def refresh(login: Login) -> list[str]:
    """Type what was loaded, then compute every table anew; their names, in order. Raises: what the connector raises."""
    connection = connect(login, TIMEOUT_S)
    try:
        type_events(connection)
        cursor = connection.cursor()
        made = []
        for name, statement in statements():
            cursor.execute(statement)
            made.append(name)
        return made
    finally:
        connection.close()


def statements(folder: Path = EVERYWHERE) -> list[tuple[str, str]]:
    """(table, statement) in the order in which they are run. They read FACT: all that was loaded must be typed."""
    text = "\n".join(_COMMENT.sub("", (folder / script).read_text("utf-8")) for script in SCRIPTS)
    views = [(found["name"], found["body"]) for found in _VIEW.finditer(text)]
    tables = {name: f"{SCHEMA}.{name.partition('.')[2]}" for name, _ in views}
    places = tables | {f"CORE.{fact}": f"FACT.{fact}" for fact in FACTS}
    return [(tables[name], _made(tables[name], _over(body, places))) for name, body in views]


def _made(name: str, body: str) -> str:
    kind = "VIEW" if name.partition(".")[2] in VIEWS else "TABLE"
    return f"CREATE OR REPLACE {kind} {name} AS{body}"


def _over(body: str, places: Mapping[str, str]) -> str:
    """A view's text over tables instead of the views it reads."""
    for name, table in places.items():
        body = re.sub(rf"\b{re.escape(name)}\b", table, body)
    return body
