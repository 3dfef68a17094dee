"""The app settings that infra/bicep deploys are those the app reads: complete, none unknown, none forbidden."""

import re
from dataclasses import MISSING, fields

from shared.settings import Settings, load, setting_name
from tests.contract.bicep.syntax import (
    BICEP,
    FILES,
    BicepFile,
    Node,
    members,
    read,
    read_parameters,
    text,
    value_of,
    walk,
)

APP = BICEP / "modules" / "app.bicep"
FORBIDDEN_ON_FLEX = {
    "FUNCTIONS_WORKER_RUNTIME",
    "FUNCTIONS_EXTENSION_VERSION",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_TIME_ZONE",
}
LOCAL_ONLY = {
    "ServiceBusConnection",
    "BLOB_CONNECTION_STRING",
    "SNOWFLAKE_PASSWORD",
    "SNOWFLAKE_HOST",
    "SNOWFLAKE_PORT",
    "SNOWFLAKE_PROTOCOL",
    "APP_CONFIGURATION_CREDENTIAL",
    "APP_CONFIGURATION_SECRET",
}
"""Where the embedded platform is; on Azure these would open a second way in."""
KEY_VAULT = "@Microsoft.KeyVault(SecretUri="


def deployed(*, everything: bool) -> dict[str, Node]:
    """Settings by name. everything: also those that depend on which systems are connected."""
    file = read(APP)
    groups = ["platformSettings", "appSettings"]
    if everything:
        groups += ["azureDevOpsSettings", "azureDevOpsHookSettings", "gitHubSettings"]
        groups.append("gitHubTokenSettings")
        groups += ["flagSettings", "openAiSettings", "snowflakeSettings"]
        groups.append("schedulerSettings")
    objects = [
        node
        for group in groups
        for node in walk(file.variables[group].value)
        if node.type == "object" and node.named_children
    ]
    return {name: value for each in objects for name, value in members(each).items()}


def required() -> set[str]:
    return {setting_name(each) for each in fields(Settings) if each.default is MISSING}


def secrets() -> set[str]:
    return {setting_name(each) for each in fields(Settings) if "Secret" in str(each.type)}


def test_every_required_setting_is_deployed() -> None:
    assert required() - set(deployed(everything=False)) == set()


def test_the_app_starts_on_what_is_deployed() -> None:
    values = {name: _example(read(APP), node) for name, node in deployed(everything=True).items()}
    settings = load(values)
    assert settings.servicebus_connection == ""
    assert settings.servicebus_namespace.endswith(".servicebus.windows.net")
    assert not settings.blob_connection_string


def test_every_deployed_setting_is_one_the_app_or_the_platform_reads() -> None:
    ours = {setting_name(each) for each in fields(Settings)}
    platform = re.compile(
        r"AzureWebJobsStorage__\w+|ServiceBusConnection__(credential|clientId)|APPLICATIONINSIGHTS_\w+"
        r"|AZURE_CLIENT_ID|OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID|DURABLE_TASK_SCHEDULER_CONNECTION_STRING"
        r"|AzureFunctionsJobHost__extensions__durableTask__storageProvider__(type|connectionStringName)"
    )
    unknown = [
        name for name in deployed(everything=True) if name not in ours and not platform.fullmatch(name)
    ]
    assert unknown == []


def test_all_groups_of_settings_reach_the_app() -> None:
    """And what is optional cannot replace what the template decides: union takes the last."""
    union = members(read(APP).resources["settings"].body)["properties"]
    order = [text(node) for node in union.named_children[-1].named_children]
    assert order[0] == "optionalSettings"
    assert {name for name in read(APP).variables if name.endswith("Settings")} == set(order[1:])


def test_secrets_come_from_the_vault_and_nothing_else_does() -> None:
    from_vault = {name for name, node in deployed(everything=True).items() if _is_secret(node)}
    assert from_vault == secrets() & set(deployed(everything=True))


def test_the_example_writes_every_secret_the_app_reads() -> None:
    names = {
        str(value_of(node.named_children[-1].named_children[-1]))
        for node in deployed(everything=True).values()
        if _is_secret(node)
    }
    path = BICEP / "main.bicepparam"
    active = set(members(read_parameters(path).variables["secretValues"].value))
    offered = set(re.findall(r"^  // '([a-z-]+)': readEnvironmentVariable", path.read_text(), re.MULTILINE))
    assert active | offered == names
    needed = {name.lower().replace("_", "-") for name in required() & secrets()}
    assert active == needed


def test_the_reference_is_the_one_key_vault_understands() -> None:
    template = value_of(read(APP).functions["secret"].value)
    assert template == KEY_VAULT + "${vaultUri}secrets/${name})"


def test_what_flex_consumption_refuses_is_not_set() -> None:
    assert FORBIDDEN_ON_FLEX & set(deployed(everything=True)) == set()
    written = {name for path in FILES for name in FORBIDDEN_ON_FLEX if name in path.read_text()}
    assert written == set()


def test_nothing_of_the_embedded_platform_is_set() -> None:
    assert LOCAL_ONLY & set(deployed(everything=True)) == set()


def test_sign_in_and_token_validation_trust_the_same_issuer_and_audience() -> None:
    authentication = members(read(APP).resources["authentication"].body)["properties"]
    entra = members(members(members(authentication)["identityProviders"])["azureActiveDirectory"])
    settings = deployed(everything=False)
    registration = members(entra["registration"])
    assert text(registration["openIdIssuer"]) == text(settings["TOKEN_ISSUER"])
    assert text(registration["clientId"]) == text(settings["TOKEN_AUDIENCE"])
    assert text(members(entra["validation"])["allowedAudiences"]) == f"[{text(settings['TOKEN_AUDIENCE'])}]"
    assert str(value_of(registration["clientSecretSettingName"])) in settings


def _is_secret(node: Node) -> bool:
    return node.type == "call_expression" and text(node.named_children[0]) == "secret"


def _example(file: BicepFile, node: Node) -> str:
    """A value as a deployment would make it, well enough for the app's own checks."""
    written = text(node)
    if written == "url" or written.endswith(("Url", "Endpoint")) or written == "issuer":
        return "https://example.com"
    if written == "serviceBusHost":
        return "sb-example.servicebus.windows.net"
    value = value_of(node)
    return value if isinstance(value, str) and value not in file.parameters else "example-0123456789abcdef"
