"""Rewind: a failed instance goes on as if what failed had not happened.

First the instance is sent executionRewound; the worker answers with its history less the failures. Then that
history replaces the old one, what it shows as under way is under way again, and the instance replays.
"""

import grpc
from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import actions, activities, history, inbox, instances, lifetimes, timers
from sandbox.durable.commits import Refused, Step
from sandbox.durable.events import event, microseconds, text
from sandbox.durable.history import HistoryCache
from sandbox.durable.instances import Instance


def rewind(step: Step, request: pb.RewindInstanceRequest) -> None:
    """Send a failed instance its rewind. Raises: Refused (NOT_FOUND, FAILED_PRECONDITION)."""
    instance = instances.must_find(step.db, request.instanceId)
    if instance.status != pb.ORCHESTRATION_STATUS_FAILED:
        raise Refused(grpc.StatusCode.FAILED_PRECONDITION, f"'{request.instanceId}' has not failed.")
    _order(step, instance, request.reason.value if request.HasField("reason") else None)


def rewrite(
    step: Step, cache: HistoryCache, instance: Instance, last: int, action: pb.RewindOrchestrationAction
) -> None:
    """Replace the history by the one the worker made. last: the inbox number it has answered for."""
    events = list(action.newHistory)
    row = history.encode(events)
    history.forget(step.db, instance.execution)
    history.append(step.db, instance.execution, 0, row)
    step.db.execute("DELETE FROM inbox WHERE execution = ? AND id <= ?", (instance.execution, last))
    step.db.execute(
        "UPDATE instances SET steps = 1, updated_us = ? WHERE execution = ?",
        (step.now_us, instance.execution),
    )
    step.after.append(lambda: cache.drop(instance.execution))
    instance.steps = 1
    _resume_outstanding(step, instance, events)
    started = event(step.now_us, orchestratorStarted=pb.OrchestratorStartedEvent())
    inbox.send(step, instance.execution, started)  # a reason to replay


def _order(step: Step, instance: Instance, reason: str | None) -> None:
    step.db.execute(
        "UPDATE instances SET status = ?, completed_us = NULL, updated_us = ? WHERE execution = ?",
        (pb.ORCHESTRATION_STATUS_RUNNING, step.now_us, instance.execution),
    )
    step.db.execute(
        "UPDATE payloads SET output = NULL, failure = NULL WHERE execution = ?", (instance.execution,)
    )
    rewound = pb.ExecutionRewoundEvent(reason=text(reason))
    inbox.send(step, instance.execution, event(step.now_us, executionRewound=rewound))
    step.changed.append(instance.instance_id)


def _resume_outstanding(step: Step, instance: Instance, events: list[pb.HistoryEvent]) -> None:
    ended = {_answers(happened) for happened in events}
    queued = activities.outstanding(step.db, instance.execution)
    for happened in events:
        number = happened.eventId
        if happened.HasField("taskScheduled") and ("task", number) not in ended and number not in queued:
            activities.schedule(step, instance, number, happened.taskScheduled)
        elif happened.HasField("timerCreated") and ("timer", number) not in ended:
            timers.arm(step, instance.execution, number, microseconds(happened.timerCreated.fireAt))
        elif happened.HasField("subOrchestrationInstanceCreated") and ("child", number) not in ended:
            _resume_child(step, instance, happened, _reason(events))


def _reason(events: list[pb.HistoryEvent]) -> str | None:
    given = [
        happened.executionRewound.reason.value for happened in events if happened.HasField("executionRewound")
    ]
    return given[-1] or None if given else None


def _answers(happened: pb.HistoryEvent) -> tuple[str, int] | None:
    if happened.HasField("taskCompleted"):
        return "task", happened.taskCompleted.taskScheduledId
    if happened.HasField("timerFired"):
        return "timer", happened.timerFired.timerId
    if happened.HasField("subOrchestrationInstanceCompleted"):
        return "child", happened.subOrchestrationInstanceCompleted.taskScheduledId
    return None


def _resume_child(step: Step, parent: Instance, happened: pb.HistoryEvent, reason: str | None) -> None:
    created = happened.subOrchestrationInstanceCreated
    child = instances.find(step.db, created.instanceId)
    if child is None or child.parent_execution != parent.execution:
        actions.begin_child(step, parent, happened.eventId, created)
    elif child.status == pb.ORCHESTRATION_STATUS_FAILED:
        _order(step, child, reason)
    elif child.finished:
        output, failure = step.db.execute(
            "SELECT output, failure FROM payloads WHERE execution = ?", (child.execution,)
        ).fetchone()
        details = None if failure is None else pb.TaskFailureDetails.FromString(failure)
        answer = lifetimes.child_ended(step.now_us, happened.eventId, child.status, output, details)
        inbox.send(step, parent.execution, answer)
