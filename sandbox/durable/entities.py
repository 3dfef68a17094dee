"""Entities: named state that operations change one batch at a time.

Operations wait in `operations`. A worker gets a batch with the state, and answers with results, the new state
and what else should happen: one transaction. While a critical section holds an entity only its own calls go on.
"""

import logging
import sqlite3
from uuid import uuid4

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import inbox, lifetimes, locks, timers
from sandbox.durable.commits import Kind, Refused, Step
from sandbox.durable.dispatch import Delivery
from sandbox.durable.events import event, microseconds, named_failure, text
from sandbox.durable.instances import Instance

_log = logging.getLogger("durable")
_BATCH = 200

Operation = tuple[int, int | None, pb.HistoryEvent]
"""Its number in the queue, the execution that called (None for a signal), the event."""


def signal(step: Step, signaled: pb.EntityOperationSignaledEvent) -> None:
    """Queue a signal, now or at its time."""
    entity_id = signaled.targetInstanceId.value
    operation = event(step.now_us, entityOperationSignaled=signaled)
    due_us = microseconds(signaled.scheduledTime) if signaled.HasField("scheduledTime") else 0
    if due_us > step.now_us:
        timers.arm_signal(step, entity_id, operation, due_us)
    else:
        _queue(step, entity_id, operation, None)


def signal_from_client(step: Step, request: pb.SignalEntityRequest) -> None:
    """Queue a client's signal."""
    signaled = pb.EntityOperationSignaledEvent(
        requestId=request.requestId or uuid4().hex,
        operation=request.name,
        input=request.input if request.HasField("input") else None,
        scheduledTime=request.scheduledTime if request.HasField("scheduledTime") else None,
        targetInstanceId=text(request.instanceId),
    )
    signal(step, signaled)


def call(step: Step, caller: Instance, called: pb.EntityOperationCalledEvent) -> None:
    """Queue an orchestrator's call, to be answered to that very execution."""
    operation = event(step.now_us, entityOperationCalled=called)
    _queue(step, called.targetInstanceId.value, operation, caller)


def load(db: sqlite3.Connection, entity_id: str) -> Delivery | None:
    """The next batch of an entity, or None if there is none now."""
    row = db.execute("SELECT state, holder FROM entities WHERE entity_id = ?", (entity_id,)).fetchone()
    state, holder = row if row is not None else (None, None)
    query = "SELECT id, caller_execution, event FROM operations WHERE entity_id = ?"
    found = db.execute(
        f"{query} AND (? IS NULL OR caller = ?) ORDER BY id LIMIT {_BATCH}", (entity_id, holder, holder)
    ).fetchall()
    if not found:
        return None
    operations = [(number, caller, pb.HistoryEvent.FromString(blob)) for number, caller, blob in found]
    request = pb.EntityRequest(
        instanceId=entity_id,
        entityState=text(state),
        operationRequests=[operation for _, _, operation in operations],
    )
    return Delivery(
        kind=Kind.ENTITY,
        key=entity_id,
        name=entity_id.split("@")[1] if entity_id.startswith("@") else entity_id,
        version="",
        body=pb.WorkItem(entityRequestV2=request).SerializeToString(),
        content=operations,
    )


def complete(step: Step, entity_id: str, operations: list[Operation], result: pb.EntityBatchResult) -> None:
    """Record a batch's results. Operations without one stay queued, unless nothing was achieved at all."""
    failure = result.failureDetails if result.HasField("failureDetails") else None
    if failure is None and not result.results:
        failure = pb.TaskFailureDetails(errorType="NoResult", errorMessage="The entity answered nothing.")
    results = list(result.results)
    if failure is not None:
        refused = pb.OperationResultFailure(failureDetails=named_failure(failure))
        results += [pb.OperationResult(failure=refused)] * (len(operations) - len(results))
    for (number, caller_execution, operation), outcome in zip(operations, results, strict=False):
        step.db.execute("DELETE FROM operations WHERE entity_id = ? AND id = ?", (entity_id, number))
        if caller_execution is not None:
            inbox.send(step, caller_execution, _answer(step, operation, outcome))
    step.db.execute(
        "INSERT INTO entities (entity_id, state, modified_us) VALUES (?, ?, ?) ON CONFLICT (entity_id)"
        " DO UPDATE SET state = excluded.state, modified_us = excluded.modified_us",
        (entity_id, result.entityState.value or None, step.now_us),
    )
    for action in result.actions:
        _carry_out(step, action)
    locks.grant(step)
    step.offer(Kind.ENTITY, entity_id)


def _queue(step: Step, entity_id: str, operation: pb.HistoryEvent, caller: Instance | None) -> None:
    step.db.execute(
        "INSERT INTO operations (entity_id, id, caller, caller_execution, event) VALUES (?, ?, ?, ?, ?)",
        (
            entity_id,
            step.number(),
            None if caller is None else caller.instance_id,
            None if caller is None else caller.execution,
            operation.SerializeToString(),
        ),
    )
    step.offer(Kind.ENTITY, entity_id)


def _answer(step: Step, operation: pb.HistoryEvent, outcome: pb.OperationResult) -> pb.HistoryEvent:
    request_id = operation.entityOperationCalled.requestId
    if outcome.HasField("failure"):
        failed = pb.EntityOperationFailedEvent(
            requestId=request_id, failureDetails=named_failure(outcome.failure.failureDetails)
        )
        return event(step.now_us, entityOperationFailed=failed)
    completed = pb.EntityOperationCompletedEvent(requestId=request_id, output=outcome.success.result)
    return event(step.now_us, entityOperationCompleted=completed)


def _carry_out(step: Step, action: pb.OperationAction) -> None:
    if action.HasField("sendSignal"):
        wanted = action.sendSignal
        signaled = pb.EntityOperationSignaledEvent(
            requestId=uuid4().hex,
            operation=wanted.name,
            input=wanted.input if wanted.HasField("input") else None,
            scheduledTime=wanted.scheduledTime if wanted.HasField("scheduledTime") else None,
            targetInstanceId=text(wanted.instanceId),
        )
        signal(step, signaled)
    elif action.HasField("startNewOrchestration"):
        begun = action.startNewOrchestration
        scheduled = begun.HasField("scheduledTime")
        started = lifetimes.started_event(
            name=begun.name,
            instance_id=begun.instanceId or uuid4().hex,
            version=begun.version.value if begun.HasField("version") else None,
            encoded_input=begun.input.value if begun.HasField("input") else None,
            trace=begun.parentTraceContext if begun.HasField("parentTraceContext") else None,
            scheduled_us=microseconds(begun.scheduledTime) if scheduled else None,
        )
        try:
            lifetimes.begin(step, started)
        except Refused as refused:
            _log.warning("an entity could not start an orchestration: %s", refused)
