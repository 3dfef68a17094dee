"""Processes and vendors of the embedded platform for the clients to talk to."""

import json
import secrets
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
import stamina

from sandbox.vendors.azure_devops.vendor import AzureDevOps
from sandbox.vendors.dynatrace.vendor import Dynatrace
from sandbox.vendors.servicenow.vendor import ServiceNow
from sandbox.vendors.store import Store
from shared.clients.azure_devops import AzureDevOpsClient, azure_devops_client
from shared.clients.dynatrace import DynatraceClient, dynatrace_client
from shared.clients.servicenow import ServiceNowClient, servicenow_client
from tests.integration.clients.stage import CREDENTIALS, PROJECT, TIMEOUT_S, Stage, staged

ROOT = Path(__file__).parents[3]


class Child:
    """One `python -m sandbox.<name>`; can be killed and started again with the same state and port."""

    def __init__(self, log: Path, name: str, *arguments: str) -> None:
        self._command = [sys.executable, "-m", f"sandbox.{name}", *arguments]
        self._log: IO[bytes] = log.open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> dict[str, Any]:
        """Start it; returns its ready line."""
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, f"it did not start: see {self._log.name}"
        ready: dict[str, Any] = json.loads(line)
        return ready

    def kill(self) -> None:
        """SIGKILL."""
        if self._process:
            self._process.kill()
            self._end()

    def stop(self) -> None:
        """SIGTERM."""
        if self._process:
            self._process.terminate()
            self._end()
        self._log.close()

    def _end(self) -> None:
        assert self._process
        assert self._process.stdin
        assert self._process.stdout
        self._process.wait(10)
        self._process.stdin.close()
        self._process.stdout.close()
        self._process = None


class Broker(Child):
    """The embedded Service Bus."""

    def __init__(self, folder: Path) -> None:
        self.key, self.port = secrets.token_urlsafe(32), _free_port()
        super().__init__(
            folder / "servicebus.log",
            "servicebus",
            *("--port", str(self.port)),
            *("--state", str(folder)),
            *("--key-name", "valueflow"),
            *("--key", self.key),
        )

    @property
    def connection(self) -> str:
        return self.connection_with(self.key)

    def connection_with(self, key: str) -> str:
        return (
            f"Endpoint=sb://127.0.0.1:{self.port};SharedAccessKeyName=valueflow;SharedAccessKey={key};"
            "UseDevelopmentEmulator=true;"
        )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker this test may kill."""
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that the tests of a module share."""
    broker = Broker(tmp_path_factory.mktemp("servicebus"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def no_pauses() -> Iterator[None]:
    """Clients try again at once."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty state of the vendors."""
    store = Store(tmp_path / "vendors.db")
    yield store
    store.db.close()


class NoEffects:
    def resolve_problem(self, problem_id: str) -> None: ...

    def heal_service(self, entity_id: str) -> None: ...

    def service_runs(self, project: str, service: str, environment: str) -> None: ...

    def service_is_gone(self, project: str, service: str, environment: str) -> None: ...


@pytest.fixture
async def servicenow(store: Store) -> AsyncIterator[Stage]:
    async for stage in staged(ServiceNow(store, CREDENTIALS)):
        yield stage


@pytest.fixture
async def tickets(servicenow: Stage) -> AsyncIterator[ServiceNowClient]:
    """On ServiceNow, with its token already."""
    client_id, secret = CREDENTIALS["client_id"], CREDENTIALS["client_secret"]
    client = servicenow_client(servicenow.url, client_id, secret, timeout_s=TIMEOUT_S)
    await client.ping()
    yield client
    await client.aclose()


@pytest.fixture
async def dynatrace(store: Store) -> AsyncIterator[Stage]:
    async for stage in staged(Dynatrace(store, CREDENTIALS)):
        yield stage


@pytest.fixture
async def observer(dynatrace: Stage) -> AsyncIterator[DynatraceClient]:
    client = dynatrace_client(dynatrace.url, CREDENTIALS["token"], timeout_s=TIMEOUT_S)
    yield client
    await client.aclose()


@pytest.fixture
async def azure_devops(store: Store) -> AsyncIterator[Stage]:
    async for stage in staged(AzureDevOps(store, CREDENTIALS, lambda token, audience: False, NoEffects())):
        await stage.tell("/projects", {"name": PROJECT})
        yield stage


@pytest.fixture
async def devops(azure_devops: Stage) -> AsyncIterator[AzureDevOpsClient]:
    url = f"{azure_devops.url}/contoso"
    client = azure_devops_client(url, CREDENTIALS["token"], timeout_s=TIMEOUT_S)
    await client.ping()
    yield client
    await client.aclose()
