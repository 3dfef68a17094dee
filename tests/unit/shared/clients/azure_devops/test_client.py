"""Who we are to Azure DevOps, and whether it answers."""

from datetime import UTC, datetime

import pytest

from shared.clients.azure_devops import AzureDevOpsClient, azure_devops_client
from shared.errors import VendorRefused, VendorUnavailable
from tests.fakes.azure_devops import URL, FakeAzureDevOps
from tests.fakes.vendor import no_connection, status


async def test_a_wrong_token_is_refused_although_azure_devops_answers_203(fake: FakeAzureDevOps) -> None:
    with pytest.raises(VendorRefused) as refused:
        await azure_devops_client(URL, "wrong", transport=fake.transport).ping()
    assert refused.value.status == 203


async def test_ping(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    await client.ping()
    fake.fail("GET", "projects", no_connection)
    with pytest.raises(VendorUnavailable):
        await client.ping()


async def test_without_a_token_the_identity_is_used(fake: FakeAzureDevOps) -> None:
    class Credential:
        async def get_token(self, scope: str) -> object:
            assert scope == "499b84ac-1321-427f-aa17-267ca6975798/.default"
            return type("Token", (), {"token": "entra", "expires_on": datetime.now(UTC).timestamp() + 600})

    fake.credentials = {"Bearer entra"}
    await azure_devops_client(URL, credential=Credential(), transport=fake.transport).ping()


async def test_a_project_is_there_or_not(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    fake.fail("GET", "projects", status(503))
    assert await client.projects.exists("Payments")
    assert not await client.projects.exists("Other")


async def test_a_project_that_is_being_made_or_deleted_is_not_there(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.fail("GET", "projects", status(200, {"id": "x", "state": "deleting"}))
    assert not await client.projects.exists("Payments")


async def test_not_being_allowed_to_see_projects_is_not_their_absence(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.fail("GET", "projects", status(401))
    with pytest.raises(VendorRefused) as refused:
        await client.projects.exists("Payments")
    assert refused.value.status == 401
