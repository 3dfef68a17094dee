"""The pump between a durable backend and the app's functions, against a backend that is told what to do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import grpc.aio
import pytest
from azure.functions.meta import Datum
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.internal import orchestrator_service_pb2_grpc as stubs
from google.protobuf.wrappers_pb2 import StringValue

from sandbox.host.config import DurableOptions
from sandbox.host.durable_pump import Pump
from sandbox.host.index import Function

DEADLINE_S = 10


class Backend(stubs.TaskHubSidecarServiceServicer):
    """Hands out the items put into `items`; notes what it gets back."""

    def __init__(self) -> None:
        self.items: asyncio.Queue[pb.WorkItem | None] = asyncio.Queue()
        self.completed: list[pb.ActivityResponse] = []
        self.abandoned: list[str] = []
        self.streams: list[pb.GetWorkItemsRequest] = []
        self.refuse: grpc.StatusCode | None = None

    async def GetWorkItems(self, request: Any, context: Any) -> AsyncIterator[pb.WorkItem]:
        self.streams.append(request)
        while (item := await self.items.get()) is not None:
            yield item

    async def CompleteActivityTask(self, request: Any, context: Any) -> Any:
        if self.refuse is not None:
            await context.abort(self.refuse)
        self.completed.append(request)
        return pb.CompleteTaskResponse()

    async def CompleteOrchestratorTask(self, request: Any, context: Any) -> Any:
        self.completed.append(request)
        return pb.CompleteTaskResponse()

    async def AbandonTaskActivityWorkItem(self, request: Any, context: Any) -> Any:
        self.abandoned.append(request.completionToken)
        return pb.AbandonActivityTaskResponse()


class App:
    """Stands in for the invoker: an activity that waits, fails or answers as its input says."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.now = self.most = 0
        self.may_end = asyncio.Event()

    async def run(self, function: Function, datum: Datum) -> tuple[Datum, list[tuple[str, Any]]]:
        self.started.append(datum.value)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if datum.value == '"wait"':
                await self.may_end.wait()
            if datum.value == '"silent failure"':
                raise ValueError
            if datum.value == '"failure"':
                raise PermissionError("card declined")
            return Datum(datum.value, "json"), []
        finally:
            self.now -= 1


class Bench:
    """A pump with its backend and app."""

    def __init__(self) -> None:
        self.backend, self.app = Backend(), App()
        self.port = 0
        self.server: Any = None
        self.pump: Pump

    async def serve(self) -> None:
        self.server = grpc.aio.server()
        register: Callable[..., None] = stubs.add_TaskHubSidecarServiceServicer_to_server
        register(self.backend, self.server)
        self.port = self.server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self.server.start()

    def give(self, text: str, task: int = 1, name: str = "Act", token: str = "") -> None:
        request = pb.ActivityRequest(name=name, taskId=task, input=StringValue(value=text))
        request.orchestrationInstance.instanceId = "i"
        token = token or f"t{task}"
        self.backend.items.put_nowait(pb.WorkItem(activityRequest=request, completionToken=token))

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110  # what changes is the subject's, and tells nobody
                await asyncio.sleep(0.01)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.serve()
    trigger = {"type": "activityTrigger", "name": "n", "activity": "act"}
    options = DurableOptions(max_activities=2)
    functions = [Function("act_function", trigger, [trigger], None)]
    bench.pump = Pump(functions, f"127.0.0.1:{bench.port}", options, bench.app)  # type: ignore[arg-type]
    bench.pump.start()
    try:
        yield bench
    finally:
        bench.app.may_end.set()
        await bench.pump.finish(0.1)
        await bench.server.stop(None)


async def test_an_activity_is_found_without_regard_to_case_and_its_answer_handed_back(bench: Bench) -> None:
    bench.give("5", task=7)
    await bench.until(lambda: bench.backend.completed)
    answer = bench.backend.completed[0]
    assert (answer.instanceId, answer.taskId, answer.completionToken) == ("i", 7, "t7")
    assert answer.result.value == "5"
    assert bench.backend.streams[0].maxConcurrentActivityWorkItems == 2


