"""One turn of an orchestration: what a worker is given, and what its answer changes.

A turn delivers the inbox. Its answer moves those events to the history, carries out the actions the
orchestrator decided on, and may end the execution: all of it in one transaction.
"""

import sqlite3
from dataclasses import dataclass, field

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import actions, history, inbox, instances, lifetimes, management, rewinding
from sandbox.durable.commits import Kind, Step
from sandbox.durable.dispatch import Delivery
from sandbox.durable.events import FINISHED, event, text
from sandbox.durable.history import HistoryCache
from sandbox.durable.instances import Instance

_TURN_EVENTS = 1_000
_WAKES_SUSPENDED = ("executionResumed", "executionTerminated")


@dataclass(slots=True)
class Turn:
    """What was handed out: the instance as it was, the events it did not know, the last of the inbox."""

    instance: Instance
    events: list[pb.HistoryEvent]
    last: int


@dataclass(slots=True)
class Outcome:
    """How the answer leaves the instance."""

    status: int
    completed: pb.CompleteOrchestrationAction | None = None
    events: list[pb.HistoryEvent] = field(default_factory=list)


def load(db: sqlite3.Connection, cache: HistoryCache, execution: int, now_us: int) -> Delivery | None:
    """The next turn of an execution, or None if there is none now."""
    instance = instances.running(db, execution)
    if instance is None or (instance.scheduled_us is not None and instance.scheduled_us > now_us):
        return None
    rows = db.execute(
        "SELECT id, kind, event FROM inbox WHERE execution = ? ORDER BY id LIMIT ?", (execution, _TURN_EVENTS)
    ).fetchall()
    if not rows:
        return None
    suspended = instance.status == pb.ORCHESTRATION_STATUS_SUSPENDED
    if suspended and not any(kind in _WAKES_SUSPENDED for _, kind, _ in rows):
        return None
    if rows[0][1] == "executionRewound":  # the worker wants it alone
        rows = rows[:1]
    events = [event(now_us, orchestratorStarted=pb.OrchestratorStartedEvent())]
    events += [pb.HistoryEvent.FromString(message) for _, _, message in rows]
    request = pb.OrchestratorRequest(
        instanceId=instance.instance_id,
        executionId=text(instance.execution_id),
        newEvents=events,
        entityParameters=pb.OrchestratorEntityParameters(),
    )
    if instance.trace:
        request.orchestrationTraceContext.ParseFromString(instance.trace)
    past = cache.get(execution, instance.steps)
    return Delivery(
        kind=Kind.ORCHESTRATION,
        key=execution,
        name=instance.name,
        version=instance.version or "",
        body=b"".join([*past, pb.WorkItem(orchestratorRequest=request).SerializeToString()]),
        content=Turn(instance, events, rows[-1][0]),
    )


def complete(step: Step, cache: HistoryCache, turn: Turn, response: pb.OrchestratorResponse) -> None:
    """Carry out a worker's answer. One for an execution that is no more changes nothing."""
    instance = turn.instance
    if instances.running(step.db, instance.execution) is None:
        return
    if response.actions and response.actions[0].HasField("rewindOrchestration"):
        rewinding.rewrite(step, cache, instance, turn.last, response.actions[0].rewindOrchestration)
        return
    outcome = Outcome(status=_status_after(instance, turn.events), events=list(turn.events))
    _note_completion(outcome, response)
    terminated = outcome.status == pb.ORCHESTRATION_STATUS_TERMINATED
    for action in response.actions:
        if not (terminated and actions.starts_work(action)):
            actions.carry_out(step, instance, outcome.events, action)
    outcome.events.append(event(step.now_us, orchestratorCompleted=pb.OrchestratorCompletedEvent()))
    if response.HasField("customStatus"):
        instance.custom_status = response.customStatus.value
    if response.HasField("orchestrationTraceContext"):
        instance.trace = response.orchestrationTraceContext.SerializeToString() or None
    if outcome.completed is not None and outcome.status == pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW:
        _continue_as_new(step, cache, turn, outcome.completed)
        return
    if outcome.status in FINISHED:
        outcome.events.append(event(step.now_us, executionCompleted=_completed(outcome)))
    _record(step, cache, turn, outcome)
    if outcome.completed is not None:
        _end(step, cache, turn, outcome.completed)


