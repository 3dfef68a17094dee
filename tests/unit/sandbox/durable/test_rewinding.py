"""Rewind: what was under way when the instance failed is under way again."""

from datetime import timedelta

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import history, rewinding
from sandbox.durable.events import timestamp
from tests.unit.sandbox.durable import turns
from tests.unit.sandbox.durable.conftest import Bench

FAILED = pb.ORCHESTRATION_STATUS_FAILED


def child(number: int, instance_id: str) -> pb.OrchestratorAction:
    created = pb.CreateSubOrchestrationAction(name="c", instanceId=instance_id)
    return pb.OrchestratorAction(id=number, createSubOrchestration=created)


def rewind(bench: Bench, execution: int) -> None:
    """Ask for the rewind and answer it as the worker does: the same history without its end."""
    bench.run(lambda step: rewinding.rewind(step, pb.RewindInstanceRequest(instanceId="i")))
    delivery = turns.turn(bench, execution)
    assert delivery is not None
    request = pb.WorkItem.FromString(delivery.body).orchestratorRequest
    events = [*request.pastEvents, *request.newEvents]
    assert [event.WhichOneof("eventType") for event in request.newEvents] == [
        "orchestratorStarted",
        "executionRewound",
    ]
    kept = [event for event in events if not event.HasField("executionCompleted")]
    action = pb.OrchestratorAction(id=-1, rewindOrchestration=pb.RewindOrchestrationAction(newHistory=kept))
    turns.answer(bench, delivery, action)


def fail_with(bench: Bench, *actions: pb.OrchestratorAction) -> int:
    """An instance that decided on those actions and then failed."""
    execution = turns.start(bench)
    turns.answer(bench, turns.turn(bench, execution), *actions, turns.end(FAILED))
    return execution


def children(bench: Bench) -> list[tuple[str, int]]:
    return bench.rows("SELECT instance_id, status FROM instances WHERE parent_id IS NOT NULL")


def test_an_activity_whose_result_was_dropped_is_executed_again(bench: Bench) -> None:
    execution = fail_with(bench, turns.do(1))
    assert turns.finish(bench, turns.tasks(bench)[0])
    rewind(bench, execution)
    assert [task_id for _, _, task_id in turns.tasks(bench)] == [1]


def test_an_activity_that_still_runs_is_not_scheduled_twice(bench: Bench) -> None:
    execution = fail_with(bench, turns.do(1))
    rewind(bench, execution)
    assert len(turns.tasks(bench)) == 1


def test_a_timer_is_armed_again(bench: Bench) -> None:
    fire_at = timestamp(bench.clock_us + int(timedelta(hours=1).total_seconds()) * 1_000_000)
    timer = pb.OrchestratorAction(id=1, createTimer=pb.CreateTimerAction(fireAt=fire_at))
    execution = fail_with(bench, timer)
    assert bench.count("timers") == 0
    rewind(bench, execution)
    assert bench.count("timers") == 1


def test_a_sub_orchestration_that_is_gone_begins_again(bench: Bench) -> None:
    execution = fail_with(bench, child(1, "c"))
    bench.db.execute("DELETE FROM instances WHERE instance_id = 'c'")
    rewind(bench, execution)
    assert children(bench) == [("c", pb.ORCHESTRATION_STATUS_PENDING)]


def test_a_sub_orchestration_that_completed_unheard_is_heard_now(bench: Bench) -> None:
    execution = fail_with(bench, child(1, "c"))
    ((inner,),) = bench.rows("SELECT execution FROM instances WHERE instance_id = 'c'")
    turns.answer(bench, turns.turn(bench, inner), turns.end())
    rewind(bench, execution)
    kinds = [kind for (kind,) in bench.rows("SELECT kind FROM inbox WHERE execution = ?", execution)]
    assert kinds == ["subOrchestrationInstanceCompleted", "orchestratorStarted"]


def test_the_history_is_replaced_by_the_one_the_worker_made(bench: Bench) -> None:
    execution = fail_with(bench, turns.do(1))
    rewind(bench, execution)
    (row,) = history.rows(bench.db, execution)
    assert "executionCompleted" not in {event.WhichOneof("eventType") for event in history.decode(row)}
    delivery = turns.turn(bench, execution)
    assert delivery is not None
    past = pb.WorkItem.FromString(delivery.body).orchestratorRequest.pastEvents
    assert list(past) == list(history.decode(row))
