"""The SQLite file: its tables, and the rule that one process at a time has it open.

An *execution* is one run of an instance id: starting the id again, or continue-as-new, begins another. Rows
belong to executions, so that what an earlier run left behind never reaches a later one. Times are integer
microseconds since 1970, UTC. Protobuf messages are stored as their own bytes.

Written through a write-ahead log without a sync at each commit: the death of the process loses nothing;
a power failure can lose the last commits, never the order or the consistency of what remains.
"""

import sqlite3
import time
from pathlib import Path

_VERSION = 1
_LOCK_WAIT_MS = 1_500
_CHECKPOINT_PAGES = 4_000

_SCHEMA = Path(__file__).with_name("schema.sql")


class StateInUse(Exception):
    """Another process has the file open."""


class StateUnknown(Exception):
    """The file was not written by this version of the backend."""


def open_store(path: Path) -> sqlite3.Connection:
    """Open, and where needed create, the state file for this process alone.

    Raises: StateInUse; StateUnknown.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    try:
        db.execute(f"PRAGMA busy_timeout = {_LOCK_WAIT_MS}")
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        db.execute("PRAGMA cache_size = -32000")
        db.execute("BEGIN EXCLUSIVE")
        _prepare(db, path)
        db.execute("COMMIT")
    except sqlite3.OperationalError as error:
        db.close()
        if "locked" in str(error):
            raise StateInUse(
                f"{path} is in use by another process. Stop that one, or name another file with --state."
            ) from error
        raise
    except sqlite3.DatabaseError as error:
        db.close()
        raise StateUnknown(f"{path} is not a state file of the durable backend: {error}") from error
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == _VERSION:
        return
    if version or db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise StateUnknown(
            f"{path} was written by another version (layout {version}, this one knows {_VERSION}). "
            "Remove it, or name another file with --state."
        )
    for statement in _SCHEMA.read_text(encoding="utf-8").split(";\n"):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {_VERSION}")


class Sequence:
    """Numbers that only rise, also over restarts and after rows were removed."""

    def __init__(self, db: sqlite3.Connection) -> None:
        (stored,) = db.execute(
            "SELECT max(coalesce((SELECT max(execution) FROM instances), 0),"
            " coalesce((SELECT max(execution) FROM tasks), 0),"
            " coalesce((SELECT max(id) FROM inbox), 0), coalesce((SELECT max(id) FROM operations), 0),"
            " coalesce((SELECT max(id) FROM timers), 0), coalesce((SELECT max(id) FROM locks), 0))"
        ).fetchone()
        self._last: int = max(stored, time.time_ns() // 1000)

    def __call__(self) -> int:
        self._last += 1
        return self._last
