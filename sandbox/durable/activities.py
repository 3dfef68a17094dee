"""Activities: scheduled by a turn, handed out until one result is recorded.

A completion token names the activity and the attempt. It stays the same when a worker's connection or the
backend dies, so that a worker that lives on can still deliver; it changes when a lease runs out, so that the
one who was too late is not heard.
"""

import sqlite3

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import inbox
from sandbox.durable.commits import Kind, Step
from sandbox.durable.dispatch import Delivery
from sandbox.durable.events import event, named_failure, text
from sandbox.durable.instances import Instance

TaskKey = tuple[int, int, int]
"""execution, step, task id."""


def schedule(step: Step, instance: Instance, task_id: int, scheduled: pb.TaskScheduledEvent) -> None:
    """Have an activity executed at least once."""
    request = pb.ActivityRequest(
        name=scheduled.name,
        version=scheduled.version if scheduled.HasField("version") else None,
        input=scheduled.input if scheduled.HasField("input") else None,
        orchestrationInstance=pb.OrchestrationInstance(
            instanceId=instance.instance_id, executionId=text(instance.execution_id)
        ),
        taskId=task_id,
        parentTraceContext=scheduled.parentTraceContext if scheduled.HasField("parentTraceContext") else None,
        tags=dict(scheduled.tags),
    )
    key = (instance.execution, instance.steps, task_id)
    step.db.execute(
        "INSERT INTO tasks (execution, step, task_id, name, version, item) VALUES (?, ?, ?, ?, ?, ?)",
        (
            *key,
            scheduled.name,
            scheduled.version.value,
            pb.WorkItem(activityRequest=request).SerializeToString(),
        ),
    )
    step.offer(Kind.ACTIVITY, key)


def load(db: sqlite3.Connection, key: TaskKey) -> Delivery | None:
    """The activity as a worker receives it, or None if its result has been recorded."""
    row = db.execute(
        "SELECT name, version, item FROM tasks WHERE execution = ? AND step = ? AND task_id = ?", key
    ).fetchone()
    if row is None:
        return None
    return Delivery(kind=Kind.ACTIVITY, key=key, name=row[0], version=row[1], body=row[2], content=None)


def complete(step: Step, key: TaskKey, response: pb.ActivityResponse) -> bool:
    """Record a result, the first only; answer whether it was."""
    taken = step.db.execute("DELETE FROM tasks WHERE execution = ? AND step = ? AND task_id = ?", key)
    if not taken.rowcount:
        return False
    execution, _, task_id = key
    if response.HasField("failureDetails"):
        failed = pb.TaskFailedEvent(
            taskScheduledId=task_id, failureDetails=named_failure(response.failureDetails)
        )
        inbox.send(step, execution, event(step.now_us, taskFailed=failed))
    else:
        completed = pb.TaskCompletedEvent(
            taskScheduledId=task_id, result=response.result if response.HasField("result") else None
        )
        inbox.send(step, execution, event(step.now_us, taskCompleted=completed))
    return True


def outstanding(db: sqlite3.Connection, execution: int) -> set[int]:
    """Task ids of an execution that wait for their result."""
    return {
        task_id for (task_id,) in db.execute("SELECT task_id FROM tasks WHERE execution = ?", (execution,))
    }


def parse_token(token: str) -> tuple[TaskKey, int] | None:
    """The activity and the attempt a completion token names; None if it names none."""
    parts = token.split(".")
    if len(parts) != 4 or not all(part.lstrip("-").isdecimal() for part in parts):
        return None
    execution, step, task_id, attempt = map(int, parts)
    return (execution, step, task_id), attempt
