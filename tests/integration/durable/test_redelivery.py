"""Work that a worker does not finish is handed out again; answers that come too late are not heard."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.internal import orchestrator_service_pb2_grpc as stubs
from durabletask.task import ActivityContext, OrchestrationContext
from google.protobuf.wrappers_pb2 import StringValue

from tests.integration.durable.harness import App, Backend, Steps


class RawWorker:
    """A worker whose every move the test decides."""

    def __init__(self, address: str, **limits: Any) -> None:
        self._channel = grpc.insecure_channel(address)
        stub: Callable[..., Any] = stubs.TaskHubSidecarServiceStub
        self.stub = stub(self._channel)
        self.limits = limits

    @contextmanager
    def connected(self) -> Iterator[Iterator[pb.WorkItem]]:
        stream = self.stub.GetWorkItems(pb.GetWorkItemsRequest(**self.limits), timeout=30)
        yield (item for item in stream if not item.HasField("healthPing"))
        stream.cancel()

    def start(self, name: str = "any") -> str:
        instance_id: str = self.stub.StartInstance(pb.CreateInstanceRequest(name=name)).instanceId
        return instance_id

    def schedule(self, item: pb.WorkItem, *names: str) -> None:
        """Answer a turn by scheduling activities."""
        actions = [
            pb.OrchestratorAction(id=number, scheduleTask=pb.ScheduleTaskAction(name=name))
            for number, name in enumerate(names, 1)
        ]
        self._answer(item, actions)

    def complete(self, item: pb.WorkItem, result: str) -> None:
        """Answer a turn by ending the orchestration."""
        completed = pb.CompleteOrchestrationAction(
            orchestrationStatus=pb.ORCHESTRATION_STATUS_COMPLETED, result=StringValue(value=result)
        )
        self._answer(item, [pb.OrchestratorAction(id=99, completeOrchestration=completed)])

    def _answer(self, item: pb.WorkItem, actions: list[pb.OrchestratorAction]) -> None:
        self.stub.CompleteOrchestratorTask(
            pb.OrchestratorResponse(
                instanceId=item.orchestratorRequest.instanceId,
                actions=actions,
                completionToken=item.completionToken,
            )
        )

    def finish(self, item: pb.WorkItem, result: str) -> None:
        """Answer an activity."""
        request = item.activityRequest
        self.stub.CompleteActivityTask(
            pb.ActivityResponse(
                instanceId=request.orchestrationInstance.instanceId,
                taskId=request.taskId,
                result=StringValue(value=result),
                completionToken=item.completionToken,
            )
        )

    def results(self, item: pb.WorkItem) -> list[str]:
        """The activity results a turn delivers."""
        events = item.orchestratorRequest.newEvents
        return [event.taskCompleted.result.value for event in events if event.HasField("taskCompleted")]

    def state(self, instance_id: str) -> pb.OrchestrationState:
        request = pb.GetInstanceRequest(instanceId=instance_id, getInputsAndOutputs=True)
        state: pb.OrchestrationState = self.stub.GetInstance(request).orchestrationState
        return state

    def close(self) -> None:
        self._channel.close()


def test_what_a_worker_held_goes_to_the_next_when_its_stream_ends(
    start_backend: Callable[..., Backend],
) -> None:
    worker = RawWorker(start_backend().address)
    worker.start()
    with worker.connected() as items:
        lost_turn = next(items)
    with worker.connected() as items:
        turn = next(items)
        worker.complete(lost_turn, '"from the first"')
        worker.schedule(turn, "do")
        lost_activity = next(items)
    with worker.connected() as items:
        activity = next(items)
        assert activity.activityRequest == lost_activity.activityRequest
        worker.finish(activity, "1")
        assert worker.results(next(items)) == ["1"]
    worker.close()


def test_a_worker_that_lost_its_connection_can_still_deliver_an_activity_once(
    start_backend: Callable[..., Backend],
) -> None:
    worker = RawWorker(start_backend().address)
    worker.start()
    with worker.connected() as items:
        worker.schedule(next(items), "do")
        first = next(items)
    with worker.connected() as items:
        second = next(items)
        worker.finish(first, "first")
        worker.finish(second, "second")
        turn = next(items)
        assert worker.results(turn) == ["first"]
        worker.complete(turn, "")
    worker.close()


def test_a_worker_that_hangs_loses_its_lease_and_its_answer_is_not_heard(
    start_backend: Callable[..., Backend],
) -> None:
    worker = RawWorker(start_backend("--lease-s", 0.5, "--activity-lease-s", 0.5).address)
    instance_id = worker.start()
    with worker.connected() as items:
        hung_turn = next(items)
        turn = next(items)
        worker.complete(hung_turn, '"too late"')
        assert worker.state(instance_id).orchestrationStatus == pb.ORCHESTRATION_STATUS_PENDING
        worker.schedule(turn, "do")
        hung = next(items)
        again = next(items)
        worker.finish(hung, "too late")
        worker.finish(again, "in time")
        assert worker.results(next(items)) == ["in time"]
    worker.close()


def test_a_hung_worker_is_given_no_more_than_it_said_it_takes(
    start_backend: Callable[..., Backend],
) -> None:
    backend = start_backend("--lease-s", 0.3)
    hung = RawWorker(backend.address, maxConcurrentOrchestrationWorkItems=1)
    well = RawWorker(backend.address)
    with hung.connected() as hung_items:
        first = well.start()
        assert next(hung_items).orchestratorRequest.instanceId == first
        second = well.start()
        with well.connected() as items:
            got = []
            for item in itertools.islice(items, 2):
                well.complete(item, "")
                got.append(item.orchestratorRequest.instanceId)
            assert sorted(got) == sorted([first, second])
    hung.close()
    well.close()


def test_what_a_worker_gives_back_is_handed_out_again(start_backend: Callable[..., Backend]) -> None:
    worker = RawWorker(start_backend().address)
    worker.start()
    with worker.connected() as items:
        turn = next(items)
        worker.stub.AbandonTaskOrchestratorWorkItem(
            pb.AbandonOrchestrationTaskRequest(completionToken=turn.completionToken)
        )
        turn = next(items)
        worker.schedule(turn, "do")
        activity = next(items)
        worker.stub.AbandonTaskActivityWorkItem(
            pb.AbandonActivityTaskRequest(completionToken=activity.completionToken)
        )
        assert next(items).activityRequest == activity.activityRequest
        worker.stub.SignalEntity(pb.SignalEntityRequest(instanceId="@counter@1", name="add"))
        batch = next(items)
        worker.stub.AbandonTaskEntityWorkItem(
            pb.AbandonEntityTaskRequest(completionToken=batch.completionToken)
        )
        assert next(items).entityRequestV2 == batch.entityRequestV2
    worker.close()


def test_an_answer_that_makes_no_sense_fails_the_instance_instead_of_coming_back_for_ever(
    start_backend: Callable[..., Backend],
) -> None:
    worker = RawWorker(start_backend().address)
    instance_id = worker.start()
    with worker.connected() as items:
        worker.schedule(next(items), "do", "do")
        next(items)
    instance_id = worker.start()
    with worker.connected() as items:
        turn = next(item for item in items if item.orchestratorRequest.instanceId == instance_id)
        twice = [pb.OrchestratorAction(id=1, scheduleTask=pb.ScheduleTaskAction(name="do"))] * 2
        worker._answer(turn, twice)
    assert worker.state(instance_id).orchestrationStatus == pb.ORCHESTRATION_STATUS_FAILED
    worker.close()


def test_a_worker_gets_only_the_names_it_asked_for(start_backend: Callable[..., Backend]) -> None:
    backend = start_backend()
    filters = pb.WorkItemFilters(orchestrations=[pb.OrchestrationFilter(name="mine", versions=["2"])])
    worker = RawWorker(backend.address, workItemFilters=filters)
    others = worker.start("theirs")
    old = worker.start("mine")
    request = pb.CreateInstanceRequest(name="mine", version=StringValue(value="2"))
    mine = worker.stub.StartInstance(request).instanceId
    with worker.connected() as items:
        assert next(items).orchestratorRequest.instanceId == mine
        rest = RawWorker(backend.address)
        with rest.connected() as rest_items:
            assert {next(rest_items).orchestratorRequest.instanceId for _ in range(2)} == {others, old}
        rest.close()
    worker.close()


def test_a_hundred_waiting_clients_do_not_hold_up_the_work(app: App) -> None:
    def held(context: OrchestrationContext, _: Any) -> Steps:
        yield context.wait_for_external_event("go")

    def quick(context: OrchestrationContext, _: Any) -> Steps:
        return (yield context.call_activity(do_nothing))

    def do_nothing(_: ActivityContext, __: Any) -> str:
        return "done"

    app.add(held, quick, do_nothing)
    holding = app.start(held)
    with ThreadPoolExecutor(100) as pool:
        waiting = [pool.submit(app.result, holding) for _ in range(100)]
        began = time.monotonic()
        assert app.run(quick) == "done"
        assert time.monotonic() - began < 10
        assert not any(wait.done() for wait in waiting)
        app.client.raise_orchestration_event(holding, "go")
        assert {wait.result().runtime_status.name for wait in waiting} == {"COMPLETED"}


def test_an_instance_runs_one_turn_at_a_time(app: App) -> None:
    at_once: list[int] = []
    inside = threading.Lock()

    def busy(context: OrchestrationContext, _: Any) -> Steps:
        assert inside.acquire(blocking=False), "two turns at once"
        try:
            at_once.append(1)
        finally:
            inside.release()
        for _ in range(5):
            yield context.wait_for_external_event("tick")

    app.add(busy)
    instance_id = app.start(busy)
    with ThreadPoolExecutor(5) as pool:
        for _ in range(5):
            pool.submit(app.client.raise_orchestration_event, instance_id, "tick")
    assert app.result(instance_id).runtime_status.name == "COMPLETED"
    assert at_once
