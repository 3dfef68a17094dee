"""How executions begin, follow one another, end and are removed.

Used by every transition that starts or stops an orchestration. Handing out work is left to the dispatcher:
an event in the inbox only says that there may be work.
"""
# ruff: noqa: S608 - the SQL is put together from constants; values are always parameters

from uuid import uuid4

import grpc
from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import history, inbox, locks, timers
from sandbox.durable.commits import Refused, Step
from sandbox.durable.events import FINISHED, event, microseconds, text, timestamp
from sandbox.durable.instances import Instance, find


def started_event(
    *,
    name: str,
    instance_id: str,
    version: str | None = None,
    encoded_input: str | None = None,
    tags: dict[str, str] | None = None,
    trace: pb.TraceContext | None = None,
    scheduled_us: int | None = None,
    parent: pb.ParentInstanceInfo | None = None,
    execution_id: str = "",
) -> pb.ExecutionStartedEvent:
    """What an orchestrator is told when it begins."""
    return pb.ExecutionStartedEvent(
        name=name,
        version=text(version),
        input=text(encoded_input),
        orchestrationInstance=pb.OrchestrationInstance(
            instanceId=instance_id, executionId=text(execution_id or uuid4().hex)
        ),
        parentInstance=parent,
        scheduledStartTimestamp=None if scheduled_us is None else timestamp(scheduled_us),
        parentTraceContext=trace,
        tags=tags,
    )


def begin(
    step: Step,
    started: pb.ExecutionStartedEvent,
    *,
    replaceable: tuple[int, ...] = FINISHED,
    parent_execution: int | None = None,
) -> int:
    """Begin an execution, in the place of an instance of that id whose status is replaceable.

    Raises: Refused (ALREADY_EXISTS).
    """
    instance_id = started.orchestrationInstance.instanceId
    present = find(step.db, instance_id)
    if present is not None:
        if present.status not in replaceable:
            status = pb.OrchestrationStatus.Name(present.status).removeprefix("ORCHESTRATION_STATUS_")
            raise Refused(
                grpc.StatusCode.ALREADY_EXISTS,
                f"The orchestration instance '{instance_id}' exists and is {status.lower()}.",
            )
        remove(step, present)
    execution = step.number()
    scheduled_us = None
    if started.HasField("scheduledStartTimestamp"):
        scheduled_us = microseconds(started.scheduledStartTimestamp)
    has_parent = started.HasField("parentInstance")
    step.db.execute(
        "INSERT INTO instances (execution, instance_id, execution_id, name, version, status, created_us,"
        " updated_us, scheduled_us, parent_execution, parent_task, parent_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            execution,
            instance_id,
            started.orchestrationInstance.executionId.value,
            started.name,
            started.version.value if started.HasField("version") else None,
            pb.ORCHESTRATION_STATUS_PENDING,
            step.now_us,
            step.now_us,
            scheduled_us,
            parent_execution,
            started.parentInstance.taskScheduledId if has_parent else None,
            started.parentInstance.orchestrationInstance.instanceId if has_parent else None,
        ),
    )
    step.db.execute(
        "INSERT INTO payloads (execution, input, started) VALUES (?, ?, ?)",
        (
            execution,
            started.input.value if started.HasField("input") else None,
            started.SerializeToString(),
        ),
    )
    inbox.send(step, execution, event(step.now_us, executionStarted=started))
    if scheduled_us is not None and scheduled_us > step.now_us:
        timers.arm_start(step, execution, scheduled_us)
    return execution


def succeed(step: Step, instance: Instance, successor: int, started: pb.ExecutionStartedEvent) -> None:
    """Give an instance its next execution, with no history; its unfinished activities answer to nobody."""
    execution_id = uuid4().hex
    started.orchestrationInstance.executionId.value = execution_id
    locks.withdraw(step, instance.execution)
    history.forget(step.db, instance.execution)
    step.db.execute("DELETE FROM timers WHERE execution = ?", (instance.execution,))
    step.db.execute(
        "UPDATE instances SET execution = ?, execution_id = ?, version = ?, status = ?, updated_us = ?,"
        " steps = 0, custom_status = ?, trace = NULL, scheduled_us = NULL WHERE execution = ?",
        (
            successor,
            execution_id,
            started.version.value if started.HasField("version") else None,
            pb.ORCHESTRATION_STATUS_RUNNING,
            step.now_us,
            instance.custom_status,
            instance.execution,
        ),
    )
    step.db.execute(
        "UPDATE payloads SET execution = ?, input = ?, started = ? WHERE execution = ?",
        (
            successor,
            started.input.value if started.HasField("input") else None,
            started.SerializeToString(),
            instance.execution,
        ),
    )
    step.changed.append(instance.instance_id)


def finish(
    step: Step,
    instance: Instance,
    status: int,
    output: str | None = None,
    failure: pb.TaskFailureDetails | None = None,
) -> None:
    """Record how an execution ended and tell its parent. Activities it left behind still run."""
    step.db.execute(
        "UPDATE instances SET status = ?, updated_us = ?, completed_us = ? WHERE execution = ?",
        (status, step.now_us, step.now_us, instance.execution),
    )
    step.db.execute(
        "UPDATE payloads SET output = ?, failure = ? WHERE execution = ?",
        (output, None if failure is None else failure.SerializeToString(), instance.execution),
    )
    step.db.execute("DELETE FROM inbox WHERE execution = ?", (instance.execution,))
    step.db.execute("DELETE FROM timers WHERE execution = ?", (instance.execution,))
    locks.withdraw(step, instance.execution)
    step.changed.append(instance.instance_id)
    if instance.parent_execution is not None:
        answer = child_ended(step.now_us, instance.parent_task or 0, status, output, failure)
        inbox.send(step, instance.parent_execution, answer)


def child_ended(
    now_us: int, task_id: int, status: int, output: str | None, failure: pb.TaskFailureDetails | None
) -> pb.HistoryEvent:
    """What a parent is told about the end of a sub-orchestration."""
    if status == pb.ORCHESTRATION_STATUS_COMPLETED:
        completed = pb.SubOrchestrationInstanceCompletedEvent(taskScheduledId=task_id, result=text(output))
        return event(now_us, subOrchestrationInstanceCompleted=completed)
    if failure is None:
        name = pb.OrchestrationStatus.Name(status).removeprefix("ORCHESTRATION_STATUS_")
        failure = pb.TaskFailureDetails(
            errorType=name.capitalize(), errorMessage=f"The sub-orchestration was {name.lower()}."
        )
    failed = pb.SubOrchestrationInstanceFailedEvent(taskScheduledId=task_id, failureDetails=failure)
    return event(now_us, subOrchestrationInstanceFailed=failed)


def remove(step: Step, instance: Instance) -> None:
    """Remove an instance and everything that belongs to its execution."""
    locks.withdraw(step, instance.execution)
    for table in ("instances", "payloads", "inbox", "tasks", "timers"):
        step.db.execute(f"DELETE FROM {table} WHERE execution = ?", (instance.execution,))
    history.forget(step.db, instance.execution)
    step.changed.append(instance.instance_id)