def fail(step: Step, cache: HistoryCache, turn: Turn, message: str) -> None:
    """End an execution whose worker's answer could not be carried out."""
    failed = pb.CompleteOrchestrationAction(
        orchestrationStatus=pb.ORCHESTRATION_STATUS_FAILED,
        failureDetails=pb.TaskFailureDetails(
            errorType="InvalidAnswer", errorMessage=message, isNonRetriable=True
        ),
    )
    action = pb.OrchestratorAction(id=-1, completeOrchestration=failed)
    complete(step, cache, turn, pb.OrchestratorResponse(actions=[action]))


def _status_after(instance: Instance, events: list[pb.HistoryEvent]) -> int:
    status = instance.status
    if status == pb.ORCHESTRATION_STATUS_PENDING:
        status = pb.ORCHESTRATION_STATUS_RUNNING
    for delivered in events:
        if delivered.HasField("executionSuspended"):
            status = pb.ORCHESTRATION_STATUS_SUSPENDED
        elif delivered.HasField("executionResumed"):
            status = pb.ORCHESTRATION_STATUS_RUNNING
    return status


def _note_completion(outcome: Outcome, response: pb.OrchestratorResponse) -> None:
    for action in response.actions:
        if action.HasField("completeOrchestration"):
            outcome.completed = action.completeOrchestration
            outcome.status = outcome.completed.orchestrationStatus


def _completed(outcome: Outcome) -> pb.ExecutionCompletedEvent:
    completed = pb.ExecutionCompletedEvent(orchestrationStatus=outcome.status)  # type: ignore[arg-type]
    if outcome.completed is not None and outcome.completed.HasField("result"):
        completed.result.CopyFrom(outcome.completed.result)
    if outcome.completed is not None and outcome.completed.HasField("failureDetails"):
        completed.failureDetails.CopyFrom(outcome.completed.failureDetails)
    return completed


def _record(step: Step, cache: HistoryCache, turn: Turn, outcome: Outcome) -> None:
    instance = turn.instance
    row = history.encode(outcome.events)
    history.append(step.db, instance.execution, instance.steps, row)
    step.db.execute("DELETE FROM inbox WHERE execution = ? AND id <= ?", (instance.execution, turn.last))
    step.db.execute(
        "UPDATE instances SET status = ?, updated_us = ?, steps = steps + 1, custom_status = ?, trace = ?"
        " WHERE execution = ?",
        (outcome.status, step.now_us, instance.custom_status, instance.trace, instance.execution),
    )
    if instance.status != outcome.status:
        step.changed.append(instance.instance_id)
    step.after.append(lambda: cache.add(instance.execution, row))
    if len(turn.events) > _TURN_EVENTS:
        step.offer(Kind.ORCHESTRATION, instance.execution)


def _end(step: Step, cache: HistoryCache, turn: Turn, completed: pb.CompleteOrchestrationAction) -> None:
    instance = turn.instance
    output = completed.result.value if completed.HasField("result") else None
    failure = completed.failureDetails if completed.HasField("failureDetails") else None
    lifetimes.finish(step, instance, completed.orchestrationStatus, output, failure)
    step.after.append(lambda: cache.drop(instance.execution))
    if any(sent.executionTerminated.recurse for sent in turn.events if sent.HasField("executionTerminated")):
        management.terminate_children(step, instance.execution, output)


def _continue_as_new(
    step: Step, cache: HistoryCache, turn: Turn, completed: pb.CompleteOrchestrationAction
) -> None:
    """Begin the next execution under the same id: new input, no history, the events not yet consumed."""
    instance, successor = turn.instance, step.number()
    (blob,) = step.db.execute(
        "SELECT started FROM payloads WHERE execution = ?", (instance.execution,)
    ).fetchone()
    started = pb.ExecutionStartedEvent.FromString(blob)
    started.ClearField("scheduledStartTimestamp")
    started.ClearField("input")
    if completed.HasField("result"):
        started.input.CopyFrom(completed.result)
    if completed.HasField("newVersion"):
        started.version.CopyFrom(completed.newVersion)
    lifetimes.succeed(step, instance, successor, started)
    inbox.send(step, successor, event(step.now_us, executionStarted=started))
    for carried in completed.carryoverEvents:
        inbox.send(step, successor, carried)
    inbox.move(step, instance.execution, turn.last, successor)
    step.after.append(lambda: cache.drop(instance.execution))
