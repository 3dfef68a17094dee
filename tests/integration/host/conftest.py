"""A host over a small sample app, with a broker and a durable backend."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.host.harness import (
    NEVER,
    SAMPLE,
    Broker,
    Host,
    Process,
    StartHost,
    connection,
    free_port,
)


@pytest.fixture(scope="module")
def start_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartHost]:
    """Start hosts over an app; settings are environment variables."""
    children: list[Process] = []

    def start(app: Path = SAMPLE, durable: str = "127.0.0.1:1", sign_in: str = "", **settings: str) -> Host:
        folder = tmp_path_factory.mktemp("host")
        base = {
            "TASK_HUB": "tests",
            "TICK_SCHEDULE": NEVER,
            "QUEUE": "in",
            "Bus": connection(1),
            "RECORD": str(folder / "record"),
            "AzureWebJobs.tick.Disabled": "true",
        }
        arguments = ["--app", app, "--port", 0, "--keys", folder / "keys.json"]
        arguments += ["--durable", durable] if durable else []
        arguments += ["--sign-in", sign_in] if sign_in else []
        child = Process("sandbox.host", *arguments, folder=folder, env={**base, **settings})
        children.append(child)
        return Host(child, folder)

    yield start
    for child in children:
        child.end()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    running = Broker(tmp_path_factory.mktemp("broker"))
    running.start()
    yield running
    assert running.child is not None
    running.child.end()


@pytest.fixture(scope="module")
def backend() -> Iterator[str]:
    """The official in-memory durable backend's address."""
    from durabletask.testing import create_test_backend

    port = free_port()
    running = create_test_backend(port=port)
    yield f"127.0.0.1:{port}"
    running.stop()


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20) as client:
        yield client
