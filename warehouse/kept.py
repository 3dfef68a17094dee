"""What the views of delivery say, kept as tables of the schema KEPT: each view computed once, from those before it.

`python -m warehouse refresh` calls it, after loads or on a schedule. A view that reads another one computes it again
each time it is read; over millions of events that adds up. The tables are made of the views' own text, so that there is
one definition. Each is replaced in one statement: readers see the last refresh or this one.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from shared.clients.snowflake import Login, connect
from warehouse.migrate import EVERYWHERE

SCHEMA = "KEPT"
SCRIPTS = (
    "core/R__core_events.sql",
    "core/R__core_deliveries.sql",
    "core/R__core_incidents.sql",
    "core/R__core_judged_deliveries.sql",
    "mart/R__mart_dora.sql",
)
TIMEOUT_S = 3600
_TYPES = ("change.merged", "deployment.", "gate.decided", "incident.", "approval.decided")
"""What the views above are about, by the beginning of an event's type."""
_EVENTS = f"""CREATE OR REPLACE TABLE {SCHEMA}.RAW_EVENTS AS
SELECT *, EVENT:type::VARCHAR AS KEPT_TYPE, EVENT:id::VARCHAR AS KEPT_ID FROM RAW.EVENTS
WHERE {" OR ".join(f"EVENT:type::VARCHAR LIKE '{beginning}%'" for beginning in _TYPES)}"""  # noqa: S608 - our own words
_VIEW = re.compile(
    r"CREATE OR REPLACE VIEW (?P<name>(?:CORE|MART)\.\w+) AS\b(?P<body>.*?);\s*(?=\n|$)", re.DOTALL
)
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)


def refresh(login: Login) -> list[str]:
    """Compute every table anew; their names, in order. Raises: what snowflake.connector raises."""
    connection = connect(login, TIMEOUT_S)
    try:
        cursor = connection.cursor()
        made = []
        for name, statement in statements():
            cursor.execute(statement)
            made.append(name)
        return made
    finally:
        connection.close()


def statements(folder: Path = EVERYWHERE) -> list[tuple[str, str]]:
    """(table, statement) in the order in which they are run."""
    text = "\n".join(_COMMENT.sub("", (folder / script).read_text("utf-8")) for script in SCRIPTS)
    views = [(found["name"], found["body"]) for found in _VIEW.finditer(text)]
    kept = {name: f"{SCHEMA}.{name.partition('.')[2]}" for name, _ in views}
    made = [
        (kept[name], f"CREATE OR REPLACE TABLE {kept[name]} AS{_over(name, body, kept)}")
        for name, body in views
    ]
    return [(f"{SCHEMA}.RAW_EVENTS", _EVENTS), *made]


def _over(view: str, body: str, kept: Mapping[str, str]) -> str:
    """The view's text over kept tables, and over the columns that RAW_EVENTS has beside the event."""
    for name, table in kept.items():
        body = re.sub(rf"\b{re.escape(name)}\b", table, body)
    events = f"{SCHEMA}.RAW_EVENTS"
    if view == "CORE.EVENTS":  # only incidents are read from there, and they are few
        told = "KEPT_TYPE LIKE 'incident.%' OR KEPT_TYPE = 'approval.decided'"
        events = f"(SELECT * FROM {events} WHERE {told}) AS TOLD"  # noqa: S608 - our own words
    body = body.replace("RAW.EVENTS", events)
    return body.replace("EVENT:type::VARCHAR", "KEPT_TYPE").replace("EVENT:id::VARCHAR", "KEPT_ID")
