"""What all tests share: the table of the crash matrix at their end, also where other processes played it.

Properties are never held to a time: what a slow machine takes long for is not wrong.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.e2e.matrix import table

settings.register_profile("without a deadline", deadline=None)
settings.load_profile("without a deadline")


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of one Azurite for all tests of a worker; each has a container of its own in it."""
    from tests.integration.warehouse.started import azurite

    with azurite(tmp_path_factory.mktemp("azurite")) as connection:
        yield connection


def pytest_terminal_summary(terminalreporter: Any) -> None:
    table.tell(terminalreporter)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long stories out, unless all are asked for."""
    if os.environ.get("STORIES") == "all":
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in set(long)]
