"""What the function app is given."""

from pathlib import Path

import pytest

from sandbox.host.settings import is_disabled
from sandbox.platform import keys
from sandbox.platform.app_settings import app_settings, given_setting, own_environment, warehouse_settings
from sandbox.platform.document import Document, describe
from sandbox.platform.folder import StateFolder
from sandbox.platform.ports import NAMES
from shared.settings import load
from warehouse.login import read_login


@pytest.fixture
def document(tmp_path: Path) -> Document:
    ports = {name: number for number, name in enumerate(NAMES, 20_000)}
    return describe(str(tmp_path), ports, keys.load(StateFolder(tmp_path))) | {"language": "en"}


def test_the_app_finds_every_setting_it_needs(document: Document) -> None:
    settings = load(app_settings(document))
    assert settings.public_url == document["app"]["url"]
    assert settings.default_language == "en"
    assert settings.token_issuer == document["vendors"]["entra"]["issuer"]
    assert settings.snowflake_port == document["ports"]["warehouse"]
    assert settings.dynatrace_webhook_secrets[0].get_secret_value() == document["app"]["webhook_secret"]
    assert settings.teams_webhook_url.get_secret_value() == document["vendors"]["teams"]["webhook_url"]


def test_a_setting_somebody_gave_stands_in_for_the_platforms_own(document: Document) -> None:
    given = dict(
        map(given_setting, ["RUN_POLL_S=0.1", "ServiceBusConnection=Endpoint=sb://elsewhere;Key=a="])
    )
    settings = load(app_settings(document | {"settings": given}))
    assert settings.run_poll_s == 0.1
    assert settings.servicebus_connection == "Endpoint=sb://elsewhere;Key=a="


def test_one_function_can_be_turned_off(document: Document) -> None:
    given = dict([given_setting("AzureWebJobs.watch_services.Disabled=true")])
    assert is_disabled("watch_services", app_settings(document | {"settings": given}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RUN_POLL_S", "RUN_POLL_S: write NAME=VALUE"),
        ("RUN_POLLS=1", "RUN_POLLS is no setting"),
        ("RUN_POLL_S=often", "RUN_POLL_S: must be a number"),
        ("LINK_SECRETS=short", "LINK_SECRETS: one or two secrets"),
        ("AzureWebJobs.watch_services.Disabled=yes", "must be true or false"),
        ("AzureWebJobsStorage=elsewhere", "AzureWebJobsStorage is no setting"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name_without_its_value(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        given_setting(text)
    assert "short" not in str(refused.value)


def test_migrations_find_the_warehouse(document: Document) -> None:
    assert read_login(warehouse_settings(document)).snowflake_host == "127.0.0.1"


def test_keys_are_random_and_then_stay(tmp_path: Path) -> None:
    first = keys.load(StateFolder(tmp_path / "a"))
    assert keys.load(StateFolder(tmp_path / "a")) == first
    other = keys.load(StateFolder(tmp_path / "b"))
    assert not set(first["own"].values()) & set(other["own"].values())
    assert first["host"]["master"] != other["host"]["master"]
    for name in (keys.OWN, keys.HOST, keys.VENDORS):
        assert (tmp_path / "a" / name).stat().st_mode & 0o077 == 0


def test_a_developers_own_settings_do_not_reach_the_platform() -> None:
    shell = {
        "PATH": "/bin",
        "DYNATRACE_URL": "https://real",
        "AzureWebJobsStorage": "real",
        "DEFAULT_LANGUAGE": "de",
    }
    assert own_environment(shell) == {"PATH": "/bin"}
