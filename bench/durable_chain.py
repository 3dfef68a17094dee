"""Chains of five empty activities through the durable backend, against durabletask's in-memory backend.

Each backend runs in a process of its own; a third process is client and worker of both, over the same gRPC
service: a minimal asyncio worker, so that the backends are measured and not what replays the history. Rounds
alternate, so that what else the machine does falls on both. The in-memory backend is given 64 threads: with
its own ten, ten waiting clients block it.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent import futures
from pathlib import Path
from threading import Event
from typing import Any

from durabletask.internal import orchestrator_service_pb2 as pb

NAME = "durable_chain"
GOAL = (
    "chains/s of five empty activities, 16 at a time, state on disk, at least those of the in-memory backend;"
    " one chain alone p50 under 12 ms"
)
RATIO_GOAL = 1.0
P50_GOAL_MS = 12.0
ACTIVITIES = 5
AT_ONCE = 16
CHAINS = 200
ALONE = 60
ROUNDS = 4

ROOT = Path(__file__).parents[1]
_THREADS = 64


def run() -> dict[str, Any]:
    """Measure both, in turns. value and baseline: the median of the rounds, chains/s."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "hub.db"
        ours = _start("-m", "sandbox.durable", "--state", str(state), "--log-level", "WARNING")
        official = _start("-m", "bench.durable_chain", "in-memory")
        driver = _start("-m", "bench.durable_chain", "drive", str(ours[1]), str(official[1]))
        try:
            rounds = json.loads(_line(driver[0]))
        finally:
            for process, _ in (driver, ours, official):
                process.kill()
                process.communicate()
    rates = {name: statistics.median(one["rate"] for one in rounds[name]) for name in rounds}
    alone = {name: statistics.median(one["p50_ms"] for one in rounds[name]) for name in rounds}
    ratio = rates["ours"] / rates["in_memory"]
    return {
        "name": NAME,
        "value": round(rates["ours"], 1),
        "unit": "chains/s",
        "baseline": round(rates["in_memory"], 1),
        "ratio": round(ratio, 2),
        "goal": RATIO_GOAL,
        "met": ratio >= RATIO_GOAL and alone["ours"] < P50_GOAL_MS,
        "detail": {
            "p50_alone_ms": round(alone["ours"], 1),
            "p50_alone_goal_ms": P50_GOAL_MS,
            "baseline_p50_alone_ms": round(alone["in_memory"], 1),
            "rounds": rounds,
        },
    }


def _start(*arguments: str) -> tuple[subprocess.Popen[str], Any]:
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    ready = json.loads(_line(process))
    return process, ready["port"]


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended early with status {process.wait(5)}")
    return line


def serve_in_memory() -> None:
    """The baseline's process."""
    from unittest import mock

    import grpc
    from durabletask.testing.in_memory_backend import InMemoryOrchestrationBackend

    ports: list[int] = []
    make = grpc.server

    def server(_: futures.ThreadPoolExecutor) -> grpc.Server:
        made = make(futures.ThreadPoolExecutor(_THREADS))
        ports.append(made.add_insecure_port("127.0.0.1:0"))
        return made

    with mock.patch("grpc.server", server):
        InMemoryOrchestrationBackend(port=0).start()
    _say({"port": ports[0]})
    Event().wait()


class Driver:
    """Client and worker of one backend."""

    def __init__(self, port: int) -> None:
        import grpc.aio
        from durabletask.internal import orchestrator_service_pb2_grpc as stubs

        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
        stub: Callable[[Any], Any] = stubs.TaskHubSidecarServiceStub
        self._stub = stub(self._channel)
        self._tasks: set[asyncio.Task[None]] = set()

    async def work(self) -> None:
        """Answer work items as they come."""
        request = pb.GetWorkItemsRequest(
            maxConcurrentOrchestrationWorkItems=32, maxConcurrentActivityWorkItems=32
        )
        async for item in self._stub.GetWorkItems(request):
            if not item.HasField("healthPing"):
                task = asyncio.create_task(self._answer(item))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _answer(self, item: pb.WorkItem) -> None:
        if item.HasField("activityRequest"):
            request = item.activityRequest
            answer = pb.ActivityResponse(
                instanceId=request.orchestrationInstance.instanceId,
                taskId=request.taskId,
                completionToken=item.completionToken,
            )
            await self._stub.CompleteActivityTask(answer)
        else:
            await self._stub.CompleteOrchestratorTask(_decide(item))

    async def chain(self) -> None:
        """Run one chain and see its end as a client."""
        started = await self._stub.StartInstance(pb.CreateInstanceRequest(name="chain"))
        request = pb.GetInstanceRequest(instanceId=started.instanceId, getInputsAndOutputs=True)
        answer = await self._stub.WaitForInstanceCompletion(request, timeout=60)
        if answer.orchestrationState.orchestrationStatus != pb.ORCHESTRATION_STATUS_COMPLETED:
            raise RuntimeError(f"a chain ended otherwise: {answer.orchestrationState}")

    async def measure(self) -> dict[str, float]:
        """One round: rate (chains/s), p50_ms alone."""
        times = []
        for _ in range(ALONE):
            began = time.perf_counter()
            await self.chain()
            times.append(time.perf_counter() - began)
        left = iter(range(CHAINS))

        async def lane() -> None:
            for _ in left:
                await self.chain()

        began = time.perf_counter()
        await asyncio.gather(*(lane() for _ in range(AT_ONCE)))
        rate = CHAINS / (time.perf_counter() - began)
        return {"rate": round(rate, 1), "p50_ms": round(1000 * statistics.median(times), 2)}


def _decide(item: pb.WorkItem) -> pb.OrchestratorResponse:
    """Replay a chain: the next activity, or the end."""
    request = item.orchestratorRequest
    events = [*request.pastEvents, *request.newEvents]
    done = sum(event.HasField("taskCompleted") for event in events)
    if done < ACTIVITIES:
        action = pb.OrchestratorAction(id=done + 1, scheduleTask=pb.ScheduleTaskAction(name="nothing"))
    else:
        completed = pb.CompleteOrchestrationAction(orchestrationStatus=pb.ORCHESTRATION_STATUS_COMPLETED)
        action = pb.OrchestratorAction(id=done + 1, completeOrchestration=completed)
    return pb.OrchestratorResponse(
        instanceId=request.instanceId, actions=[action], completionToken=item.completionToken
    )


async def drive(ours: int, in_memory: int) -> None:
    """Measure the backends on two ports in turns."""
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    drivers = {"ours": Driver(ours), "in_memory": Driver(in_memory)}
    working = [asyncio.create_task(driver.work()) for driver in drivers.values()]
    _say({"port": 0})
    for driver in drivers.values():  # what is slow only once
        await asyncio.gather(*(driver.chain() for _ in range(AT_ONCE)))
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in drivers}
    for _ in range(ROUNDS):
        for name, driver in drivers.items():
            rounds[name].append(await driver.measure())
    _say(rounds)
    for task in working:
        task.cancel()


def _say(facts: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["in-memory"]:
        serve_in_memory()
    elif sys.argv[1:2] == ["drive"]:
        asyncio.run(drive(int(sys.argv[2]), int(sys.argv[3])))
    else:
        _say(run())
