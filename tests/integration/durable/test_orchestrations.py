"""What orchestrators can do, through the unmodified client and worker of durabletask."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from durabletask import task
from durabletask.client import OrchestrationStatus
from durabletask.task import ActivityContext, OrchestrationContext

from tests.integration.durable.harness import App, Steps, eventually


def do_add(_: ActivityContext, numbers: list[int]) -> int:
    return sum(numbers)


def test_a_chain_hands_each_result_to_the_next_activity(app: App) -> None:
    def chain(context: OrchestrationContext, first: int) -> Steps:
        total = first
        for number in range(3):
            total = yield context.call_activity(do_add, input=[total, number])
        return total

    app.add(chain, do_add)
    assert app.run(chain, 10) == 13


def test_a_fan_out_brings_all_results_together_in_order(app: App) -> None:
    def fan_out(context: OrchestrationContext, width: int) -> Steps:
        results = yield task.when_all([context.call_activity(do_add, input=[n, n]) for n in range(width)])
        return results

    app.add(fan_out, do_add)
    assert app.run(fan_out, 40) == [2 * n for n in range(40)]


def test_an_activity_that_raises_fails_the_orchestration_with_its_error(app: App) -> None:
    def do_fail(_: ActivityContext, __: Any) -> None:
        raise ValueError("no such repository")

    def failing(context: OrchestrationContext, _: Any) -> Steps:
        yield context.call_activity(do_fail)

    app.add(failing, do_fail)
    state = app.result(app.start(failing))
    assert state.runtime_status is OrchestrationStatus.FAILED
    assert state.failure_details is not None
    assert "no such repository" in state.failure_details.message


def test_an_activity_that_raises_without_a_message_has_failed(app: App) -> None:
    def do_fail(_: ActivityContext, __: Any) -> None:
        raise RuntimeError

    def careful(context: OrchestrationContext, _: Any) -> Steps:
        try:
            yield context.call_activity(do_fail)
        except task.TaskFailedError as error:
            return error.details.message
        return "it is said to have worked"

    app.add(careful, do_fail)
    assert app.run(careful) == "builtins.RuntimeError"


def test_a_retry_policy_tries_again_after_its_pause(app: App) -> None:
    tries: list[int] = []

    def do_flaky(_: ActivityContext, __: Any) -> int:
        tries.append(1)
        if len(tries) < 3:
            raise ConnectionError("not yet")
        return len(tries)

    def patient(context: OrchestrationContext, _: Any) -> Steps:
        policy = task.RetryPolicy(first_retry_interval=timedelta(milliseconds=20), max_number_of_attempts=5)
        return (yield context.call_activity(do_flaky, retry_policy=policy))

    app.add(patient, do_flaky)
    assert app.run(patient) == 3


def test_a_timer_fires_no_earlier_than_its_time(app: App) -> None:
    def sleeper(context: OrchestrationContext, _: Any) -> Steps:
        begin = context.current_utc_datetime
        yield context.create_timer(timedelta(milliseconds=200))
        return (context.current_utc_datetime - begin).total_seconds()

    app.add(sleeper)
    assert app.run(sleeper) >= 0.2


def test_an_event_ends_the_wait_for_it_before_the_timer_does(app: App) -> None:
    def approval(context: OrchestrationContext, _: Any) -> Steps:
        decision = context.wait_for_external_event("Decision")
        winner = yield task.when_any([decision, context.create_timer(timedelta(hours=1))])
        return decision.get_result() if winner is decision else "expired"

    app.add(approval)
    instance_id = app.start(approval)
    app.client.wait_for_orchestration_start(instance_id)
    app.client.raise_orchestration_event(instance_id, "decision", data={"by": "ana"})
    assert app.result(instance_id).get_output() == {"by": "ana"}


def test_an_event_that_comes_before_anyone_waits_is_kept(app: App) -> None:
    def late(context: OrchestrationContext, _: Any) -> Steps:
        yield context.wait_for_external_event("go")
        return (yield context.wait_for_external_event("early"))

    app.add(late)
    instance_id = app.start(late)
    app.client.raise_orchestration_event(instance_id, "early", data=1)
    app.client.raise_orchestration_event(instance_id, "go")
    assert app.result(instance_id).get_output() == 1


def test_an_orchestrator_can_send_an_event_to_another(app: App) -> None:
    def listener(context: OrchestrationContext, _: Any) -> Steps:
        return (yield context.wait_for_external_event("word"))

    def speaker(context: OrchestrationContext, to: str) -> Steps:
        context.send_event(to, "word", data="hello")
        context.send_event("nobody", "word", data="ignored")
        yield context.create_timer(timedelta(0))

    app.add(listener, speaker)
    listening = app.start(listener)
    app.run(speaker, listening)
    assert app.result(listening).get_output() == "hello"


def test_a_sub_orchestration_answers_its_parent_and_knows_it(app: App) -> None:
    def child(context: OrchestrationContext, number: int) -> Steps:
        doubled = yield context.call_activity(do_add, input=[number, number])
        return {"doubled": doubled, "parent": context.parent_instance_id}

    def parent(context: OrchestrationContext, number: int) -> Steps:
        return (
            yield context.call_sub_orchestrator(child, input=number, instance_id=f"{context.instance_id}-c")
        )

    app.add(parent, child, do_add)
    instance_id = app.start(parent, 21)
    assert app.result(instance_id).get_output() == {"doubled": 42, "parent": instance_id}
    assert app.status(f"{instance_id}-c") == "COMPLETED"


def test_a_failed_sub_orchestration_fails_its_call_with_the_cause(app: App) -> None:
    def child(context: OrchestrationContext, _: Any) -> Steps:
        yield context.create_timer(timedelta(0))
        raise LookupError("no pipeline")

    def parent(context: OrchestrationContext, _: Any) -> Steps:
        try:
            yield context.call_sub_orchestrator(child)
        except task.TaskFailedError as error:
            return error.details.message

    app.add(parent, child)
    assert app.run(parent) == "no pipeline"


def test_a_sub_orchestration_under_an_id_in_use_fails_its_call(app: App) -> None:
    def child(context: OrchestrationContext, _: Any) -> Steps:
        yield context.wait_for_external_event("never")

    def parent(context: OrchestrationContext, taken: str) -> Steps:
        try:
            yield context.call_sub_orchestrator(child, instance_id=taken)
        except task.TaskFailedError as error:
            return error.details.message

    app.add(parent, child)
    taken = app.start(child)
    app.client.wait_for_orchestration_start(taken)
    assert "exists and is running" in app.run(parent, taken)


def test_continue_as_new_begins_again_with_the_events_not_yet_consumed(app: App) -> None:
    def counter(context: OrchestrationContext, total: int) -> Steps:
        total += yield context.wait_for_external_event("add")
        if total < 10:
            context.continue_as_new(total, save_events=True)
            return None
        return total

    app.add(counter)
    instance_id = app.start(counter, 0)
    for _ in range(10):
        app.client.raise_orchestration_event(instance_id, "add", data=1)
    assert app.result(instance_id).get_output() == 10
    history = app.client.get_orchestration_history(instance_id)
    assert sum(type(event).__name__ == "EventRaisedEvent" for event in history) < 10


def test_what_an_earlier_execution_left_behind_does_not_reach_the_next(app: App) -> None:
    def restless(context: OrchestrationContext, left: int) -> Steps:
        slow = context.create_timer(timedelta(milliseconds=50))
        yield task.when_any([slow, context.create_timer(timedelta(0))])
        if left:
            context.continue_as_new(left - 1)
            return None
        yield context.create_timer(timedelta(milliseconds=150))
        return "once"

    app.add(restless)
    assert app.run(restless, 3) == "once"


def test_custom_status_shows_while_it_runs_and_after(app: App) -> None:
    def steps(context: OrchestrationContext, _: Any) -> Steps:
        context.set_custom_status({"step": 1})
        yield context.wait_for_external_event("go")
        context.set_custom_status({"step": 2})

    def shown(instance_id: str) -> Any:
        state = app.client.get_orchestration_state(instance_id)
        return json.loads(state.serialized_custom_status or "null") if state else None

    app.add(steps)
    instance_id = app.start(steps)
    eventually(lambda: shown(instance_id) == {"step": 1})
    app.client.raise_orchestration_event(instance_id, "go")
    app.result(instance_id)
    assert shown(instance_id) == {"step": 2}


def test_version_and_tags_go_through(app: App) -> None:
    def versioned(context: OrchestrationContext, _: Any) -> Any:
        return context.version

    app.add(versioned)
    instance_id = app.start(versioned, version="2.1", tags={"team": "payments"})
    assert app.result(instance_id).get_output() == "2.1"
    events = app.client.get_orchestration_history(instance_id)
    started = next(event for event in events if type(event).__name__ == "ExecutionStartedEvent")
    assert getattr(started, "tags", None) == {"team": "payments"}


def test_a_start_in_the_future_waits_for_its_time(app: App) -> None:
    def now(context: OrchestrationContext, _: Any) -> Any:
        return context.current_utc_datetime.isoformat()

    app.add(now)
    start_at = datetime.now(UTC) + timedelta(milliseconds=400)
    instance_id = app.start(now, start_at=start_at)
    assert app.status(instance_id) == "PENDING"
    assert app.result(instance_id).get_output() >= start_at.replace(tzinfo=None).isoformat()


def test_the_history_tells_what_happened_in_order(app: App) -> None:
    def chain(context: OrchestrationContext, _: Any) -> Steps:
        yield context.call_activity(do_add, input=[1])

    app.add(chain, do_add)
    instance_id = app.start(chain)
    app.result(instance_id)
    names = [type(event).__name__ for event in app.client.get_orchestration_history(instance_id)]
    assert names == [
        "OrchestratorStartedEvent",
        "ExecutionStartedEvent",
        "TaskScheduledEvent",
        "OrchestratorCompletedEvent",
        "OrchestratorStartedEvent",
        "TaskCompletedEvent",
        "OrchestratorCompletedEvent",
        "ExecutionCompletedEvent",
    ]


def test_a_history_of_hundreds_of_steps_replays(app: App) -> None:
    def long(context: OrchestrationContext, length: int) -> Steps:
        total = 0
        for _ in range(length):
            total = yield context.call_activity(do_add, input=[total, 1])
        return total

    app.add(long, do_add)
    assert app.run(long, 150) == 150
