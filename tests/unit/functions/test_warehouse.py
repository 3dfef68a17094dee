"""The timer that loads the warehouse."""

import logging
from typing import Any

import pytest

from functions.warehouse import load_warehouse
from shared import loading, services
from tests.fakes.requests import function_of
from tests.fakes.services import fake_services

load: Any = function_of(load_warehouse)


async def test_without_a_warehouse_nothing_is_loaded(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await load(None)

    assert "no warehouse is configured" in caplog.text


class Typing:
    """A warehouse that counts how often it is asked to type."""

    def __init__(self) -> None:
        self.asked = 0

    async def type_events(self) -> None:
        self.asked += 1


@pytest.mark.parametrize(("rows", "typed"), [(10, 1), (0, 0)])
async def test_what_has_landed_is_loaded_and_typed_and_the_report_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, rows: int, typed: int
) -> None:
    made: Any = fake_services(SNOWFLAKE_ACCOUNT="x")
    made.warehouse = warehouse = Typing()
    services.use(made)
    asked: list[Any] = []

    async def load_landing(blob: Any, warehouse: Any) -> loading.LoadReport:
        asked.append((blob, warehouse))
        return loading.LoadReport(files=2, rows=rows)

    monkeypatch.setattr(loading, "load_landing", load_landing)
    with caplog.at_level(logging.INFO):
        await load(None)
    services.use(None)

    assert asked == [(made.blob, warehouse)]
    assert f"rows={rows}" in caplog.text
    assert warehouse.asked == typed
