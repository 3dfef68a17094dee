"""One migrated warehouse for all tests of this folder; each test has its own names in it and in Azurite."""

import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from shared.clients.blob import BlobStore, blob_store
from shared.clients.snowflake import Warehouse, warehouse
from tests.integration.warehouse.started import embedded_warehouse, empty, login
from warehouse.migrate import migrate


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with embedded_warehouse(tmp_path_factory.mktemp("warehouse")) as running:
        yield running


@pytest.fixture(scope="session")
def migrated(embedded: Any) -> Any:
    """The settings of a client of the migrated database."""
    settings = login(embedded.port)
    migrate(settings)
    return settings


@pytest.fixture(scope="module")
def own_database(migrated: Any) -> Any:
    """The same, emptied for tests whose numbers are of all rows there are. A migration each would take seconds."""
    empty(migrated)
    return migrated


@pytest.fixture
async def loader(migrated: Any) -> AsyncIterator[Warehouse]:
    built = warehouse(migrated, timeout_s=10)
    yield built
    await built.close()


@pytest.fixture
async def blob(storage: str) -> AsyncIterator[BlobStore]:
    built = blob_store(f"test-{uuid.uuid4().hex[:12]}", connection_string=storage)
    yield built
    await built.close()


@pytest.fixture
def hour() -> str:
    """A folder of landing/ that no other test uses."""
    return f"2026/11/20/{uuid.uuid4().hex[:12]}"
