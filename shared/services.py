"""The composition root: every client of this process, built from the settings when it is first needed.

Importing this module imports no vendor's package. Triggers and activities call `services()`; tests hand in
their own with `use`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared.settings import EVENTS_TOPIC, Settings, settings

if TYPE_CHECKING:
    from shared.action_log import ActionLog
    from shared.assistant.port import Assistant
    from shared.assistant.risk_words import RiskWords
    from shared.claims import Claims
    from shared.clients.app_configuration import AppConfigurationClient
    from shared.clients.azure_devops import AzureDevOpsClient
    from shared.clients.blob import BlobStore
    from shared.clients.dead_letters import DeadLetters
    from shared.clients.dynatrace import DynatraceClient
    from shared.clients.github import GitHubClient
    from shared.clients.servicebus import EventPublisher
    from shared.clients.servicenow import ServiceNowClient
    from shared.clients.snowflake import Warehouse
    from shared.clients.teams import TeamsClient
    from shared.delivery_notes import DeliveryNotes
    from shared.gates.store import GateStore
    from shared.knowledge import Knowledge
    from shared.knowledge.encoder import Encoder
    from shared.open_incidents import OpenIncidents
    from shared.registry import ServiceRegistry
    from shared.security.tokens import TokenValidator


class Services:
    """One process's clients. Each is built on first use and kept."""

    def __init__(self, configuration: Settings) -> None:
        self.settings = configuration

    @cached_property
    def identity(self) -> Any:
        """The managed identity on Azure, the developer's own sign-in elsewhere (azure.identity.aio)."""
        from azure.identity.aio import DefaultAzureCredential

        return DefaultAzureCredential()

    @cached_property
    def publisher(self) -> EventPublisher:
        from shared.clients.servicebus import EventPublisher

        return EventPublisher(EVENTS_TOPIC, **self._servicebus())

    @cached_property
    def dead_letters(self) -> DeadLetters:
        from shared.clients.dead_letters import DeadLetters

        return DeadLetters(EVENTS_TOPIC, **self._servicebus())

    def _servicebus(self) -> dict[str, Any]:
        if self.settings.servicebus_connection:
            return {"connection": self.settings.servicebus_connection}
        return {"namespace": self.settings.servicebus_namespace, "credential": self.identity}

    @cached_property
    def blob(self) -> BlobStore:
        from shared.clients.blob import blob_store

        connection = self.settings.blob_connection_string.get_secret_value()
        if connection:
            return blob_store(self.settings.blob_container, connection_string=connection)
        return blob_store(
            self.settings.blob_container, service_uri=self.settings.blob_service_uri, credential=self.identity
        )

    @cached_property
    def registry(self) -> ServiceRegistry:
        from shared.registry import ServiceRegistry

        return ServiceRegistry(self.blob)

    @cached_property
    def open_incidents(self) -> OpenIncidents:
        from shared.open_incidents import OpenIncidents

        return OpenIncidents(self.blob)

    @cached_property
    def delivery_notes(self) -> DeliveryNotes:
        from shared.delivery_notes import DeliveryNotes

        return DeliveryNotes(self.blob)

    @cached_property
    def action_log(self) -> ActionLog:
        from shared.action_log import ActionLog

        return ActionLog(self.blob)

    @cached_property
    def gates(self) -> GateStore:
        from shared.gates.store import GateStore

        return GateStore(self.blob)

    @cached_property
    def claims(self) -> Claims:
        from shared.claims import Claims

        return Claims(self.blob)

    @cached_property
    def dynatrace(self) -> DynatraceClient:
        from shared.clients.dynatrace import dynatrace_client

        token = self.settings.dynatrace_token.get_secret_value()
        return dynatrace_client(self.settings.dynatrace_url, token, timeout_s=self.settings.vendor_timeout_s)

    @cached_property
    def servicenow(self) -> ServiceNowClient:
        from shared.clients.servicenow import servicenow_client

        secret = self.settings.servicenow_client_secret.get_secret_value()
        return servicenow_client(
            self.settings.servicenow_url,
            self.settings.servicenow_client_id,
            secret,
            timeout_s=self.settings.vendor_timeout_s,
        )

    @cached_property
    def azure_devops(self) -> AzureDevOpsClient:
        from shared.clients.azure_devops import azure_devops_client

        token = self.settings.azure_devops_token.get_secret_value()
        credential = None if token else self.identity
        return azure_devops_client(
            self.settings.azure_devops_url, token, credential, timeout_s=self.settings.vendor_timeout_s
        )

    @cached_property
    def github(self) -> GitHubClient | None:
        """None without a token: then its webhooks alone tell."""
        token = self.settings.github_token.get_secret_value()
        if not token:
            return None
        from shared.clients.github import github_client

        return github_client(self.settings.github_api_url, token, timeout_s=self.settings.vendor_timeout_s)

    @cached_property
    def policies(self) -> Mapping[str, Any]:
        """Which action needs whom (runbooks/policies.yaml)."""
        from shared.runbooks.policies import policies

        return policies()

    @cached_property
    def app_configuration(self) -> AppConfigurationClient | None:
        """Where feature flags are switched; None where there is no such store."""
        if not self.settings.app_configuration_url:
            return None
        from shared.clients.app_configuration import app_configuration_client

        key_id = self.settings.app_configuration_credential
        return app_configuration_client(
            self.settings.app_configuration_url,
            key_id,
            self.settings.app_configuration_secret.get_secret_value(),
            None if key_id else self.identity,
            timeout_s=self.settings.vendor_timeout_s,
        )

    @cached_property
    def teams(self) -> TeamsClient:
        from shared.clients.teams import teams_client

        address = self.settings.teams_webhook_url.get_secret_value()
        return teams_client(address, timeout_s=self.settings.vendor_timeout_s)

    @cached_property
    def warehouse(self) -> Warehouse:
        from shared.clients.snowflake import warehouse

        return warehouse(self.settings)

    @cached_property
    def assistant(self) -> Assistant:
        """Azure OpenAI where it is configured, with the embedded assistant behind it; else that one alone."""
        from shared.assistant.embedded import EmbeddedAssistant

        if not self.settings.openai_url:
            return EmbeddedAssistant()
        from shared.assistant.openai import openai_assistant

        key = self.settings.openai_api_key.get_secret_value()
        return openai_assistant(
            self.settings.openai_url,
            self.settings.openai_model,
            key or self._openai_token,
            behind=EmbeddedAssistant(),
        )

    @cached_property
    def risk_words(self) -> RiskWords | None:
        """Azure OpenAI where it is configured; None where the embedded words must do."""
        if not self.settings.openai_url:
            return None
        from shared.assistant.risk_words import openai_risk_words

        key = self.settings.openai_api_key.get_secret_value()
        return openai_risk_words(
            self.settings.openai_url, self.settings.openai_model, key or self._openai_token
        )

    @cached_property
    def knowledge(self) -> Knowledge:
        """Azure OpenAI's vectors where a deployment is named, and the embedded encoder's always."""
        from shared.knowledge import Knowledge
        from shared.knowledge.embedded import EmbeddedEncoder

        settings = self.settings
        encoders: list[Encoder] = [EmbeddedEncoder()]
        if settings.openai_url and settings.openai_embedding_model:
            from shared.knowledge.openai import openai_encoder

            key = settings.openai_api_key.get_secret_value() or self._openai_token
            encoders.insert(0, openai_encoder(settings.openai_url, settings.openai_embedding_model, key))
        return Knowledge(self.blob, encoders, settings.similar_from)

    async def _openai_token(self) -> str:
        token = await self.identity.get_token("https://cognitiveservices.azure.com/.default")
        return str(token.token)

    @cached_property
    def tokens(self) -> TokenValidator:
        from shared.clients.http import call, http_client
        from shared.security.tokens import TokenValidator

        http = http_client()

        async def fetch(address: str) -> dict[str, Any]:
            return await call(http, "entra", "read_keys", "GET", address, parse=dict)

        return TokenValidator(self.settings.token_issuer, self.settings.token_audience, fetch)


_services: Services | None = None


def services() -> Services:
    """This process's services."""
    global _services
    if _services is None:
        _services = Services(settings())
    return _services


def use(replacement: Services | None) -> None:
    """Put others in their place (None: build anew when next needed)."""
    global _services
    _services = replacement
