"""A ServiceNow in memory, and the client on it."""

import pytest

from shared.clients.servicenow import ServiceNowClient, servicenow_client
from tests.fakes.servicenow import CLIENT_ID, CLIENT_SECRET, URL, FakeServiceNow


@pytest.fixture
def fake() -> FakeServiceNow:
    return FakeServiceNow()


@pytest.fixture
def client(fake: FakeServiceNow) -> ServiceNowClient:
    return servicenow_client(URL, CLIENT_ID, CLIENT_SECRET, fake.transport)
