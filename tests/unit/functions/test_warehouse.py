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


async def test_what_has_landed_is_loaded_and_the_report_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = fake_services(SNOWFLAKE_ACCOUNT="x")
    services.use(made)
    asked: list[Any] = []

    async def load_landing(blob: Any, warehouse: Any) -> str:
        asked.append((blob, warehouse))
        return "2 files, 10 rows"

    monkeypatch.setattr(loading, "load_landing", load_landing)
    with caplog.at_level(logging.INFO):
        await load(None)
    services.use(None)

    assert asked == [(made.blob, made.warehouse)]
    assert "2 files, 10 rows" in caplog.text
