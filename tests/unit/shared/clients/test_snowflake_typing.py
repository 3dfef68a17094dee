"""The statements of a typing, on a fake connection."""

import pytest
from snowflake.connector.errors import OperationalError, ProgrammingError

from shared.clients.snowflake import Warehouse
from shared.clients.snowflake_typing import EVENTS, SETTLED_EVENTS, settling, typing
from shared.errors import OutcomeUnknown, VendorRefused
from tests.unit.shared.clients.test_snowflake import Connection


async def test_typing_and_settling_are_a_transaction_each_under_the_lock_of_loads() -> None:
    connection = Connection()

    await Warehouse(lambda: connection).type_events()

    lock = "UPDATE RAW.LOAD_LOCK SET TAKEN_AT = CURRENT_TIMESTAMP()"
    assert connection.statements == ["BEGIN", lock, *typing(), "COMMIT", "BEGIN", lock, *settling(), "COMMIT"]


def test_the_end_of_a_typing_is_noted_with_it() -> None:
    assert [statement.split()[0] for statement in typing()] == [*["INSERT"] * len(EVENTS), "UPDATE"]
    assert "FACT.TYPED" in typing()[-1]


def test_what_is_outdated_goes_with_its_commits_before_they_are_told_again() -> None:
    verbs = [(statement.split()[0], statement.split()[2].removeprefix("FACT.")) for statement in settling()]

    assert verbs[:5] == [
        ("INSERT", "COMMITS"),
        ("INSERT", "CHANGES"),
        ("DELETE", "CHANGE_COMMITS"),
        ("DELETE", "CHANGES"),
        ("INSERT", "CHANGE_COMMITS"),
    ]
    assert verbs[-5:] == [("DELETE", name) for name in SETTLED_EVENTS]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE RAW", "INSERT INTO FACT.GATE_EVENTS", "UPDATE FACT", "INSERT INTO FACT.GATES", "COMMIT"],
)
async def test_a_typing_that_fails_is_rolled_back(statement: str) -> None:
    error = ProgrammingError(msg="no", errno=2003, sqlstate="42S02")
    connection = Connection({statement: error})

    with pytest.raises(VendorRefused):
        await Warehouse(lambda: connection).type_events()
    assert connection.verbs[-1] == "ROLLBACK"


async def test_a_typing_without_an_answer_is_given_up_with_its_connection() -> None:
    connection = Connection({"INSERT INTO FACT.GATES": OperationalError(msg="no answer", errno=250003)})

    with pytest.raises(OutcomeUnknown):
        await Warehouse(lambda: connection).type_events()
    assert "ROLLBACK" not in connection.verbs
    assert connection.closed
