"""The Service Bus as a process: ready line, statistics, signals, and what SIGKILL leaves."""

import contextlib
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage

KEY = "process-tests"


class Process:
    """A running Service Bus with the shipped configuration."""

    def __init__(self, state: Path, *more: str) -> None:
        command = [sys.executable, "-m", "sandbox.servicebus", "--port", "0", "--stats-port", "0"]
        command += ["--state", str(state), "--key", KEY, *more]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        self.ready: dict[str, Any] = json.loads(line) if line else {}

    @property
    def connection_string(self) -> str:
        return (
            f"Endpoint=sb://127.0.0.1:{self.ready['port']};SharedAccessKeyName=RootManageSharedAccessKey;"
            f"SharedAccessKey={KEY};UseDevelopmentEmulator=true;"
        )

    def get(self, path: str, method: str = "GET") -> Any:
        url = f"http://127.0.0.1:{self.ready['stats_port']}{path}"
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=5) as answer:
            return json.load(answer)

    def counts(self, path: str) -> dict[str, Any]:
        return next(item for item in self.get("/stats")["entities"] if item["path"] == path)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """(status, what it logged)."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=5)
        return self.process.returncode, errors


@contextlib.contextmanager
def running(state: Path, *more: str) -> Iterator[Process]:
    process = Process(state, *more)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.end(signal.SIGKILL)


def test_it_says_its_ports_counts_messages_and_keeps_them_through_sigkill(tmp_path: Path) -> None:
    body = "never in a log"
    with running(tmp_path) as bus:
        assert set(bus.ready) == {"ready", "port", "stats_port"}
        with (
            ServiceBusClient.from_connection_string(bus.connection_string) as client,
            client.get_topic_sender("events") as sender,
            client.get_subscription_receiver("events", "incidents") as receiver,
        ):
            for message_id in ("m1", "m2", "m1"):
                properties: Any = {"type": "problem.opened"}
                sender.send_messages(
                    ServiceBusMessage(body, message_id=message_id, application_properties=properties)
                )
            (locked,) = receiver.receive_messages(max_wait_time=5)
            expected = {"active": 2, "scheduled": 0, "deferred": 0, "dead_letter": 0}
            assert bus.counts("events/Subscriptions/incidents") == {
                "path": "events/Subscriptions/incidents",
                **expected,
            }
            assert bus.counts("events/Subscriptions/demands")["active"] == 0
        status, errors = bus.end(signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert locked.message_id == "m1"
    assert body not in errors
    assert KEY not in errors
    with (
        running(tmp_path) as bus,
        ServiceBusClient.from_connection_string(bus.connection_string) as client,
        client.get_subscription_receiver("events", "incidents") as receiver,
    ):
        got = receiver.receive_messages(max_message_count=2, max_wait_time=5)
        got += receiver.receive_messages(max_wait_time=5) if len(got) < 2 else []
        assert [message.message_id for message in got] == ["m1", "m2"]
        assert {message.delivery_count for message in got} == {0}


def test_it_ends_on_sigterm_and_when_its_parent_goes(tmp_path: Path) -> None:
    with running(tmp_path) as bus:
        status, errors = bus.end()
        assert (status, errors) == (0, "")
    with running(tmp_path) as bus:
        assert bus.process.stdin
        bus.process.stdin.close()
        assert bus.process.wait(5) == 0
        assert bus.process.stdout
        assert bus.process.stderr
        bus.process.stdout.close()
        bus.process.stderr.close()


def test_statistics_are_all_there_is_over_http(tmp_path: Path) -> None:
    with running(tmp_path / "own.db") as bus:
        assert (tmp_path / "own.db").is_file()
        for path, method, status in (("/", "GET", 404), ("/stats", "POST", 405)):
            with pytest.raises(urllib.error.HTTPError) as caught:
                bus.get(path, method)
            assert caught.value.code == status
            caught.value.close()


def test_a_state_in_use_stops_the_start_with_one_line(tmp_path: Path) -> None:
    with running(tmp_path), running(tmp_path) as second:
        assert second.ready == {}
        status, errors = second.end(0)
        assert status == 1
        assert errors == "The Service Bus cannot start: another process serves servicebus.db; stop it first\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "Config.json is not JSON"),
        (
            '{"UserConfig": {"Namespaces": [{"Queues": [{"Name": "q", "Properties": {"RequiresSession": true}}]}]}}',
            "Config.json: queue 'q': RequiresSession: sessions are not supported",
        ),
    ],
)
def test_a_bad_configuration_stops_the_start_with_one_line(tmp_path: Path, text: str, why: str) -> None:
    config = tmp_path / "Config.json"
    config.write_text(text, encoding="utf-8")
    with running(tmp_path, "--config", str(config)) as bus:
        status, errors = bus.end(0)
        assert status == 1
        assert errors.startswith(f"The Service Bus cannot start: {why}")
        assert errors.count("\n") == 1
