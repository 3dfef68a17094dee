"""The function app's settings on this platform: addresses, keys, and pauses short enough to watch.

Names are those of shared.settings and of the Functions host; everything not named here keeps its default.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import fields

from sandbox.platform.document import Document
from shared.settings import Settings, setting_name

QUICK = {
    "RUN_POLL_S": "0.5",
    "VERIFICATION_POLL_S": "1",
    "VERIFICATION_TIMEOUT_MINUTES": "3",
    "VERIFICATION_WINDOW_MINUTES": "0.05",
    "MONITORING_WAIT_MINUTES": "1",
    "RETRY_FIRST_S": "1",
    "RETRY_MAX_S": "5",
    "ENVIRONMENT_NOTICE_MINUTES": "0.1",
    "GATE_SETTLE_MINUTES": "0.01",
    "GATE_PATIENCE_MINUTES": "0.1",
    "GATE_POLL_S": "1",
}
"""So that an incident or a gate takes seconds here; on Azure the defaults of shared.settings hold."""


_SWITCH = re.compile(r"AzureWebJobs\.\w+\.Disabled")
"""How Azure turns one function off."""


def app_settings(document: Document) -> dict[str, str]:
    """The settings as environment variables; those a person gave come last."""
    app, vendors = document["app"], document["vendors"]
    return {
        **QUICK,
        "PUBLIC_URL": app["url"],
        "LINK_SECRETS": app["link_secret"],
        "DEFAULT_LANGUAGE": document.get("language", "pt-BR"),
        "TOKEN_ISSUER": vendors["entra"]["issuer"],
        "TOKEN_AUDIENCE": vendors["entra"]["client_id"],
        "ServiceBusConnection": document["servicebus"]["connection_string"],
        "BLOB_CONNECTION_STRING": document["blob"]["connection_string"],
        "DYNATRACE_URL": vendors["dynatrace"]["url"],
        "DYNATRACE_TOKEN": vendors["dynatrace"]["token"],
        "DYNATRACE_WEBHOOK_SECRETS": app["webhook_secret"],
        "SERVICENOW_URL": vendors["servicenow"]["url"],
        "SERVICENOW_CLIENT_ID": vendors["servicenow"]["client_id"],
        "SERVICENOW_CLIENT_SECRET": vendors["servicenow"]["client_secret"],
        "AZURE_DEVOPS_URL": vendors["azure_devops"]["organization_url"],
        "AZURE_DEVOPS_TOKEN": vendors["azure_devops"]["token"],
        "AZURE_DEVOPS_WEBHOOK_SECRETS": app["webhook_secret"],
        "GITHUB_API_URL": vendors["github"]["url"],
        "GITHUB_TOKEN": vendors["github"]["token"],
        "GITHUB_WEBHOOK_SECRETS": app["webhook_secret"],
        "TEAMS_WEBHOOK_URL": vendors["teams"]["webhook_url"],
        "APP_CONFIGURATION_URL": vendors["app_configuration"]["url"],
        "APP_CONFIGURATION_CREDENTIAL": vendors["app_configuration"]["credential_id"],
        "APP_CONFIGURATION_SECRET": vendors["app_configuration"]["secret"],
        "OPENAI_URL": vendors["openai"]["base_url"],
        "OPENAI_API_KEY": vendors["openai"]["api_key"],
        **warehouse_settings(document),
        **document.get("settings", {}),
    }


def given_setting(text: str) -> tuple[str, str]:
    """NAME=VALUE of a command line: of shared.settings, or the host's AzureWebJobs.<function>.Disabled.

    Raises: ValueError saying what is wrong, without the value.
    """
    name, separator, value = text.partition("=")
    known = {setting_name(each): each for each in fields(Settings)}
    if not separator:
        raise ValueError(f"{name}: write NAME=VALUE")
    if _SWITCH.fullmatch(name):
        if value not in ("true", "false"):
            raise ValueError(f"{name}: must be true or false")
        return name, value
    if name not in known:
        raise ValueError(f"{name} is no setting of shared/settings.py")
    try:
        known[name].metadata["parse"](value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return name, value


def warehouse_settings(document: Document) -> dict[str, str]:
    """What the app and `python -m warehouse` need to reach the embedded warehouse."""
    return {
        "SNOWFLAKE_ACCOUNT": "fakesnow",
        "SNOWFLAKE_USER": document["warehouse"]["user"],
        "SNOWFLAKE_PASSWORD": document["warehouse"]["password"],
        "SNOWFLAKE_HOST": "127.0.0.1",
        "SNOWFLAKE_PORT": str(document["ports"]["warehouse"]),
        "SNOWFLAKE_PROTOCOL": "http",
    }


def host_settings(document: Document) -> dict[str, str]:
    """What the Functions host itself reads, as Azure or local.settings.json would give it."""
    entra = document["vendors"]["entra"]
    return {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "AzureWebJobsStorage": document["blob"]["connection_string"],
        "WEBSITE_AUTH_CLIENT_ID": entra["client_id"],
        "MICROSOFT_PROVIDER_AUTHENTICATION_SECRET": entra["client_secret"],
    }


def own_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """This process's environment without settings of the app: a developer's shell may hold others'."""
    names = {setting_name(each) for each in fields(Settings)}
    return {
        name: value
        for name, value in environment.items()
        if name not in names and not name.startswith("AzureWebJobs")
    }
