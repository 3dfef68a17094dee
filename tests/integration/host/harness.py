"""Run a host and a broker as processes of their own, and see what they did."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.servicebus import ServiceBusClient, ServiceBusMessage

SAMPLE = Path(__file__).parent / "app"
ROOT = Path(__file__).parents[3]
NEVER = "0 0 0 1 1 *"
QUEUES = ("in", "stop")
# With it each start would compile every module anew, which takes longer than the tests.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
BROKER_CONFIG = {
    "UserConfig": {
        "Namespaces": [
            {
                "Name": "test",
                "Queues": [
                    {"Name": name, "Properties": {"LockDuration": "PT5S", "MaxDeliveryCount": 3}}
                    for name in QUEUES
                ],
                "Topics": [{"Name": "events", "Subscriptions": [{"Name": "all"}]}],
            }
        ]
    }
}


def eventually[T](look: Callable[[], T], timeout_s: float = 20) -> T:
    """The first truthy result of look; fails when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while not (seen := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return seen


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A child that says when it is ready and logs to a file."""

    def __init__(self, module: str, *arguments: object, folder: Path, env: Mapping[str, str] | None = None):
        self.log = folder / f"{module}-{time.monotonic_ns()}.log"
        with self.log.open("w") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *map(str, arguments)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=ROOT,
                env={**_ENVIRONMENT, **(env or {})},
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.ready: dict[str, Any] = json.loads(line) if line else {}

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        self.process.send_signal(with_signal)
        status = self.process.wait(10)
        self.close()
        return status

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def end(self) -> None:
        if self.process.poll() is None:
            self.stop(signal.SIGKILL)
        self.close()


@dataclass
class Host:
    """A running host. folder: where its keys, logs and the sample's records are."""

    child: Process
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.child.ready['port']}"

    @property
    def keys(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "keys.json").read_text())
        return document

    @property
    def master(self) -> dict[str, str]:
        return {"x-functions-key": self.keys["masterKey"]}

    def records(self, what: str) -> list[dict[str, Any]]:
        """What the sample app noted under this name."""
        path = self.folder / "record"
        lines = path.read_text().splitlines() if path.exists() else []
        return [record for record in map(json.loads, lines) if record["what"] == what]

    def logs(self, **facts: object) -> list[dict[str, Any]]:
        """The log lines with these facts."""
        return [line for line in self.child.lines() if all(line.get(k) == v for k, v in facts.items())]


StartHost = Callable[..., Host]


def connection(port: int) -> str:
    return (
        f"Endpoint=sb://localhost:{port};SharedAccessKeyName=test;SharedAccessKey=secret"
        ";UseDevelopmentEmulator=true"
    )


@dataclass
class Broker:
    """A Service Bus that can be killed and come back on the same port."""

    folder: Path
    port: int = 0
    child: Process | None = None

    def start(self) -> None:
        config = self.folder / "config.json"
        config.write_text(json.dumps(BROKER_CONFIG))
        arguments = ["--port", self.port, "--config", config, "--state", self.folder / "state"]
        keys = ["--key-name", "test", "--key", "secret"]
        self.child = Process("sandbox.servicebus", *arguments, *keys, folder=self.folder)
        self.port = self.child.ready["port"]

    def kill(self) -> None:
        assert self.child is not None
        self.child.stop(signal.SIGKILL)

    @property
    def connection(self) -> str:
        return connection(self.port)

    def send(self, queue: str, *messages: ServiceBusMessage) -> None:
        with (
            ServiceBusClient.from_connection_string(self.connection) as client,
            client.get_queue_sender(queue) as sender,
        ):
            for message in messages:
                sender.send_messages(message)

    def publish(self, *messages: ServiceBusMessage) -> None:
        with (
            ServiceBusClient.from_connection_string(self.connection) as client,
            client.get_topic_sender("events") as sender,
        ):
            sender.send_messages(list(messages))


@dataclass
class DurableBackend:
    """The embedded durable backend, which can be killed and come back on the same port."""

    folder: Path
    port: int = 0
    child: Process | None = None

    def start(self) -> None:
        arguments = ["--port", self.port, "--state", self.folder / "hub.db"]
        self.child = Process("sandbox.durable", *arguments, folder=self.folder)
        self.port = self.child.ready["port"]

    def kill(self) -> None:
        assert self.child is not None
        self.child.stop(signal.SIGKILL)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"
