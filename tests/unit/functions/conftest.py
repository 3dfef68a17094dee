"""Every test of a trigger runs over its own fake services."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared import services
from tests.fakes.durable import FakeDurableClient
from tests.fakes.services import fake_services


@pytest.fixture
def world() -> Iterator[Any]:
    made = fake_services()
    services.use(made)
    yield made
    services.use(None)


@pytest.fixture
def client() -> FakeDurableClient:
    return FakeDurableClient()
