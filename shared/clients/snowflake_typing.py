"""What was loaded becomes facts: first typed, then settled, each in a transaction of its own under the lock of loads.

Typed: new rows of RAW.EVENTS become rows of FACT.*_EVENTS. JSON is read here once in an event's life; what each column
is, the views CORE.READ_* say. Settled: of what was typed, the latest word about each change, deployment, gate and
correction becomes its row of FACT, and what it corrects is taken out; CORE.NEW_* and CORE.OUTDATED_* say how.
Killed anywhere, a transaction has done nothing, and the next typing does it; run twice, the second finds nothing to do.
"""

from typing import Any

from shared.clients.snowflake_transaction import locked_transaction

SETTLED_EVENTS = (
    "CHANGE_EVENTS",
    "DEPLOYMENT_EVENTS",
    "COMMIT_EVENTS",
    "GATE_EVENTS",
    "CORRECTION_EVENTS",
)
"""Tables of FACT in which typed events wait to be settled."""
EVENTS = (*SETTLED_EVENTS, "INCIDENT_EVENTS")
"""Tables of FACT, each filled from the view CORE.READ_<its name>."""
_SINCE = "WHERE LOADED_AT > (SELECT MAX(TYPED_UNTIL) FROM FACT.TYPED)"
_TYPED = "UPDATE FACT.TYPED SET TYPED_UNTIL = COALESCE((SELECT MAX(LOADED_AT) FROM RAW.EVENTS), TYPED_UNTIL)"


def typing() -> list[str]:
    """The statements of one typing, in order."""
    inserts = [f"INSERT INTO FACT.{name} SELECT * FROM CORE.READ_{name} {_SINCE}" for name in EVENTS]  # noqa: S608
    return [*inserts, _TYPED]


def settling() -> list[str]:
    """The statements of one settling, in order. The commits of a thing go and come with it."""
    things = (("CHANGE", True), ("DEPLOYMENT", True), ("GATE", False), ("CORRECTION", False))
    return [
        _new("COMMITS"),
        *(statement for thing, has_commits in things for statement in _settled(thing, has_commits)),
        *(f"DELETE FROM FACT.{name}" for name in SETTLED_EVENTS),  # noqa: S608
    ]


def type_events(connection: Any) -> None:
    """Type and settle what was loaded since the last time. Raises: what the connector raises."""
    for statements in (typing(), settling()):
        with locked_transaction(connection) as cursor:
            for statement in statements:
                cursor.execute(statement)


def _settled(thing: str, has_commits: bool) -> list[str]:
    commits = f"{thing}_COMMITS"
    return [
        _new(f"{thing}S"),
        *([_outdated(commits, thing), _outdated(f"{thing}S", thing), _new(commits)] if has_commits else []),
        *([] if has_commits else [_outdated(f"{thing}S", thing)]),
    ]


def _new(table: str) -> str:
    return f"INSERT INTO FACT.{table} SELECT * FROM CORE.NEW_{table}"  # noqa: S608


def _outdated(table: str, thing: str) -> str:
    return f"DELETE FROM FACT.{table} WHERE {thing}_KEY IN (SELECT {thing}_KEY FROM CORE.OUTDATED_{thing}S)"  # noqa: S608
