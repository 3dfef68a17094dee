"""Transactions: what snowflake_load and snowflake_typing write, they write within one, under the lock of loads.

Snowflake holds a row's lock until the transaction ends; COPY and INSERT alone would run side by side. So whoever writes
RAW or FACT updates the one row of RAW.LOAD_LOCK first, and one of them is let through at a time.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from shared.clients.snowflake_errors import no_answer

LOCK = "UPDATE RAW.LOAD_LOCK SET TAKEN_AT = CURRENT_TIMESTAMP()"


@contextlib.contextmanager
def transaction(connection: Any) -> Iterator[Any]:
    """A cursor whose statements are committed together, or not at all. Raises: what they raise."""
    with contextlib.closing(connection.cursor()) as cursor:
        cursor.execute("BEGIN")
        try:
            yield cursor
            cursor.execute("COMMIT")
        except Exception as error:
            if not no_answer(error):  # else the connection is given up, and the transaction with it
                with contextlib.suppress(Exception):
                    cursor.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def locked_transaction(connection: Any) -> Iterator[Any]:
    """A transaction that waits until no other one loads or types."""
    with transaction(connection) as cursor:
        cursor.execute(LOCK)
        yield cursor
