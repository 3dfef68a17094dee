"""SIGKILL of the worker or of the backend, at any moment, loses nothing."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from durabletask.client import OrchestrationState, TaskHubGrpcClient
from durabletask.entities import EntityInstanceId

from tests.integration.durable.harness import ROOT, Backend, eventually, launch

STEPS = 6


class Victim:
    """A worker process that can be killed and started again."""

    def __init__(self, address: str, counts: Path) -> None:
        self.address, self.counts = address, counts
        counts.touch()
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.durable.victim", self.address, str(self.counts)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"working\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def executions(self) -> Counter[tuple[str, int]]:
        """How often each activity ran, by instance id and number."""
        lines = self.counts.read_text().splitlines()
        return Counter((instance, int(number)) for instance, number in (line.split() for line in lines))


@pytest.fixture
def start_victim(tmp_path: Path) -> Iterator[Callable[[Backend], Victim]]:
    started: list[Victim] = []

    def start(backend: Backend) -> Victim:
        started.append(Victim(backend.address, tmp_path / "counts"))
        return started[-1]

    yield start
    for victim in started:
        if victim.process.poll() is None:
            victim.kill()


@pytest.fixture
def connect() -> Iterator[Callable[[Backend], TaskHubGrpcClient]]:
    opened: list[TaskHubGrpcClient] = []

    def open_client(backend: Backend) -> TaskHubGrpcClient:
        opened.append(TaskHubGrpcClient(host_address=backend.address))
        return opened[-1]

    yield open_client
    for client in opened:
        client.close()


def insist[T](call: Callable[[], T], timeout_s: float = 20) -> T:
    """Call until the backend, which may be away for a moment, answers."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return call()
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def completed(client: TaskHubGrpcClient, instance_id: str) -> Any:
    """The output, when it is there."""

    def look() -> OrchestrationState | None:
        state = insist(lambda: client.get_orchestration_state(instance_id))
        return state if state is not None and state.runtime_status.name in ("COMPLETED", "FAILED") else None

    state = eventually(look, 40)
    assert state is not None
    assert state.runtime_status.name == "COMPLETED", state.failure_details
    return state.get_output()


def recorded(client: TaskHubGrpcClient, instance_id: str) -> Counter[int]:
    """How often the history has the completion of each task."""
    events = insist(lambda: client.get_orchestration_history(instance_id))
    return Counter(
        getattr(event, "task_scheduled_id", None)
        for event in events
        if type(event).__name__ in ("TaskCompletedEvent", "SubOrchestrationInstanceCompletedEvent")
    )


def assert_whole(client: TaskHubGrpcClient, victim: Victim, ids: list[str]) -> None:
    """Each saga did all its steps at least once and recorded each result exactly once."""
    executions = victim.executions()
    for instance_id in ids:
        insist(
            lambda instance_id=instance_id: client.raise_orchestration_event(instance_id, "last", data="end")
        )
    for instance_id in ids:
        done, tally = completed(client, instance_id)
        assert done == [*range(STEPS + 2), "end"]
        assert tally == STEPS
        assert set(recorded(client, instance_id).values()) == {1}
        for number in range(STEPS):
            assert victim.executions()[instance_id, number] >= 1
    assert executions


@pytest.mark.parametrize("killed", ["worker", "backend", "both"])
def test_sagas_go_on_after_kills_at_random_moments(
    killed: str,
    start_backend: Callable[..., Backend],
    start_victim: Callable[[Backend], Victim],
    connect: Callable[[Backend], TaskHubGrpcClient],
) -> None:
    backend = start_backend("--log-level", "ERROR")
    victim = start_victim(backend)
    client = connect(backend)
    ids = [client.schedule_new_orchestration("saga", input=STEPS) for _ in range(6)]
    pauses = random.Random(killed)
    for _ in range(2):
        time.sleep(pauses.uniform(0.05, 0.3))  # the moment of the kill, not a wait for something
        if killed in ("worker", "both"):
            victim.kill()
        if killed in ("backend", "both"):
            backend.kill()
            backend.start()
        if killed in ("worker", "both"):
            victim.start()
    assert_whole(client, victim, ids)


def test_a_worker_that_outlives_the_backend_is_not_made_to_repeat_what_it_finishes_meanwhile(
    start_backend: Callable[..., Backend],
    start_victim: Callable[[Backend], Victim],
    connect: Callable[[Backend], TaskHubGrpcClient],
) -> None:
    backend = start_backend()
    victim = start_victim(backend)
    client = connect(backend)
    instance_id = client.schedule_new_orchestration("slow", input=0.5)
    eventually(victim.executions)
    backend.kill()
    backend.start()
    assert completed(client, instance_id) == 1
    assert recorded(client, instance_id) == {1: 1}


def test_timers_events_entities_and_continue_as_new_outlive_the_backend(
    start_backend: Callable[..., Backend],
    start_victim: Callable[[Backend], Victim],
    connect: Callable[[Backend], TaskHubGrpcClient],
) -> None:
    backend = start_backend()
    client = connect(backend)
    client.schedule_new_orchestration("laps", input=3, instance_id="laps")
    client.schedule_new_orchestration("saga", input=STEPS, instance_id="saga")
    client.raise_orchestration_event("saga", "last", data="before anyone worked")
    client.schedule_new_orchestration("child", input=5, instance_id="child")
    later = datetime.now(UTC) + timedelta(seconds=0.5)
    client.schedule_new_orchestration("child", input=6, instance_id="later", start_at=later)
    client.signal_entity(EntityInstanceId("entity_tally", "t"), "add", 4)
    client.signal_entity(EntityInstanceId("entity_tally", "t"), "add", 5, signal_time=later)
    backend.kill()
    backend.start()
    start_victim(backend)
    assert completed(client, "laps") == "there"
    assert completed(client, "saga")[0][-1] == "before anyone worked"
    assert completed(client, "child") == 5
    assert completed(client, "later") == 6
    eventually(
        lambda: (
            (tally := client.get_entity(EntityInstanceId("entity_tally", "t"))) and tally.get_state(int) == 9
        )
    )


def test_a_clean_stop_and_start_keeps_everything(
    start_backend: Callable[..., Backend],
    start_victim: Callable[[Backend], Victim],
    connect: Callable[[Backend], TaskHubGrpcClient],
) -> None:
    backend = start_backend()
    victim = start_victim(backend)
    client = connect(backend)
    ids = [client.schedule_new_orchestration("saga", input=STEPS)]
    eventually(victim.executions)
    began = time.monotonic()
    assert backend.stop() == 0
    assert time.monotonic() - began < 2
    backend.start()
    assert_whole(client, victim, ids)


def test_a_second_process_on_the_same_file_refuses_to_start(start_backend: Callable[..., Backend]) -> None:
    backend = start_backend()
    second = launch(backend.state, 0, stderr=subprocess.PIPE)
    out, err = second.communicate(timeout=20)
    assert (second.returncode, out) == (2, "")
    assert f"{backend.state} is in use by another process" in err


def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "notes.txt"
    state.write_text("not a database " * 100)
    process = launch(state, 0, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")
    assert "is not a state file of the durable backend" in err
    assert state.read_text().startswith("not a database")


def test_a_port_that_is_taken_is_said_to_be(start_backend: Callable[..., Backend], tmp_path: Path) -> None:
    backend = start_backend()
    second = launch(tmp_path / "other.db", backend.port, stderr=subprocess.PIPE)
    out, err = second.communicate(timeout=20)
    assert (second.returncode, out) == (2, "")
    assert f"Port {backend.port} is taken" in err
