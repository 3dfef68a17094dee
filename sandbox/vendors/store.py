"""State on disk: documents as JSON rows in one SQLite file, read from memory, written through.

A put is on disk when it returns, as far as SIGKILL goes (WAL without a sync per commit: only a power failure
could lose the last ones). A document taken from here is never changed in place: put a new one.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

type Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    vendor TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (vendor, kind, id));
CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY AUTOINCREMENT, vendor TEXT NOT NULL, entry TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS journal_by_vendor ON journal (vendor, id);
"""


class Store:
    """The one file. Used by one thread, the event loop's."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(_SCHEMA)
        self._collections: dict[tuple[str, str], Collection] = {}
        self._depth = 0
        self._load()

    def collection(self, vendor: str, kind: str) -> "Collection":
        """All documents of one kind. A kind that starts with "_" is not shown by the control API."""
        key = (vendor, kind)
        if key not in self._collections:
            self._collections[key] = Collection(self.db, vendor, kind)
        return self._collections[key]

    def shown(self, vendor: str) -> dict[str, "Collection"]:
        """The vendor's kinds and their documents, without those that hold secrets or machinery."""
        return {
            kind: collection
            for (owner, kind), collection in self._collections.items()
            if owner == vendor and not kind.startswith("_")
        }

    def clear(self, vendor: str, keep: frozenset[str]) -> None:
        """Delete the vendor's documents, all but the kinds in `keep`, and its journal."""
        with self.transaction():
            self.db.execute("DELETE FROM journal WHERE vendor = ?", (vendor,))
            for (owner, kind), collection in self._collections.items():
                if owner == vendor and kind not in keep:
                    collection.clear()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All puts inside, or none. It must not await."""
        if self._depth == 0:
            self.db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self.db.execute("ROLLBACK")
                self._load()
            raise
        self._depth -= 1
        if self._depth == 0:
            self.db.execute("COMMIT")

    def close(self) -> None:
        self.db.close()

    def _load(self) -> None:
        for collection in self._collections.values():
            collection.documents.clear()
        rows = self.db.execute("SELECT vendor, kind, id, body FROM documents ORDER BY seq")
        for vendor, kind, document_id, body in rows:
            self.collection(vendor, kind).documents[document_id] = json.loads(body)


class Collection:
    """Documents of one kind by id, oldest first."""

    def __init__(self, db: sqlite3.Connection, vendor: str, kind: str) -> None:
        self._db, self._vendor, self._kind = db, vendor, kind
        self.documents: dict[str, Document] = {}

    def get(self, document_id: str) -> Document | None:
        return self.documents.get(document_id)

    def all(self) -> list[Document]:
        return list(self.documents.values())

    def put(self, document_id: str, document: Document) -> Document:
        """Write one document; an existing one keeps its place in the order."""
        self._db.execute(
            "INSERT INTO documents (vendor, kind, id, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (vendor, kind, id) DO UPDATE SET body = excluded.body",
            (self._vendor, self._kind, document_id, json.dumps(document, ensure_ascii=False)),
        )
        self.documents[document_id] = document
        return document

    def delete(self, document_id: str) -> bool:
        """Whether there was one."""
        self._db.execute(
            "DELETE FROM documents WHERE vendor = ? AND kind = ? AND id = ?",
            (self._vendor, self._kind, document_id),
        )
        return self.documents.pop(document_id, None) is not None

    def clear(self) -> None:
        self._db.execute("DELETE FROM documents WHERE vendor = ? AND kind = ?", (self._vendor, self._kind))
        self.documents.clear()

    def next_number(self, name: str, first: int) -> int:
        """The next of a row of numbers, never given twice, also after a restart. For a collection of counters."""
        counter = self.get(name)
        number = counter["last"] + 1 if counter else first
        self.put(name, {"last": number})
        return number
