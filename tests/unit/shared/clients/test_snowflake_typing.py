"""The statements of a typing, on a fake connection."""

import pytest
from snowflake.connector.errors import ProgrammingError

from shared.clients.snowflake import Warehouse
from shared.clients.snowflake_typing import FACTS
from shared.errors import VendorRefused
from tests.unit.shared.clients.test_snowflake import Connection


async def test_a_typing_is_one_transaction_under_the_lock_of_loads() -> None:
    connection = Connection()

    await Warehouse(lambda: connection).type_events()

    assert connection.verbs == ["BEGIN", "UPDATE", *["INSERT"] * len(FACTS), "UPDATE", "COMMIT"]
    assert "RAW.LOAD_LOCK" in connection.statements[1]
    assert "FACT.TYPED" in connection.statements[-2]


@pytest.mark.parametrize("statement", ["UPDATE RAW", "INSERT INTO FACT.GATE", "UPDATE FACT", "COMMIT"])
async def test_a_typing_that_fails_is_rolled_back(statement: str) -> None:
    error = ProgrammingError(msg="no", errno=2003, sqlstate="42S02")
    connection = Connection({statement: error})

    with pytest.raises(VendorRefused):
        await Warehouse(lambda: connection).type_events()
    assert connection.verbs[-1] == "ROLLBACK"