async def test_a_failure_carries_its_type_and_message_and_is_never_silent(bench: Bench) -> None:
    bench.give('"failure"', task=1)
    bench.give('"silent failure"', task=2)
    bench.give("1", task=3, name="nobody")
    await bench.until(lambda: len(bench.backend.completed) == 3)
    failures = {one.taskId: one.failureDetails for one in bench.backend.completed}
    assert (failures[1].errorType, failures[1].errorMessage) == ("PermissionError", "card declined")
    assert (failures[2].errorType, failures[2].errorMessage) == ("ValueError", "ValueError")
    assert "nobody" in failures[3].errorMessage
    assert [failures[n].isNonRetriable for n in (1, 2, 3)] == [False, False, True]


async def test_an_unknown_orchestrator_fails_its_instance(bench: Bench) -> None:
    started = pb.HistoryEvent(executionStarted=pb.ExecutionStartedEvent(name="nobody"))
    request = pb.OrchestratorRequest(instanceId="i", newEvents=[started])
    bench.backend.items.put_nowait(pb.WorkItem(orchestratorRequest=request, completionToken="t"))
    await bench.until(lambda: bench.backend.completed)
    answer: Any = bench.backend.completed[0]
    completion = answer.actions[0].completeOrchestration
    assert completion.orchestrationStatus == pb.ORCHESTRATION_STATUS_FAILED
    assert "nobody" in completion.failureDetails.errorMessage


async def test_no_more_activities_run_at_once_than_host_json_allows(bench: Bench) -> None:
    for task in range(5):
        bench.give('"wait"', task=task)
    await bench.until(lambda: len(bench.app.started) == 2)
    bench.app.may_end.set()
    await bench.until(lambda: len(bench.backend.completed) == 5)
    assert bench.app.most == 2


async def test_a_broken_stream_is_opened_again_at_once(bench: Bench) -> None:
    await bench.until(lambda: bench.backend.streams)
    bench.backend.items.put_nowait(None)
    bench.give("6")
    await bench.until(lambda: bench.backend.completed)
    assert len(bench.backend.streams) == 2


async def test_an_answer_survives_a_restart_of_the_backend(bench: Bench) -> None:
    bench.give('"wait"', task=3)
    await bench.until(lambda: bench.app.started)
    await bench.server.stop(None)
    bench.app.may_end.set()
    await bench.until(lambda: not bench.app.now)
    await bench.serve()
    await bench.until(lambda: bench.backend.completed)
    bench.give('"wait"', task=3)  # as a backend does that handed it out before the answer came
    bench.give("9", task=4)
    await bench.until(lambda: len(bench.backend.completed) == 2)
    assert [one.taskId for one in bench.backend.completed] == [3, 4]
    assert bench.app.started == ['"wait"', "9"]


async def test_an_item_handed_out_twice_runs_once_while_its_first_run_goes_on(bench: Bench) -> None:
    bench.give('"wait"', task=3, token="same")
    bench.give('"wait"', task=3, token="same")
    bench.give("8", task=4)
    await bench.until(lambda: bench.backend.completed)
    assert bench.app.started == ['"wait"', "8"]


async def test_an_answer_the_backend_refuses_is_not_offered_for_ever(bench: Bench) -> None:
    bench.backend.refuse = grpc.StatusCode.FAILED_PRECONDITION
    bench.give("1", task=1)
    await bench.until(lambda: bench.app.started)
    await bench.until(lambda: not bench.pump._running)
    bench.backend.refuse = None
    bench.give("2", task=2)
    await bench.until(lambda: bench.backend.completed)
    assert [one.taskId for one in bench.backend.completed] == [2]


async def test_at_the_end_what_runs_may_finish_and_the_rest_goes_back(bench: Bench) -> None:
    bench.give('"wait"', task=1)
    bench.give('"wait"', task=2)
    bench.give("3", task=3)
    await bench.until(lambda: len(bench.app.started) == 2)
    bench.pump.stop_taking()
    bench.give("4", task=4)
    await bench.until(lambda: "t4" in bench.backend.abandoned)
    await bench.pump.finish(0.05)
    assert sorted(bench.backend.abandoned) == ["t1", "t2", "t3", "t4"]
    assert bench.app.started == ['"wait"', '"wait"']
