"""Run the backend as a process of its own, and workers within the test or as processes that can be killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from durabletask.client import OrchestrationState, TaskHubGrpcClient
from durabletask.grpc_options import GrpcWorkerResiliencyOptions
from durabletask.worker import TaskHubGrpcWorker

ROOT = Path(__file__).parents[3]
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_QUICK = GrpcWorkerResiliencyOptions(
    hello_timeout_seconds=2, reconnect_backoff_base_seconds=0.05, reconnect_backoff_cap_seconds=0.2
)

_STOPPING: list[threading.Thread] = []

Orchestrator = Callable[..., Any]
Steps = Generator[Any, Any, Any]
"""What an orchestrator yields and answers."""


def eventually[T](look: Callable[[], T], timeout_s: float = 20) -> T:
    """The first truthy result of look; fails when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while not (seen := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return seen


def wait_for_workers() -> None:
    """Return when the workers of all closed apps have stopped."""
    while _STOPPING:
        _STOPPING.pop().join(20)


class Backend:
    """The backend over one state file; the port stays the same over restarts."""

    def __init__(self, state: Path, *options: object) -> None:
        self.state, self.options, self.port = state, options, 0
        self.process: subprocess.Popen[str] | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = launch(self.state, self.port, *self.options)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the backend did not start"
        self.port = json.loads(line)["port"]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the process and answer its exit status."""
        assert self.process is not None
        self.process.send_signal(how)
        status = self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process = None
        return status

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def close(self) -> None:
        if self.process is not None:
            self.stop(signal.SIGKILL)


def launch(state: Path, port: int, *options: object, **more: Any) -> subprocess.Popen[str]:
    """The backend's process, not waited for."""
    command = [sys.executable, "-m", "sandbox.durable", "--port", port, "--state", state, *options]
    return subprocess.Popen(
        [str(word) for word in command],
        cwd=ROOT,
        env=_ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **more,
    )


class App:
    """A client, and a worker that starts with the first orchestration."""

    def __init__(self, address: str) -> None:
        self.client = TaskHubGrpcClient(host_address=address)
        self.worker = TaskHubGrpcWorker(host_address=address, resiliency_options=_QUICK)
        self._working = False

    def add(self, *functions: Callable[..., Any]) -> None:
        """Register by name: do_... is an activity, entity_... an entity, the rest are orchestrators."""
        for function in functions:
            if function.__name__.startswith("do_"):
                self.worker.add_activity(function)
            elif function.__name__.startswith("entity_"):
                self.worker.add_entity(function)
            else:
                self.worker.add_orchestrator(function)

    def work(self) -> None:
        if not self._working:
            self._working = True
            start: Callable[[], None] = self.worker.start
            start()

    def start(self, orchestrator: Orchestrator | str, payload: Any = None, **more: Any) -> str:
        self.work()
        return self.client.schedule_new_orchestration(orchestrator, input=payload, **more)

    def result(self, instance_id: str, timeout_s: float = 20) -> OrchestrationState:
        """The final state."""
        state = self.client.wait_for_orchestration_completion(instance_id, timeout=timeout_s)
        assert state is not None
        return state

    def run(self, orchestrator: Orchestrator | str, payload: Any = None, **more: Any) -> Any:
        """The output of an orchestration that must complete."""
        state = self.result(self.start(orchestrator, payload, **more))
        assert state.runtime_status.name == "COMPLETED", state.failure_details
        return state.get_output()

    def status(self, instance_id: str) -> str:
        state = self.client.get_orchestration_state(instance_id)
        return "" if state is None else state.runtime_status.name

    def close(self) -> None:
        if self._working:  # the stream ends at once, the rest takes the worker a second
            stopping = threading.Thread(target=self.worker.stop)
            stopping.start()
            _STOPPING.append(stopping)
        self.client.close()
