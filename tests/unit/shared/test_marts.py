"""When the marts are computed anew, on a fake warehouse; the real statements run in tests/integration/warehouse."""

from collections.abc import Sequence
from typing import Any

import pytest

from shared.errors import VendorUnavailable
from shared.marts import refresh_if_due, refresh_now


class Warehouse:
    """Loaded, typed and refreshed until these hours; one row to hold; two statements."""

    def __init__(self, loaded: int | None = 3, typed: int = 3, refreshed: int = 3) -> None:
        self.loaded, self.typed, self.refreshed = loaded, typed, refreshed
        self.holder: str | None = None
        self.made: list[str] = []
        self.failing = ""

    async def type_events(self) -> None:
        self.typed = self.loaded or self.typed

    async def query(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        if sql.startswith("SELECT\n"):
            until = {"LOADED": self.loaded, "TYPED": self.typed, "REFRESHED": self.refreshed}
            return [{f"{name}_UNTIL": hour for name, hour in until.items()}]
        if sql.startswith("UPDATE"):
            return [{"number of rows updated": int(self._updated(sql, params))}]
        if sql.startswith("SELECT STATEMENT"):
            return [{"STATEMENT": "MAKE A"}, {"STATEMENT": "MAKE B"}]
        if sql == self.failing:
            raise VendorUnavailable("snowflake", "query", "no answer")
        self.made.append(sql)
        return []

    def _updated(self, sql: str, params: Sequence[Any]) -> bool:
        if "SET HELD_BY = ?" in sql:
            free = self.holder is None
            self.holder = params[0] if free else self.holder
            return free
        if self.holder != params[-1]:
            return False
        if "TYPED_UNTIL = READS_UNTIL" in sql:
            self.refreshed, self.holder = self.typed, None
        elif "HELD_UNTIL = CURRENT_TIMESTAMP()" in sql:
            self.holder = None
        return True


@pytest.mark.parametrize(
    ("loaded", "typed", "refreshed", "due"),
    [(None, 0, 0, False), (3, 3, 3, False), (3, 3, 2, True), (3, 2, 2, True), (3, 2, 0, True)],
)
async def test_it_is_due_when_something_was_loaded_since(
    loaded: int | None, typed: int, refreshed: int, due: bool
) -> None:
    warehouse = Warehouse(loaded, typed, refreshed)

    assert await refresh_if_due(warehouse) == (2 if due else 0)

    assert warehouse.made == (["MAKE A", "MAKE B"] if due else [])
    assert await refresh_if_due(warehouse) == 0


async def test_asked_for_it_is_computed_due_or_not() -> None:
    assert await refresh_now(Warehouse()) == 2


async def test_one_refresh_works_at_a_time() -> None:
    warehouse = Warehouse(refreshed=0)
    warehouse.holder = "another"

    assert await refresh_if_due(warehouse) == 0
    assert warehouse.made == []


async def test_one_that_was_taken_for_dead_stops() -> None:
    class Stolen(Warehouse):
        async def query(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
            answer = await super().query(sql, params)
            self.holder = "another" if sql == "MAKE A" else self.holder
            return answer

    warehouse = Stolen(refreshed=0)

    assert await refresh_if_due(warehouse) == 0
    assert (warehouse.made, warehouse.refreshed, warehouse.holder) == (["MAKE A"], 0, "another")


async def test_one_that_fails_leaves_it_to_the_next() -> None:
    warehouse = Warehouse(refreshed=0)
    warehouse.failing = "MAKE B"
    with pytest.raises(VendorUnavailable):
        await refresh_if_due(warehouse)
    assert (warehouse.refreshed, warehouse.holder) == (0, None)

    warehouse.failing = ""
    assert await refresh_if_due(warehouse) == 2
