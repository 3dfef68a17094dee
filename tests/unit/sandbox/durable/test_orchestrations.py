"""Turns: what they change, and what they cost."""

import pytest
from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import management, orchestrations
from sandbox.durable.commits import Kind
from sandbox.durable.events import timestamp
from tests.unit.sandbox.durable import turns
from tests.unit.sandbox.durable.conftest import Bench


def cost(bench: Bench, execution: int, number: int) -> tuple[int, int]:
    """Statements run and rows changed by one activity's result and the turn it causes."""
    statements: list[str] = []
    before = bench.db.total_changes
    bench.db.set_trace_callback(statements.append)
    turns.finish(bench, turns.tasks(bench)[0])
    turns.answer(bench, turns.turn(bench, execution), turns.do(number))
    bench.db.set_trace_callback(None)
    return len(statements), bench.db.total_changes - before


def test_a_step_costs_the_same_after_five_as_after_five_hundred_steps(bench: Bench) -> None:
    execution = turns.start(bench)
    turns.answer(bench, turns.turn(bench, execution), turns.do(1))
    costs = [cost(bench, execution, number) for number in range(2, 500)]
    assert len(set(costs[5:])) == 1
    assert bench.count("history") == 499


def test_an_answer_for_an_execution_that_was_replaced_changes_nothing(bench: Bench) -> None:
    held = turns.turn(bench, turns.start(bench))
    running = pb.OrchestrationIdReusePolicy(replaceableStatus=[pb.ORCHESTRATION_STATUS_PENDING])
    turns.start(bench, orchestrationIdReusePolicy=running)
    turns.answer(bench, held, turns.do(1))
    assert bench.count("tasks") == 0
    assert bench.count("history") == 0


def test_a_finished_instance_keeps_no_inbox_and_no_timers(bench: Bench) -> None:
    execution = turns.start(bench)
    later = pb.CreateTimerAction(fireAt=timestamp(bench.clock_us + 10**9))
    turns.answer(bench, turns.turn(bench, execution), pb.OrchestratorAction(id=1, createTimer=later))
    raised = pb.RaiseEventRequest(instanceId="i", name="go")
    bench.run(lambda step: management.raise_event(step, raised))
    held = turns.turn(bench, execution)
    bench.run(lambda step: management.raise_event(step, raised))
    turns.answer(bench, held, turns.end())
    assert (bench.count("inbox"), bench.count("timers")) == (0, 0)
    assert turns.turn(bench, execution) is None


def test_a_terminated_instance_begins_nothing_new(bench: Bench) -> None:
    execution = turns.start(bench)
    terminated = turns.end(pb.ORCHESTRATION_STATUS_TERMINATED)
    turns.answer(bench, turns.turn(bench, execution), turns.do(1), terminated)
    assert bench.count("tasks") == 0


def test_a_completed_instance_leaves_its_activities_to_be_executed(bench: Bench) -> None:
    execution = turns.start(bench)
    turns.answer(bench, turns.turn(bench, execution), turns.do(1), turns.end())
    (key,) = turns.tasks(bench)
    assert turns.finish(bench, key)
    assert bench.count("inbox") == 0


def test_an_activity_of_an_earlier_execution_does_not_answer_to_the_next(bench: Bench) -> None:
    execution = turns.start(bench)
    again = turns.end(pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW)
    turns.answer(bench, turns.turn(bench, execution), turns.do(1), again)
    (key,) = turns.tasks(bench)
    before = bench.count("inbox")
    assert turns.finish(bench, key)
    assert bench.count("inbox") == before


def test_only_the_first_result_of_an_activity_is_recorded(bench: Bench) -> None:
    execution = turns.start(bench)
    turns.answer(bench, turns.turn(bench, execution), turns.do(1))
    (key,) = turns.tasks(bench)
    assert [turns.finish(bench, key), turns.finish(bench, key)] == [True, False]
    assert bench.count("inbox") == 1


def test_an_inbox_of_more_than_a_turn_takes_is_delivered_in_several(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orchestrations, "_TURN_EVENTS", 3)
    execution = turns.start(bench)
    raised = pb.RaiseEventRequest(instanceId="i", name="go")
    for _ in range(4):
        bench.run(lambda step: management.raise_event(step, raised))
    delivery = turns.turn(bench, execution)
    assert delivery is not None
    step = bench.step()
    orchestrations.complete(step, bench.cache, delivery.content, pb.OrchestratorResponse())
    assert (Kind.ORCHESTRATION, execution) in step.ready
    assert bench.count("inbox") == 2


def test_a_suspended_instance_has_no_turn_until_it_is_resumed_or_terminated(bench: Bench) -> None:
    execution = turns.start(bench)
    bench.run(lambda step: management.suspend(step, pb.SuspendRequest(instanceId="i")))
    turns.answer(bench, turns.turn(bench, execution))
    bench.run(lambda step: management.raise_event(step, pb.RaiseEventRequest(instanceId="i", name="go")))
    assert turns.turn(bench, execution) is None
    bench.run(lambda step: management.terminate(step, pb.TerminateRequest(instanceId="i")))
    assert turns.turn(bench, execution) is not None


def test_an_instance_has_no_turn_before_its_time(bench: Bench) -> None:
    execution = turns.start(bench, scheduledStartTimestamp=timestamp(bench.clock_us + 1_000_000))
    assert turns.turn(bench, execution) is None
    bench.clock_us += 1_000_000
    assert turns.turn(bench, execution) is not None
