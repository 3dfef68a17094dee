"""`python -m warehouse migrate` against the embedded warehouse."""

import os
import subprocess
import sys
from typing import Any

import pytest

from shared.clients.snowflake import warehouse
from shared.errors import ConfigurationError
from tests.integration.warehouse.started import PASSWORD, ROOT, login
from warehouse.__main__ import main
from warehouse.login import read_login
from warehouse.migrate import EVERYWHERE, migrate


def test_the_command_says_what_it_applied(embedded: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate"], environment(embedded.port, SNOWFLAKE_DATABASE="COMMANDED")) == 0

    said = capsys.readouterr()
    scripts = [path.name for path in EVERYWHERE.rglob("*.sql")]
    *applied, last = said.out.splitlines()
    assert sorted(applied) == sorted(f"applied {name}" for name in scripts)
    assert last == f"{len(scripts)} migration(s) applied, the warehouse is up to date"
    assert PASSWORD not in said.out + said.err


def test_the_command_fails_in_one_line_when_it_is_not_let_in(
    embedded: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate"], environment(embedded.port, SNOWFLAKE_PASSWORD="wrong")) == 1

    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "Incorrect username or password" in said


def test_the_command_names_the_settings_it_misses() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "warehouse", "migrate"],
        cwd=ROOT,
        env=os.environ | environment(0, SNOWFLAKE_ACCOUNT="", SNOWFLAKE_PORT="many"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "SNOWFLAKE_ACCOUNT: missing" in done.stderr
    assert "SNOWFLAKE_PORT: must be a number" in done.stderr


async def test_a_second_run_applies_nothing_and_loses_nothing(embedded: Any) -> None:
    settings = login(embedded.port, database="TWICE")
    assert migrate(settings)
    client = warehouse(settings, timeout_s=10)
    await client.load_events({"a.jsonl": b'{"id": "1"}'})

    assert migrate(settings) == []

    assert await client.query("SELECT FILE_NAME FROM RAW.EVENTS") == [{"FILE_NAME": "a.jsonl"}]
    assert len(await client.query("SELECT * FROM RAW.LOAD_LOCK")) == 1
    await client.close()


def test_the_settings_are_those_of_the_app() -> None:
    read = read_login(
        {"SNOWFLAKE_ACCOUNT": "org-name", "SNOWFLAKE_PRIVATE_KEY": "key", "SNOWFLAKE_PORT": "8443"}
    )

    assert (read.snowflake_role, read.snowflake_port) == ("VALUEFLOW_LOADER", 8443)


def test_a_secret_is_needed() -> None:
    with pytest.raises(ConfigurationError, match="SNOWFLAKE_PRIVATE_KEY: missing"):
        read_login({"SNOWFLAKE_ACCOUNT": "org-name"})


def environment(port: int, **changes: str) -> dict[str, str]:
    settings = {
        "SNOWFLAKE_ACCOUNT": "embedded",
        "SNOWFLAKE_PASSWORD": PASSWORD,
        "SNOWFLAKE_HOST": "127.0.0.1",
        "SNOWFLAKE_PORT": str(port),
        "SNOWFLAKE_PROTOCOL": "http",
    }
    return settings | changes
