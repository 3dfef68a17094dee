"""A Dynatrace in memory, with small pages, and the client on it."""

import pytest

from shared.clients.dynatrace import DynatraceClient, dynatrace_client
from tests.fakes.dynatrace import TOKEN, URL, FakeDynatrace


@pytest.fixture
def fake() -> FakeDynatrace:
    return FakeDynatrace(page_size=2)


@pytest.fixture
def client(fake: FakeDynatrace) -> DynatraceClient:
    return dynatrace_client(URL, TOKEN, fake.transport)
