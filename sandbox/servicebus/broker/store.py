"""What is on disk: one SQLite file that holds every message, and the duplicate-detection history.

The broker works in memory and tells the store each change; `commit` writes all changes since the last one
in one transaction. Nobody is told that a transfer or settlement was accepted before its commit returned
(see turn.py). WAL with synchronous=NORMAL: a commit has reached the operating system, so SIGKILL of this
process loses nothing; only a power failure may lose the last commits, and even that corrupts nothing.
Locks are not stored: after a restart every locked message is available again.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sandbox.servicebus.broker.messages import Entry, Message

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY,
    entity TEXT NOT NULL,
    sequence_number INTEGER NOT NULL,
    state INTEGER NOT NULL,
    delivery_count INTEGER NOT NULL,
    enqueued_ms INTEGER NOT NULL,
    dead_letter_source TEXT,
    content BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS sequence (entity TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
    entity TEXT NOT NULL,
    message_id TEXT NOT NULL,
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (entity, message_id)
) WITHOUT ROWID;
"""


class StoreInUse(Exception):
    """Another process works on this file."""


class Store:
    """path: the file, made when it is not there; patience_s: how long to wait for another process to let go.

    Raises: StoreInUse, sqlite3.Error.
    """

    def __init__(self, path: Path, patience_s: float = 1) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=patience_s, isolation_level=None)
        try:
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
        except sqlite3.OperationalError as fault:
            self._db.close()
            if fault.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise StoreInUse(f"another process serves {path.name}; stop it first") from None
            raise
        self._next_row: int = self._db.execute("SELECT coalesce(max(id), 0) + 1 FROM message").fetchone()[0]
        self._clear()

    def _clear(self) -> None:
        self._inserts: list[tuple[object, ...]] = []
        self._updates: list[tuple[object, ...]] = []
        self._deletes: list[tuple[int]] = []
        self._seen: list[tuple[str, str, int]] = []
        self._forgotten: list[tuple[str, str]] = []
        self._sequences: dict[str, int] = {}

    # Changes, in memory until the next commit.

    def next_row(self) -> int:
        row, self._next_row = self._next_row, self._next_row + 1
        return row

    def numbered(self, entity: str, last: int) -> None:
        """The entity gave out this sequence number, and will give none up to it again."""
        self._sequences[entity] = last

    def insert(self, entity: str, entry: Entry) -> None:
        self._inserts.append((entry.row, *_columns(entity, entry)))

    def update(self, entity: str, entry: Entry) -> None:
        """Also moves it: to another entity, with another sequence number."""
        self._updates.append((*_columns(entity, entry), entry.row))

    def delete(self, entry: Entry) -> None:
        self._deletes.append((entry.row,))

    def remember(self, entity: str, message_id: str, seen_ms: int) -> None:
        self._seen.append((entity, message_id, seen_ms))

    def forget(self, entity: str, message_id: str) -> None:
        self._forgotten.append((entity, message_id))

    def commit(self) -> None:
        """One transaction with every change since the last. Raises: sqlite3.Error; then trust nothing."""
        if not (self._inserts or self._updates or self._deletes or self._seen or self._forgotten):
            return
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        # A row is made once, changed, then deleted, and never made again: this order is the order of events.
        if self._inserts:
            db.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._inserts)
        if self._updates:
            db.executemany(
                "UPDATE message SET entity=?, sequence_number=?, state=?, delivery_count=?, enqueued_ms=?,"
                " dead_letter_source=?, content=? WHERE id=?",
                self._updates,
            )
        if self._deletes:
            db.executemany("DELETE FROM message WHERE id=?", self._deletes)
        # An id is forgotten before it can be seen again.
        if self._forgotten:
            db.executemany("DELETE FROM history WHERE entity=? AND message_id=?", self._forgotten)
        if self._seen:
            db.executemany("INSERT OR REPLACE INTO history VALUES (?, ?, ?)", self._seen)
        if self._sequences:
            db.executemany("INSERT OR REPLACE INTO sequence VALUES (?, ?)", list(self._sequences.items()))
        db.execute("COMMIT")
        self._clear()

    # What was there at the start.

    def entries(self, entity: str) -> Iterator[Entry]:
        """The entries of an entity by sequence number, none of them locked."""
        rows = self._db.execute(
            "SELECT id, sequence_number, state, delivery_count, enqueued_ms, dead_letter_source, content"
            " FROM message WHERE entity=? ORDER BY sequence_number",
            (entity,),
        )
        for row, sequence_number, state, delivery_count, enqueued_ms, source, content in rows:
            entry = Entry(Message(content), row, sequence_number, enqueued_ms)
            entry.state, entry.delivery_count, entry.dead_letter_source = state, delivery_count, source
            yield entry

    def history(self, entity: str) -> Iterator[tuple[str, int]]:
        """(message id, when seen in ms), oldest first."""
        yield from self._db.execute(
            "SELECT message_id, seen_ms FROM history WHERE entity=? ORDER BY seen_ms", (entity,)
        )

    def last_sequence_number(self, entity: str) -> int:
        row = self._db.execute("SELECT last FROM sequence WHERE entity=?", (entity,)).fetchone()
        return row[0] if row else 0

    def stored_entities(self) -> list[tuple[str, int]]:
        """(entity, how many messages it has) of everything stored."""
        return self._db.execute("SELECT entity, count(*) FROM message GROUP BY entity").fetchall()

    def close(self) -> None:
        self.commit()
        self._db.close()


def _columns(entity: str, entry: Entry) -> tuple[object, ...]:
    return (
        entity,
        entry.sequence_number,
        entry.state,
        entry.delivery_count,
        entry.enqueued_ms,
        entry.dead_letter_source,
        entry.message.raw,
    )
