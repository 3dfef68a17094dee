"""What DuckDB and fakesnow throw, as the errors Snowflake would answer: a number, a state, a message.

Clients branch on errno and sqlstate, never on text. An exception left unmapped would become HTTP 500, which
the connector retries until its time-out; so everything is mapped.
"""

import duckdb
from snowflake.connector.errors import Error, ProgrammingError

_NUMBERS: list[tuple[type[Exception], int, str]] = [
    (duckdb.ConstraintException, 100072, "22000"),
    (duckdb.InvalidInputException, 100069, "22P02"),  # a staged file that is not the JSON it claims to be
    (duckdb.ConversionException, 100038, "22018"),
    (duckdb.OutOfRangeException, 100039, "22003"),
    (duckdb.ParserException, 1003, "42000"),
    (duckdb.NotImplementedException, 2, "0A000"),
    (NotImplementedError, 2, "0A000"),
    (ValueError, 2, "0A000"),
    (AssertionError, 2, "0A000"),  # fakesnow asserts where it has no support
]
INTERNAL = (603, "XX000")


def snowflake_error(error: Exception) -> Exception:
    """`error` itself when the connector knows it, else the nearest Snowflake error."""
    if isinstance(error, Error):
        return error
    errno, sqlstate = next(
        ((errno, sqlstate) for kind, errno, sqlstate in _NUMBERS if isinstance(error, kind)), INTERNAL
    )
    message = str(error).split("\n", 1)[0] or type(error).__name__
    return ProgrammingError(msg=message, errno=errno, sqlstate=sqlstate)


def lock_timeout() -> Exception:
    """Another transaction holds the lock and did not give it up in time."""
    return ProgrammingError(
        msg="Statement was aborted because the number of seconds waiting for a lock has passed.",
        errno=625,
        sqlstate="57014",
    )
