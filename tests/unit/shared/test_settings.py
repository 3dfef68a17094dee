"""Settings: all faults at once, no values shown, one default in one place."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.settings import Secret, Settings, load, setting_name

EXAMPLE = Path(__file__).parents[3] / "local.settings.example.json"


@pytest.fixture
def environment() -> dict[str, str]:
    values: dict[str, str] = json.loads(EXAMPLE.read_text())["Values"]
    return values


def test_the_example_file_is_a_working_configuration(environment: dict[str, str]) -> None:
    assert load(environment).default_language == "pt-BR"


def test_the_example_file_names_no_setting_that_does_not_exist(environment: dict[str, str]) -> None:
    known = {setting_name(each) for each in fields(Settings)} | {
        "FUNCTIONS_WORKER_RUNTIME",
        "AzureWebJobsStorage",
    }
    assert set(environment) <= known


def test_all_missing_settings_are_named_in_one_message() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({})

    required = [
        setting_name(each) for each in fields(Settings) if repr(each.default).startswith("<dataclasses")
    ]
    assert len(required) >= 10
    assert [name for name in required if name not in str(caught.value)] == []


def test_wrong_settings_are_named_without_their_values(environment: dict[str, str]) -> None:
    wrong = {
        "PUBLIC_URL": "ftp://hunter2",
        "LINK_SECRETS": "hunter2",
        "RUN_POLL_S": "hunter2",
        "SNOWFLAKE_PORT": "99999",
        "DEFAULT_LANGUAGE": "hunter2",
    }
    with pytest.raises(ConfigurationError) as caught:
        load({**environment, **wrong})

    message = str(caught.value)
    assert all(name in message for name in wrong)
    assert "hunter2" not in message
    assert "5 setting(s)" in message


@pytest.mark.parametrize("pair", [("ServiceBusConnection",), ("BLOB_CONNECTION_STRING",)])
def test_one_of_a_pair_must_be_set(environment: dict[str, str], pair: tuple[str]) -> None:
    with pytest.raises(ConfigurationError, match="set one of them"):
        load({name: value for name, value in environment.items() if name not in pair})


def test_identity_based_connections_need_no_secret(environment: dict[str, str]) -> None:
    del environment["ServiceBusConnection"], environment["BLOB_CONNECTION_STRING"]
    environment["ServiceBusConnection__fullyQualifiedNamespace"] = "example.servicebus.windows.net"
    environment["BLOB_SERVICE_URI"] = "https://example.blob.core.windows.net"

    assert load(environment).servicebus_namespace == "example.servicebus.windows.net"


def test_two_secrets_are_taken_for_rotation_and_three_are_not(environment: dict[str, str]) -> None:
    environment["LINK_SECRETS"] = "new-secret-of-16-characters, old-secret-of-16-characters"
    assert len(load(environment).link_secrets) == 2

    environment["LINK_SECRETS"] += ", one-more-secret-of-16-characters"
    with pytest.raises(ConfigurationError, match="LINK_SECRETS"):
        load(environment)


@pytest.mark.parametrize("name", ["LINK_SECRETS", "DYNATRACE_TOKEN", "OPENAI_API_KEY"])
def test_a_key_vault_reference_nobody_resolved_is_no_secret(environment: dict[str, str], name: str) -> None:
    reference = "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/x)"
    with pytest.raises(ConfigurationError, match=f"{name}: its Key Vault reference"):
        load({**environment, name: reference})


def test_a_secret_shows_itself_to_nobody(environment: dict[str, str]) -> None:
    environment["DYNATRACE_TOKEN"] = "hunter2"
    configuration = load(environment)

    assert "hunter2" not in repr(configuration)
    assert "hunter2" not in str(configuration.dynatrace_token)
    assert configuration.dynatrace_token.get_secret_value() == "hunter2"
    assert not Secret("")
