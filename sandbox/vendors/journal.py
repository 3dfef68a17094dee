"""What a vendor was asked: one entry per request, never its headers, query or body.

An entry: {"id", "at", "operation", "method", "path", "status" (null: no answer went out), "fault", "ids"}.
`ids` says what the request was about, so that a duplicate shows: a correlation id, a run's key, a number made.
"""

import json
import sqlite3
from typing import Any

from sandbox.vendors.clock import iso, now_ms

KEPT = 5000
_TRIM_EVERY = 500


class Journal:
    """One vendor's journal; the newest KEPT entries."""

    def __init__(self, db: sqlite3.Connection, vendor: str) -> None:
        self._db, self._vendor = db, vendor
        self._since_trim = 0

    def add(
        self,
        operation: str,
        method: str,
        path: str,
        status: int | None,
        fault: str | None,
        ids: dict[str, str],
    ) -> None:
        entry = {
            "at": iso(now_ms()),
            "operation": operation,
            "method": method,
            "path": path,
            "status": status,
            "fault": fault,
            "ids": ids,
        }
        self._db.execute(
            "INSERT INTO journal (vendor, entry) VALUES (?, ?)", (self._vendor, json.dumps(entry))
        )
        self._since_trim += 1
        if self._since_trim >= _TRIM_EVERY:
            self._trim()

    def entries(self, operation: str = "", after: int = 0, limit: int = KEPT) -> list[dict[str, Any]]:
        """The newest `limit` entries, oldest first. after: only entries with a greater id."""
        rows = self._db.execute(
            "SELECT id, entry FROM journal WHERE vendor = ? AND id > ?"
            " AND (? = '' OR json_extract(entry, '$.operation') = ?) ORDER BY id DESC LIMIT ?",
            (self._vendor, after, operation, operation, limit),
        ).fetchall()
        return [{"id": number, **json.loads(entry)} for number, entry in reversed(rows)]

    def _trim(self) -> None:
        self._since_trim = 0
        self._db.execute(
            "DELETE FROM journal WHERE vendor = ?1 AND id <="
            " (SELECT id FROM journal WHERE vendor = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            (self._vendor, KEPT),
        )
