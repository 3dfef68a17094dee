"""What the warehouse holds, for who looks at it: each table and view with its rows, without holding anybody up.

Counting a view computes it, and some are long chains: a look counts for `within_s` at most. What it did not come to is
counted by the next looks, and counted again only when a table has other rows than it had.
"""

import threading
import time
from collections.abc import Iterable
from typing import Any

import duckdb
from fakesnow.instance import GLOBAL_DATABASE_NAME

COUNT_WITHIN_S = 0.3

type Place = tuple[str, str, str]
"""database, schema, name"""


class Listing:
    """Keeps what was counted between looks; one look at a time."""

    def __init__(self, within_s: float = COUNT_WITHIN_S) -> None:
        self._within_s = within_s
        self._counted: dict[Place, tuple[object, int | None]] = {}
        self._looking = threading.Lock()

    def look(self, connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
        """{"database", "schema", "name", "kind", "rows"}, by schema and name. rows: None where they are not known."""
        reader = connection.cursor()
        try:
            with self._looking:
                return self._looked(reader)
        finally:
            reader.close()

    def _looked(self, reader: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
        kinds = dict(_places(reader))
        rows = {place: _count(reader, place) for place, kind in kinds.items() if kind == "table"}
        rows |= self._views(reader, [place for place in kinds if place not in rows], sorted(rows.items()))
        return [
            {
                "database": place[0],
                "schema": place[1],
                "name": place[2],
                "kind": kind,
                "rows": rows.get(place),
            }
            for place, kind in kinds.items()
        ]

    def _views(
        self, reader: duckdb.DuckDBPyConnection, views: Iterable[Place], state: object
    ) -> dict[Place, int | None]:
        end = time.monotonic() + self._within_s
        for place in views:
            if self._counted.get(place, (None, None))[0] != state and time.monotonic() < end:
                self._counted[place] = (state, _count(reader, place))
        return {place: rows for place, (_, rows) in self._counted.items()}


def _places(reader: duckdb.DuckDBPyConnection) -> list[tuple[Place, str]]:
    found = reader.execute(
        "SELECT table_catalog, table_schema, table_name, table_type FROM information_schema.tables "
        "WHERE table_catalog NOT IN ('system', 'temp', 'memory', ?) "
        "AND table_schema NOT IN ('_fs_information_schema', 'information_schema') ORDER BY ALL",
        [GLOBAL_DATABASE_NAME],
    ).fetchall()
    return [(tuple(place), "view" if kind == "VIEW" else "table") for *place, kind in found]


def _count(reader: duckdb.DuckDBPyConnection, place: Place) -> int | None:
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in place)
    try:
        counted = reader.execute(f"SELECT count(*) FROM {quoted}").fetchone()  # noqa: S608  # names come from the catalog, quoted
    except duckdb.Error:
        return None
    return int(counted[0]) if counted else None
