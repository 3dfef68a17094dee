"""Nothing is lost when the host or the durable backend is killed, over the embedded backend."""

import signal
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.host.harness import DurableBackend, Host, StartHost, eventually


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DurableBackend]:
    running = DurableBackend(tmp_path_factory.mktemp("hub"))
    running.start()
    yield running
    assert running.child is not None
    running.child.end()


def begin(host: Host, name: str, instance: str, given: object) -> None:
    answer = httpx.post(f"{host.url}/api/start/{name}/{instance}", json=given)
    assert answer.status_code == 202


def result(host: Host, instance: str) -> dict[str, object]:
    outcome: dict[str, object] = httpx.get(f"{host.url}/api/wait/{instance}", timeout=30).json()
    return outcome


def test_work_of_a_killed_host_is_done_by_the_next(start_host: StartHost, hub: DurableBackend) -> None:
    first = start_host(durable=hub.address)
    begin(first, "working", "killed-host", 1.5)
    eventually(lambda: first.records("work started"))
    first.child.stop(signal.SIGKILL)
    second = start_host(durable=hub.address)
    assert result(second, "killed-host")["output"] == '"done"'
    assert not first.records("work done")
    second.child.stop()


def test_a_stopped_host_hands_its_work_on(start_host: StartHost, hub: DurableBackend) -> None:
    first = start_host(durable=hub.address)
    begin(first, "chain", "stopped-host", 1)
    begin(first, "everything", "waits", "ana")
    assert result(first, "stopped-host")["output"] == "6"
    assert first.child.stop() == 0
    second = start_host(durable=hub.address)
    key = second.keys["systemKeys"]["durabletask_extension"]
    event = f"{second.url}/runtime/webhooks/durabletask/instances/waits/raiseEvent/decision"
    assert httpx.post(event, params={"code": key}, json="yes").status_code == 202
    assert result(second, "waits")["output"] == '["hello ana", 7, 5, "yes"]'
    second.child.stop()


def test_an_activity_that_ends_while_the_backend_is_away_runs_once(
    start_host: StartHost, hub: DurableBackend
) -> None:
    host = start_host(durable=hub.address)
    begin(host, "working", "killed-backend", 0.5)
    eventually(lambda: host.records("work started"))
    hub.kill()
    eventually(lambda: host.records("work done"))
    hub.start()
    assert result(host, "killed-backend")["output"] == '"done"'
    assert len(host.records("work started")) == 1
