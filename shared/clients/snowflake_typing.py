"""One transaction that types what was loaded since the last time: rows of RAW.EVENTS become rows of FACT.

JSON is read here once in an event's life; what each column is, the views CORE.READ_* say. It takes the row of
RAW.LOAD_LOCK as a load does, so that no load ends meanwhile: everything loaded until FACT.TYPED.TYPED_UNTIL is typed,
nothing after it is. Killed anywhere, nothing has happened; run twice, the second finds nothing to do.
"""

import contextlib
from typing import Any

from shared.clients.snowflake_errors import no_answer

FACTS = (
    "CHANGE_EVENTS",
    "DEPLOYMENT_EVENTS",
    "COMMIT_EVENTS",
    "GATE_EVENTS",
    "CORRECTION_EVENTS",
    "INCIDENT_EVENTS",
)
"""Tables of FACT, each filled from the view CORE.READ_<its name>."""
_LOCK = "UPDATE RAW.LOAD_LOCK SET TAKEN_AT = CURRENT_TIMESTAMP()"
_SINCE = "WHERE LOADED_AT > (SELECT MAX(TYPED_UNTIL) FROM FACT.TYPED)"
_TYPED = "UPDATE FACT.TYPED SET TYPED_UNTIL = COALESCE((SELECT MAX(LOADED_AT) FROM RAW.EVENTS), TYPED_UNTIL)"


def statements() -> list[str]:
    """What one typing runs between BEGIN and COMMIT, in order."""
    inserts = [f"INSERT INTO FACT.{fact} SELECT * FROM CORE.READ_{fact} {_SINCE}" for fact in FACTS]  # noqa: S608
    return [_LOCK, *inserts, _TYPED]


def type_events(connection: Any) -> None:
    """Type what was loaded since the last time. Raises: what the connector raises."""
    with contextlib.closing(connection.cursor()) as cursor:
        cursor.execute("BEGIN")
        try:
            for statement in statements():
                cursor.execute(statement)
            cursor.execute("COMMIT")
        except Exception as error:
            if not no_answer(error):  # else the connection is given up, and the transaction with it
                with contextlib.suppress(Exception):
                    cursor.execute("ROLLBACK")
            raise
