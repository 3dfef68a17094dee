"""The embedded warehouse's engine: fakesnow with its files in one folder, and Snowflake's manners in transactions.

server.py asks for a session per login and gives it back at logout. Databases are `<folder>/<NAME>.db`, what
fakesnow keeps beside them (stages, comments) is `<folder>/catalog/_fs_global.db`, staged files lie under
`<folder>/stages`. DuckDB writes ahead and syncs each commit, so SIGKILL at any moment loses nothing committed.
"""

import threading
import time
from pathlib import Path
from typing import Any

import duckdb
from fakesnow import info_schema
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.instance import GLOBAL_DATABASE_NAME, FakeSnow
from fakesnow.transforms import show, stage

from sandbox.warehouse import statements
from sandbox.warehouse.errors import lock_timeout, snowflake_error

DEFAULT_SCHEMA = "PUBLIC"
LOCK_TIMEOUT_S = 20.0
IDLE_TRANSACTION_S = 5.0
"""Snowflake aborts an idle transaction that blocks another one after 300 s; a laptop need not wait so long."""


class Engine(FakeSnow):
    """All databases of one folder. `sessions` maps a session's token to its connection."""

    def __init__(self, folder: Path) -> None:
        (folder / "catalog").mkdir(parents=True, exist_ok=True)
        (folder / "stages").mkdir(exist_ok=True)
        stage.LOCAL_BUCKET_PATH = str((folder / "stages").resolve())
        self.create_database_on_connect = self.create_schema_on_connect = True
        self.db_path = folder.resolve()
        self.nop_regexes = statements.ACCEPTED_WITHOUT_EFFECT
        self.results_cache: dict[str, Any] = {}
        self.sessions: dict[str, Session] = {}
        # What FakeSnow.__init__ does, but with its catalog in a file: stages survive a restart.
        self.duck_conn = duckdb.connect(":memory:", config={"lambda_syntax": "ENABLE_SINGLE_ARROW"})
        catalog = str(folder.resolve() / "catalog" / f"{GLOBAL_DATABASE_NAME}.db").replace("'", "''")
        self.duck_conn.execute(f"ATTACH '{catalog}' AS {GLOBAL_DATABASE_NAME}")
        self.duck_conn.execute(info_schema.fs_global_creation_sql())
        self.duck_conn.execute(show.fs_global_creation_sql())
        self.duck_conn.execute("SET GLOBAL TimeZone = 'UTC'")
        for database in sorted(folder.glob("*.db")):
            self.open_session(database.stem).close()

    def open_session(
        self, database: str | None, schema: str | None = None, autocommit: bool = True
    ) -> "Session":
        """A session of its own; `database` comes into being when missing, its schema is PUBLIC if none is named."""
        return Session(self, database, schema or (DEFAULT_SCHEMA if database else None), autocommit)

    def end_idle_transactions(self, but: "Session") -> None:
        """End sessions that hold a transaction and have been silent for too long: their client is gone."""
        for token, session in list(self.sessions.items()):
            if session is not but and session.idle_in_transaction_s() > IDLE_TRANSACTION_S:
                self.sessions.pop(token, None)
                session.close()

    def tables(self) -> list[dict[str, Any]]:
        """Every table and view with its row count (None: it cannot be read), ordered by schema and name."""
        reader = self.duck_conn.cursor()
        try:
            found = reader.execute(
                "SELECT table_catalog, table_schema, table_name, table_type FROM information_schema.tables "
                "WHERE table_catalog NOT IN ('system', 'temp', 'memory', ?) "
                "AND table_schema NOT IN ('_fs_information_schema', 'information_schema') ORDER BY ALL",
                [GLOBAL_DATABASE_NAME],
            ).fetchall()
            return [
                {
                    "database": database,
                    "schema": schema,
                    "name": name,
                    "kind": "view" if kind == "VIEW" else "table",
                    "rows": _count(reader, database, schema, name),
                }
                for database, schema, name, kind in found
            ]
        finally:
            reader.close()

    def close(self) -> None:
        """Write everything into the database files."""
        for session in list(self.sessions.values()):
            session.close()
        self.duck_conn.close()


class Session(FakeSnowflakeConnection):
    """One client's session: one statement at a time, and a known state of its transaction."""

    def __init__(self, engine: Engine, database: str | None, schema: str | None, autocommit: bool) -> None:
        self.engine = engine
        self.in_transaction = self.has_written = False
        self._turn = threading.Lock()
        self._last_used = time.monotonic()
        super().__init__(
            engine.duck_conn.cursor(),
            engine.results_cache,
            database,
            schema,
            db_path=engine.db_path,
            nop_regexes=engine.nop_regexes,
            autocommit=autocommit,
        )

    def cursor(self, cursor_class: Any = None) -> "Cursor":
        return Cursor(self, self._duck_conn)

    def idle_in_transaction_s(self) -> float:
        """Seconds since the last statement of an open transaction; 0 when none is open or one is running."""
        if not self.in_transaction or self._turn.locked():
            return 0.0
        return time.monotonic() - self._last_used

    def run(self, cursor: "Cursor", command: str, params: Any, options: dict[str, Any]) -> None:
        """Run one statement; a first write that meets another's lock waits for it, as on Snowflake.

        DuckDB aborts a transaction at a conflict. Nothing was written yet, so beginning anew is waiting.
        """
        with self._turn:
            deadline = time.monotonic() + LOCK_TIMEOUT_S
            while True:
                try:
                    cursor.run(command, params, options)
                    break
                except duckdb.TransactionException:
                    if self.in_transaction:
                        self._duck_conn.rollback()
                    if self.has_written or time.monotonic() > deadline:
                        self.in_transaction = self.has_written = False
                        raise lock_timeout() from None
                    if self.in_transaction:
                        self._duck_conn.begin()
                self.engine.end_idle_transactions(but=self)
                time.sleep(0.05)
            self._note(command)

    def _note(self, command: str) -> None:
        verb = command.split(None, 1)[0].rstrip(";").upper() if command.strip() else ""
        if verb in {"BEGIN", "START"}:
            self.in_transaction, self.has_written = True, False
        elif verb in {"COMMIT", "ROLLBACK", "CREATE", "ALTER", "DROP"}:
            self.in_transaction = self.has_written = False
        elif verb in {"INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "TRUNCATE"}:
            self.has_written = self.in_transaction
        self._last_used = time.monotonic()


class Cursor(FakeSnowflakeCursor):
    """A cursor whose every failure is an error Snowflake has a number for."""

    _conn: Session

    def execute(self, command: str, params: Any = None, *_: Any, **options: Any) -> "Cursor":
        try:
            self._conn.run(self, command, params, options)
        except Exception as error:
            raise snowflake_error(error) from None
        return self

    def run(self, command: str, params: Any, options: dict[str, Any]) -> None:
        replacement = statements.rewrite(command, self._conn.database, self._conn.schema)
        super().execute(replacement or command, params, **options)


def _count(reader: duckdb.DuckDBPyConnection, database: str, schema: str, name: str) -> int | None:
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in (database, schema, name))
    try:
        counted = reader.execute(f"SELECT count(*) FROM {quoted}").fetchone()  # noqa: S608  # names come from the catalog, quoted
    except duckdb.Error:
        return None
    return int(counted[0]) if counted else None
