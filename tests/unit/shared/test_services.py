"""The composition root builds from settings, on first use, once."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared import services
from shared.assistant.embedded import EmbeddedAssistant
from shared.clients import http, teams
from shared.clients.azure_devops import client as azure_devops
from shared.clients.dynatrace import client as dynatrace
from shared.clients.servicenow import client as servicenow
from shared.services import Services
from shared.settings import load

EXAMPLE: dict[str, str] = json.loads((Path(__file__).parents[3] / "local.settings.example.json").read_text())[
    "Values"
]


async def test_every_client_can_be_built_and_is_built_once() -> None:
    made = Services(load({**EXAMPLE, "SNOWFLAKE_ACCOUNT": "x", "SNOWFLAKE_PASSWORD": "x"}))

    for name in (
        "publisher",
        "dead_letters",
        "blob",
        "registry",
        "dynatrace",
        "servicenow",
        "azure_devops",
        "teams",
    ):
        assert getattr(made, name) is getattr(made, name), name
    assert made.warehouse is made.warehouse
    assert made.tokens is made.tokens
    await made.blob.close()


async def test_every_vendor_is_waited_for_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    real = http.http_client

    def noting(*arguments: Any, **options: Any) -> httpx.AsyncClient:
        waited.append(options.get("timeout_s", 0))
        return real(*arguments, **options)

    for module in (azure_devops, dynatrace, servicenow, teams):
        monkeypatch.setattr(module, "http_client", noting)
    made = Services(load({**EXAMPLE, "VENDOR_TIMEOUT_S": "7"}))

    assert [made.azure_devops, made.dynatrace, made.servicenow, made.teams]
    assert waited == [7.0] * 4


async def test_without_keys_the_identity_is_used() -> None:
    environment = {
        name: value
        for name, value in EXAMPLE.items()
        if name not in ("ServiceBusConnection", "BLOB_CONNECTION_STRING", "AZURE_DEVOPS_TOKEN")
    }
    environment |= {
        "ServiceBusConnection__fullyQualifiedNamespace": "x.servicebus.windows.net",
        "BLOB_SERVICE_URI": "https://x.blob.core.windows.net",
        "OPENAI_URL": "https://x.openai.azure.com/openai/v1/",
    }
    made = Services(load(environment))

    assert made.blob.url("a").startswith("https://x.blob.core.windows.net/valueflow/")
    assert made.publisher is not None
    assert made.azure_devops is not None
    assert not isinstance(made.assistant, EmbeddedAssistant)
    await made.blob.close()
    await made.identity.close()


async def test_without_a_model_the_embedded_assistant_answers() -> None:
    assert isinstance(Services(load(EXAMPLE)).assistant, EmbeddedAssistant)


def test_a_process_has_one_set_of_services_until_it_is_replaced(monkeypatch: object) -> None:
    made = Services(load(EXAMPLE))
    services.use(made)

    assert services.services() is services.services() is made

    services.use(None)
