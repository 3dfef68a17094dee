"""Every setting of the app, with its default, once.

Read from environment variables (Azure app settings; local.settings.json on a laptop) when `settings()` is
first called, which function_app does while it starts: a missing or wrong one stops the start with one
message that lists them all. Standard library only: this module is on the cold start's path
(docs/decisions/0002-settings-without-pydantic.md).
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Any

from shared.domain.watch import sensitivity
from shared.errors import ConfigurationError

_UNRESOLVED = "@Microsoft.KeyVault("

VENDOR_TIMEOUT_S = 10.0
"""How long a vendor's answer is waited for, where no setting says otherwise."""

SIMILAR_FROM = 0.5
"""More likely of the same kind of failure than not."""

EVENTS_TOPIC = "events"
"""Service Bus topic of all events; infra/bicep and the sandbox make it under this name."""


class Secret:
    """A value that no log line, traceback or repr shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret('**********')" if self._value else "Secret('')"


def _text(pattern: str = r".*", hint: str = "") -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if not re.fullmatch(pattern, raw):
            raise ValueError(hint or f"must match {pattern}")
        return raw

    return parse


def _number(kind: Callable[[str], Any], low: float, high: float = float("inf")) -> Callable[[str], Any]:
    def parse(raw: str) -> Any:
        try:
            value = kind(raw)
        except ValueError:
            raise ValueError("must be a number") from None
        if not low <= value <= high:
            raise ValueError(f"must be between {low:g} and {high:g}")
        return value

    return parse


def _rotating(raw: str) -> tuple[Secret, ...]:
    """One or two secrets, comma-separated: the new one first, the old one while it is being rotated out."""
    parts = [part.strip() for part in raw.split(",") if part.strip()]
    if not 1 <= len(parts) <= 2 or any(len(part) < 16 for part in parts):
        raise ValueError("one or two secrets of at least 16 characters each, separated by a comma")
    return tuple(Secret(part) for part in parts)


def _setting(parse: Callable[[str], Any], about: str, default: Any = MISSING, name: str = "") -> Any:
    """A dataclass field that knows how to read itself; `default` is the parsed value."""
    metadata = {"parse": parse, "about": about, "name": name}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


def _watch(tier: int) -> Any:
    """How sharply services of this tier are watched: single values over those of shared.domain.watch.sensitivity."""
    base = sensitivity.DEFAULTS[tier]
    about = f"How services of tier {tier} are watched, for example threshold=5,forecast_days=21: docs/anomalies.md"
    return _setting(lambda raw: sensitivity.changed(base, raw), about, base)


_address = _text(r"https?://\S+", "must be an http(s) address")
_word = _text(r"\S+", "must not be empty or hold spaces")
_minutes = _number(float, 0.001, 7 * 24 * 60)
_seconds = _number(float, 0.01, 3600)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Environment variables are these names in upper case, unless a field names its own."""

    public_url: str = _setting(
        _text(r"https?://[^/\s]+", "must be an http(s) address without a path"),
        "This app's own address, for links in cards and tickets",
    )
    link_secrets: tuple[Secret, ...] = _setting(_rotating, "Sign the links to approval pages")
    default_language: str = _setting(
        _text("pt-BR|en", "must be pt-BR or en"),
        "Of cards, incidents, and pages when a reader names none",
        "pt-BR",
    )

    token_issuer: str = _setting(
        _address, "Who issues tokens: https://login.microsoftonline.com/<tenant>/v2.0"
    )
    token_audience: str = _setting(_word, "Whom tokens are for: this app's client id")

    servicebus_connection: str = _setting(
        str, "Connection string; empty on Azure, where the identity is used", "", name="ServiceBusConnection"
    )
    servicebus_namespace: str = _setting(
        str, "<name>.servicebus.windows.net", "", name="ServiceBusConnection__fullyQualifiedNamespace"
    )

    blob_connection_string: Secret = _setting(Secret, "Azurite; empty on Azure", Secret(""))
    blob_service_uri: str = _setting(str, "https://<account>.blob.core.windows.net", "")
    blob_container: str = _setting(
        _text("[a-z0-9-]{3,63}", "3 to 63 lower-case letters, digits, hyphens"),
        "Events and documents",
        "valueflow",
    )

    dynatrace_url: str = _setting(_address, "Environment address, without /api/v2")
    dynatrace_token: Secret = _setting(Secret, "Scopes: docs/integrations/dynatrace.md")
    dynatrace_webhook_secrets: tuple[Secret, ...] = _setting(
        _rotating, "Value of the header X-ValueFlow-Secret"
    )

    servicenow_url: str = _setting(_address, "Instance address")
    servicenow_client_id: str = _setting(_word, "OAuth client")
    servicenow_client_secret: Secret = _setting(Secret, "OAuth client secret")

    azure_devops_url: str = _setting(_address, "Organisation: https://dev.azure.com/<organisation>")
    azure_devops_token: Secret = _setting(
        Secret, "Personal access token; empty: Entra ID identity", Secret("")
    )

    azure_devops_webhook_secrets: tuple[Secret, ...] = _setting(
        _rotating,
        "Password of its service hooks' Basic authentication, or value of X-ValueFlow-Secret; empty: none is taken",
        (),
    )
    github_webhook_secrets: tuple[Secret, ...] = _setting(
        _rotating, "Sign GitHub's webhooks; empty: none is taken", ()
    )
    github_api_url: str = _setting(
        _address,
        "GitHub's REST API; of a server of one's own https://<host>/api/v3",
        "https://api.github.com",
    )
    github_token: Secret = _setting(
        Secret,
        "Fine-grained token that reads the registered repositories; empty: what GitHub's webhooks missed is not read",
        Secret(""),
    )

    commit_author_email: str = _setting(
        _text(r"[^@\s]+@[^@\s]+", "must be an e-mail address"),
        "Author of the first commit of a service's repository; no mailbox is needed",
        "valueflow@platform.invalid",
    )

    teams_webhook_url: Secret = _setting(
        Secret, "Workflows webhook of the operations channel: the address is the secret"
    )

    app_configuration_url: str = _setting(
        str, "Store of the feature flags: https://<store>.azconfig.io; empty: no flag is switched", ""
    )
    app_configuration_credential: str = _setting(str, "Id of an access key; empty: Entra ID identity", "")
    app_configuration_secret: Secret = _setting(Secret, "Value of that access key", Secret(""))

    openai_url: str = _setting(
        str, "https://<resource>.openai.azure.com/openai/v1/; empty: the embedded assistant answers", ""
    )
    openai_api_key: Secret = _setting(Secret, "Empty: Entra ID identity", Secret(""))
    openai_model: str = _setting(_word, "Deployment name", "gpt-5-mini")
    openai_embedding_model: str = _setting(
        str,
        "Deployment of a text-embedding-3 model; empty: the embedded encoder alone finds similar incidents",
        "",
    )
    similar_from: float = _setting(
        _number(float, 0, 1),
        "How likely of the same kind an earlier incident must be to be shown",
        SIMILAR_FROM,
    )
    learn_incidents_days: float = _setting(
        _number(float, 0, 3650),
        "Incidents that people resolved in ServiceNow are learnt from, at first so many days back; 0: none are",
        180.0,
    )
    work_items_days: float = _setting(
        _number(float, 0, 3650),
        "Work items of the boards of registered services are pulled, at first so many days back; 0: none are",
        90.0,
    )

    snowflake_account: str = _setting(str, "Empty: no warehouse is loaded", "")
    snowflake_user: str = _setting(_word, "Service user", "VALUEFLOW")
    snowflake_private_key: Secret = _setting(Secret, "PKCS#8 PEM of the service user", Secret(""))
    snowflake_password: Secret = _setting(Secret, "Embedded warehouse only", Secret(""))
    snowflake_role: str = _setting(_word, "Role of the loads", "VALUEFLOW_LOADER")
    snowflake_warehouse: str = _setting(_word, "Virtual warehouse", "VALUEFLOW")
    snowflake_database: str = _setting(_word, "Database", "VALUEFLOW")
    snowflake_host: str = _setting(str, "Embedded warehouse only", "")
    snowflake_port: int = _setting(_number(int, 1, 65535), "Embedded warehouse only", 443)
    snowflake_protocol: str = _setting(
        _text("https?", "must be http or https"), "Embedded warehouse only", "https"
    )

    evidence_timeout_s: float = _setting(
        _number(float, 0.1, 100), "How long one source of evidence may take before it counts as missing", 8.0
    )
    approval_timeout_minutes: float = _setting(_minutes, "After this an approval counts as refused", 60.0)
    follow_up_days: float = _setting(
        _number(float, 0.0001, 30),
        "How long suggestions after an incident may wait for an approval",
        5.0,
    )
    action_timeout_minutes: float = _setting(_minutes, "How long a pipeline run may take", 60.0)
    run_poll_s: float = _setting(_seconds, "Pause between two looks at a pipeline run", 15.0)
    monitoring_wait_minutes: float = _setting(
        _minutes, "How long a new service's first signals are waited for in Dynatrace", 30.0
    )
    verification_timeout_minutes: float = _setting(_minutes, "How long recovery may take to show", 30.0)
    verification_poll_s: float = _setting(_seconds, "Pause between two looks at the evidence", 30.0)
    verification_window_minutes: float = _setting(
        _minutes, "How long every indicator must have been within bounds since the action", 10.0
    )
    verification_min_samples: int = _setting(
        _number(int, 1, 1000), "Samples of each indicator that this window must hold at least", 3
    )
    gate_settle_minutes: float = _setting(
        _number(float, 0, 120), "How long after a quality gate's window late data may still come", 2.0
    )
    gate_patience_minutes: float = _setting(
        _minutes, "How long a quality gate looks again for what is missing before it is inconclusive", 10.0
    )
    gate_poll_s: float = _setting(_seconds, "Pause between two looks at what is missing", 60.0)
    environment_announce_hours: float = _setting(
        _number(float, 0.001, 30 * 24), "How long before its end an environment is announced in Teams", 24.0
    )
    environment_notice_minutes: float = _setting(
        _minutes, "How long an environment lives on at least after an announcement that came late", 60.0
    )
    watch_tier_1: sensitivity.Sensitivity = _watch(1)
    watch_tier_2: sensitivity.Sensitivity = _watch(2)
    watch_tier_3: sensitivity.Sensitivity = _watch(3)
    vendor_timeout_s: float = _setting(
        _number(float, 0.1, 100),
        "How long a vendor's answer is waited for; three times that is let pass before an unanswered write is "
        "looked for",
        VENDOR_TIMEOUT_S,
    )
    retry_for_minutes: float = _setting(
        _minutes, "How long a step goes on trying when a vendor is away", 240.0
    )
    retry_first_s: float = _setting(_seconds, "First pause of a step between tries", 5.0)
    retry_max_s: float = _setting(_seconds, "Longest pause of a step between tries", 120.0)


