"""The timer that loads the warehouse and keeps its marts fresh."""

import logging
from typing import Any

import pytest

from functions.platform.warehouse import load_warehouse
from shared import loading, marts, services
from tests.fakes.requests import function_of
from tests.fakes.services import fake_services

load: Any = function_of(load_warehouse)


async def test_without_a_warehouse_nothing_is_loaded(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await load(None)

    assert "no warehouse is configured" in caplog.text


@pytest.mark.parametrize("rows", [10, 0])
async def test_what_has_landed_is_loaded_and_the_marts_are_kept_fresh(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, rows: int
) -> None:
    made: Any = fake_services(SNOWFLAKE_ACCOUNT="x")
    made.warehouse = warehouse = object()
    services.use(made)
    asked: list[Any] = []

    async def load_landing(blob: Any, warehouse: Any) -> loading.LoadReport:
        asked.append((blob, warehouse))
        return loading.LoadReport(files=2, rows=rows)

    async def refresh_if_due(warehouse: Any) -> int:
        asked.append(warehouse)
        return 7

    monkeypatch.setattr(loading, "load_landing", load_landing)
    monkeypatch.setattr(marts, "refresh_if_due", refresh_if_due)
    with caplog.at_level(logging.INFO):
        await load(None)
    services.use(None)

    assert asked == [(made.blob, warehouse), warehouse]
    assert f"rows={rows}" in caplog.text
    assert "7 tables" in caplog.text
