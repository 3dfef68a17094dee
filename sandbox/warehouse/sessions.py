"""Sessions of the embedded warehouse: one statement at a time, and transactions with Snowflake's manners.

engine.py opens and keeps them, server.py hands requests to them. A first write waits for another transaction's
lock, and every failure is an error Snowflake has a number for.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import duckdb
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.instance import FakeSnow
from sqlglot import Expr

from sandbox.warehouse import statements
from sandbox.warehouse.errors import lock_timeout, snowflake_error
from sandbox.warehouse.limits import LOCK_TIMEOUT_S
from sandbox.warehouse.translations import Translations

_translations = Translations()


class Sessions(dict[str, "Session"]):
    """Token -> session; one that leaves is closed, which rolls its transaction back.

    idle_transaction_s: after this, a transaction in another's way is ended.
    """

    def __init__(self, idle_transaction_s: float) -> None:
        super().__init__()
        self._idle_transaction_s = idle_transaction_s

    def __delitem__(self, token: str) -> None:
        session = self[token]
        super().__delitem__(token)
        session.close()

    def end_idle(self, but: Session) -> None:
        """End those that hold a transaction and have been silent for too long: their client is gone."""
        for token, session in list(self.items()):
            if session is not but and session.end_if_idle(self._idle_transaction_s):
                self.pop(token, None)


class Session(FakeSnowflakeConnection):
    """One client's session: one statement at a time, and a known state of its transaction.

    among: the sessions it may have to wait for.
    """

    def __init__(
        self, engine: FakeSnow, among: Sessions, database: str | None, schema: str | None, autocommit: bool
    ) -> None:
        self._among = among
        self.in_transaction = self.has_written = False
        self.waiting = False
        """Whether a statement of this session waits for another one's lock."""
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

    def cursor(self, cursor_class: Any = None) -> Cursor:
        return Cursor(self, self._duck_conn)

    def end_if_idle(self, idle_s: float) -> bool:
        """Close this session if it holds a transaction and has been silent for `idle_s`; whether it was closed."""
        if not self._turn.acquire(blocking=False):
            return False
        try:
            is_idle = self.in_transaction and time.monotonic() - self._last_used > idle_s
            if is_idle:
                self.close()
            return is_idle
        finally:
            self._turn.release()

    def run(self, cursor: Cursor, command: str, params: Any, options: dict[str, Any]) -> None:
        """Run one statement; a first write that meets another's lock waits for it, as on Snowflake.

        DuckDB aborts a transaction at a conflict. Nothing was written yet, so beginning anew is waiting.
        """
        with self._turn:
            deadline = time.monotonic() + LOCK_TIMEOUT_S
            while True:
                try:
                    with self._whole(command):
                        cursor.run(command, params, options)
                    self.waiting = False
                    break
                except duckdb.TransactionException:
                    if self.in_transaction:
                        with contextlib.suppress(duckdb.TransactionException):  # a failed COMMIT has ended it
                            self._duck_conn.rollback()
                    if self.has_written or time.monotonic() > deadline:
                        self.in_transaction = self.has_written = False
                        self.waiting = False
                        raise lock_timeout() from None
                    if self.in_transaction:
                        self._duck_conn.begin()
                self.waiting = True
                self._among.end_idle(but=self)
                time.sleep(0.05)
            self._note(command)

    @contextlib.contextmanager
    def _whole(self, command: str) -> Iterator[None]:
        """A COPY loads all of its files or none; fakesnow inserts them one by one."""
        if _verb(command) != "COPY" or self.in_transaction or not self._autocommit:
            yield
            return
        self._duck_conn.begin()
        try:
            yield
        except Exception:
            with contextlib.suppress(duckdb.Error):
                self._duck_conn.rollback()
            raise
        self._duck_conn.commit()

    def _note(self, command: str) -> None:
        verb = _verb(command)
        if verb in {"BEGIN", "START"}:
            self.in_transaction, self.has_written = True, False
        elif verb in {"COMMIT", "ROLLBACK", "CREATE", "ALTER", "DROP"}:
            self.in_transaction = self.has_written = False
        elif verb in {"INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "TRUNCATE"}:
            self.has_written = self.in_transaction
        self._last_used = time.monotonic()


def _verb(command: str) -> str:
    return command.split(None, 1)[0].rstrip(";").upper() if command.strip() else ""


class Cursor(FakeSnowflakeCursor):
    """A cursor whose every failure is an error Snowflake has a number for."""

    _conn: Session
    _command = ""

    def execute(self, command: str, params: Any = None, *_: Any, **options: Any) -> Cursor:
        try:
            self._conn.run(self, command, params, options)
        except Exception as error:
            raise snowflake_error(error) from None
        return self

    def run(self, command: str, params: Any, options: dict[str, Any]) -> None:
        replacement = statements.rewrite(command, self._conn.database, self._conn.schema)
        self._command = replacement or command
        super().execute(self._command, params, **options)

    def _transform(self, expression: Expr, params: Any) -> Expr:
        plain = super()._transform
        if params or "$" in self._command:  # session variables stand in it by their values
            return plain(expression, params)
        return _translations.of(self._command, lambda: plain(expression, params))
