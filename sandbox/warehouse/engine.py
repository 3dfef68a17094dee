"""The embedded warehouse's engine: fakesnow with its files in one folder.

server.py asks for a session per login and gives it back at logout. Databases are `<folder>/<NAME>.db`, what
fakesnow keeps beside them (stages, comments) is `<folder>/catalog/_fs_global.db`, staged files lie under
`<folder>/stages`, and `<folder>/tmp` holds what a restart need not find. DuckDB writes ahead and syncs each
commit, so SIGKILL at any moment loses nothing committed.
"""

import contextlib
import shutil
from pathlib import Path
from typing import Any

import duckdb
from fakesnow import info_schema
from fakesnow.instance import GLOBAL_DATABASE_NAME, FakeSnow
from fakesnow.transforms import show, stage

from sandbox.warehouse import statements
from sandbox.warehouse.limits import IDLE_TRANSACTION_S
from sandbox.warehouse.listing import Listing
from sandbox.warehouse.loading import TEMPORARY
from sandbox.warehouse.sessions import Session, Sessions

DEFAULT_SCHEMA = "PUBLIC"

# fakesnow makes a folder for staged files when it is imported; ours lie elsewhere.
with contextlib.suppress(OSError):
    Path(stage.LOCAL_BUCKET_PATH).rmdir()


class Engine(FakeSnow):
    """All databases of one folder. idle_transaction_s: after this, a transaction in another's way is ended."""

    def __init__(self, folder: Path, idle_transaction_s: float = IDLE_TRANSACTION_S) -> None:
        (folder / "catalog").mkdir(parents=True, exist_ok=True)
        (folder / "stages").mkdir(exist_ok=True)
        stage.LOCAL_BUCKET_PATH = str((folder / "stages").resolve())
        self.create_database_on_connect = self.create_schema_on_connect = True
        self.db_path = folder.resolve()
        self.nop_regexes = statements.ACCEPTED_WITHOUT_EFFECT
        self.results_cache: dict[str, Any] = {}
        self.sessions, self._listing = Sessions(idle_transaction_s), Listing()
        # What FakeSnow.__init__ does, but with its catalog in a file: stages survive a restart.
        temporary = folder.resolve() / TEMPORARY
        self.duck_conn = duckdb.connect(
            ":memory:", config={"lambda_syntax": "ENABLE_SINGLE_ARROW", "temp_directory": str(temporary)}
        )
        catalog = str(folder.resolve() / "catalog" / f"{GLOBAL_DATABASE_NAME}.db").replace("'", "''")
        self.duck_conn.execute(f"ATTACH '{catalog}' AS {GLOBAL_DATABASE_NAME}")
        _clear(temporary)  # the catalog is locked: no other process works here
        self.duck_conn.execute(info_schema.fs_global_creation_sql())
        self.duck_conn.execute(show.fs_global_creation_sql())
        self.duck_conn.execute("SET GLOBAL TimeZone = 'UTC'")
        for database in sorted(folder.glob("*.db")):
            self.open_session(database.stem).close()

    def open_session(
        self, database: str | None, schema: str | None = None, autocommit: bool = True
    ) -> Session:
        """A session of its own; `database` comes into being when missing, its schema is PUBLIC if none is named."""
        in_schema = schema or (DEFAULT_SCHEMA if database else None)
        return Session(self, self.sessions, database, in_schema, autocommit)

    def tables(self) -> list[dict[str, Any]]:
        """Every table and view, as `Listing.look` tells them."""
        return self._listing.look(self.duck_conn)

    def close(self) -> None:
        """Write everything into the database files."""
        for session in list(self.sessions.values()):
            session.close()
        self.duck_conn.close()


def _clear(temporary: Path) -> None:
    """Remove what a process that was killed left behind."""
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(exist_ok=True)
