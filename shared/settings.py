"""Every setting of the app, with its default, once.

Read from environment variables (Azure app settings; local.settings.json on a laptop) when `settings()` is
first called, which function_app does while it starts: a missing or wrong one stops the start with one
message that lists them all.
"""

from functools import cache
from typing import Annotated, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.errors import ConfigurationError

Secrets = Annotated[list[SecretStr], NoDecode, Field(min_length=1, max_length=2)]
"""One or two secrets, comma-separated: the new one first, the old one while it is being rotated out."""


class Settings(BaseSettings):
    """Environment variables are these names in upper case."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    public_url: str = Field(
        pattern=r"^https?://[^/]+$", description="This app's own address, for links in cards and tickets"
    )
    link_secrets: Secrets = Field(description="Sign the links to approval pages")
    language: str = Field(
        default="pt-BR",
        pattern="^(pt-BR|en)$",
        description="Of cards, incidents and pages when a reader names none",
    )

    token_issuer: str = Field(
        pattern="^https?://",
        description="Who issues the tokens of people and callers (Entra ID: https://login.microsoftonline.com/<tenant>/v2.0)",
    )
    token_audience: str = Field(min_length=1, description="Whom the tokens are for: this app's client id")

    servicebus_connection: str = Field(
        default="",
        alias="ServiceBusConnection",
        description="Connection string; empty on Azure, where the identity is used",
    )
    servicebus_namespace: str = Field(default="", alias="ServiceBusConnection__fullyQualifiedNamespace")
    events_topic: str = Field(default="events", min_length=1)

    blob_connection_string: SecretStr = Field(
        default=SecretStr(""), description="Azurite; empty on Azure, where the identity is used"
    )
    blob_service_uri: str = Field(default="", description="https://<account>.blob.core.windows.net")
    blob_container: str = Field(default="valueflow", pattern="^[a-z0-9-]{3,63}$")

    dynatrace_url: str = Field(pattern="^https?://", description="Environment address, without /api/v2")
    dynatrace_token: SecretStr = Field(
        min_length=1,
        description="Scopes: problems.read, problems.write, entities.read, metrics.read, events.read",
    )
    dynatrace_webhook_secrets: Secrets = Field(
        description="Value of the notification's header X-ValueFlow-Secret"
    )

    servicenow_url: str = Field(pattern="^https?://")
    servicenow_client_id: str = Field(min_length=1)
    servicenow_client_secret: SecretStr = Field(min_length=1)

    azure_devops_url: str = Field(
        pattern="^https?://", description="Organisation address, for example https://dev.azure.com/contoso"
    )
    azure_devops_token: SecretStr = Field(
        default=SecretStr(""), description="Personal access token; empty: Entra ID identity"
    )

    teams_webhook_url: SecretStr = Field(
        min_length=1, description="Workflows webhook of the operations channel; the address is the secret"
    )

    openai_url: str = Field(
        default="",
        description="https://<resource>.openai.azure.com/openai/v1/; empty: the embedded assistant answers",
    )
    openai_api_key: SecretStr = Field(default=SecretStr(""), description="Empty: Entra ID identity")
    openai_model: str = Field(default="gpt-5-mini", description="Deployment name")

    snowflake_account: str = Field(default="", description="Empty: no warehouse is loaded")
    snowflake_user: str = "VALUEFLOW"
    snowflake_private_key: SecretStr = Field(
        default=SecretStr(""), description="PKCS#8 PEM of the service user"
    )
    snowflake_password: SecretStr = Field(
        default=SecretStr(""), description="Only for the embedded warehouse"
    )
    snowflake_role: str = "VALUEFLOW_LOADER"
    snowflake_warehouse: str = "VALUEFLOW"
    snowflake_database: str = "VALUEFLOW"
    snowflake_host: str = Field(default="", description="Embedded warehouse only")
    snowflake_port: int = Field(default=443, ge=1, le=65535)
    snowflake_protocol: str = Field(default="https", pattern="^https?$")

    approval_timeout_minutes: float = Field(
        default=60, gt=0, le=7 * 24 * 60, description="After this an approval counts as refused"
    )
    action_timeout_minutes: float = Field(default=60, gt=0, description="How long a pipeline run may take")
    run_poll_s: float = Field(default=15, gt=0, description="Pause between looks at a pipeline run")
    verification_timeout_minutes: float = Field(
        default=30, gt=0, description="How long the evidence may take to show recovery"
    )
    verification_poll_s: float = Field(default=30, gt=0)
    verification_min_samples: int = Field(
        default=3, ge=1, description="Metric points after the action that must lie within bounds"
    )
    retry_for_minutes: float = Field(
        default=240, gt=0, description="How long a step goes on trying when a vendor is away"
    )
    retry_first_s: float = Field(default=5, gt=0)
    retry_max_s: float = Field(default=120, gt=0)

    @field_validator("link_secrets", "dynatrace_webhook_secrets", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @field_validator("link_secrets", "dynatrace_webhook_secrets")
    @classmethod
    def _long_enough(cls, value: list[SecretStr]) -> list[SecretStr]:
        if any(len(secret.get_secret_value()) < 16 for secret in value):
            raise ValueError("each secret needs at least 16 characters")
        return value

    @model_validator(mode="after")
    def _has_connections(self) -> Self:
        if not (self.servicebus_connection or self.servicebus_namespace):
            raise ValueError("set ServiceBusConnection or ServiceBusConnection__fullyQualifiedNamespace")
        if not (self.blob_connection_string.get_secret_value() or self.blob_service_uri):
            raise ValueError("set BLOB_CONNECTION_STRING or BLOB_SERVICE_URI")
        return self


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises: ConfigurationError, whose message names every missing or wrong setting and shows no value.
    """
    try:
        return Settings()  # type: ignore[call-arg]  # the values come from the environment
    except ValidationError as error:
        faults = [
            _describe(fault["loc"], fault["msg"])
            for fault in error.errors(include_input=False, include_url=False)
        ]
        lines = "\n".join(f"  - {fault}" for fault in sorted(faults))
        raise ConfigurationError(
            f"ValueFlow cannot start: {len(faults)} setting(s) to mend. See local.settings.example.json.\n{lines}"
        ) from None


def _describe(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0]) if location else ""
    shown = name.upper() if name.islower() else name
    return f"{shown}: {message}" if shown else message.removeprefix("Value error, ")