def load(environment: Mapping[str, str]) -> Settings:
    """Read settings from `environment`.

    Raises: ConfigurationError, whose message names every missing or wrong setting and shows no value.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    for each in fields(Settings):
        _read(each, environment, values, faults)
    if not faults:
        faults = _missing_pairs(values)
    if faults:
        listed = "\n".join(f"  - {fault}" for fault in faults)
        raise ConfigurationError(
            f"Cannot start, {len(faults)} setting(s) to mend (local.settings.example.json):\n{listed}"
        )
    return Settings(**values)


def setting_name(each: Field[Any]) -> str:
    """The environment variable of a field of Settings."""
    return each.metadata["name"] or each.name.upper()


def _read(
    each: Field[Any], environment: Mapping[str, str], values: dict[str, Any], faults: list[str]
) -> None:
    raw = environment.get(setting_name(each), "").strip()
    if raw.startswith(_UNRESOLVED):
        # Azure hands over the reference's own text when it cannot resolve it: a secret anybody could guess.
        faults.append(
            f"{setting_name(each)}: its Key Vault reference is not resolved; see the app's configuration page"
        )
        return
    if not raw and each.default is not MISSING:
        values[each.name] = each.default
        return
    if not raw:
        faults.append(f"{setting_name(each)}: missing. {each.metadata['about']}")
        return
    try:
        values[each.name] = each.metadata["parse"](raw)
    except ValueError as error:
        faults.append(f"{setting_name(each)}: {error}")


def _missing_pairs(values: dict[str, Any]) -> list[str]:
    faults = []
    if not (values["servicebus_connection"] or values["servicebus_namespace"]):
        faults.append(
            "ServiceBusConnection or ServiceBusConnection__fullyQualifiedNamespace: set one of them"
        )
    if not (values["blob_connection_string"] or values["blob_service_uri"]):
        faults.append("BLOB_CONNECTION_STRING or BLOB_SERVICE_URI: set one of them")
    return faults


@cache
def settings() -> Settings:
    """The settings of this process. Raises: ConfigurationError."""
    return load(os.environ)
