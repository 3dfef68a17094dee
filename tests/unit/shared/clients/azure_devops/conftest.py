"""A fake organisation and a client to it."""

import pytest

from shared.clients.azure_devops import AzureDevOpsClient, azure_devops_client
from tests.fakes.azure_devops import TOKEN, URL, FakeAzureDevOps


@pytest.fixture
def fake() -> FakeAzureDevOps:
    return FakeAzureDevOps()


@pytest.fixture
def client(fake: FakeAzureDevOps) -> AzureDevOpsClient:
    return azure_devops_client(URL, TOKEN, transport=fake.transport)
