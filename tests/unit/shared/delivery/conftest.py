"""One registered service, an organisation and what Blob holds."""

from typing import Any

import pytest

from shared.action_log import ActionLog
from shared.clients.azure_devops import azure_devops_client
from shared.delivery.facts import Facts
from shared.registry import ServiceRegistry
from tests.fakes.azure_devops import TOKEN, URL, FakeAzureDevOps
from tests.fakes.services import FakeBlob

SERVICE: dict[str, Any] = {
    "name": "checkout",
    "azure_devops": {"project": "Payments", "pipeline_id": 7, "repository_id": "r-1"},
    "dynatrace": {"entity_id": "SERVICE-0123456789ABCDEF"},
    "delivery": {
        "repositories": ["Contoso/Checkout"],
        "workflows": [".github/workflows/deploy.yml"],
        "environment": "production",
    },
}


class Scene:
    """Everything a report may meet."""

    def __init__(self) -> None:
        self.vendor, self.blob = FakeAzureDevOps(), FakeBlob()
        self.registry = ServiceRegistry(self.blob)  # type: ignore[arg-type]
        self.log = ActionLog(self.blob)  # type: ignore[arg-type]
        client = azure_devops_client(URL, TOKEN, transport=self.vendor.transport)
        self.facts = Facts(self.registry, client, self.log, URL)

    async def register(self, **changes: Any) -> None:
        service = {**SERVICE, **changes}
        await self.registry.put(service)


@pytest.fixture
async def scene() -> Scene:
    made = Scene()
    await made.register()
    return made
