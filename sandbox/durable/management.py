"""What clients may ask of one instance: start, raise an event, suspend, resume, terminate, restart.

Refusals are those of the Durable Functions extension: NOT_FOUND for an unknown id, FAILED_PRECONDITION for an
instance in the wrong state, ALREADY_EXISTS for an id in use. A finished id can be started again, unless the
request names the statuses it may replace.
"""

from uuid import uuid4

import grpc
from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import inbox, instances, lifetimes
from sandbox.durable.commits import Refused, Step
from sandbox.durable.events import FINISHED, event, microseconds
from sandbox.durable.instances import Instance


def start(step: Step, request: pb.CreateInstanceRequest) -> str:
    """Start an instance and answer its id."""
    if not request.name:
        raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "The orchestration to start has no name.")
    scheduled = request.HasField("scheduledStartTimestamp")
    started = lifetimes.started_event(
        name=request.name,
        instance_id=request.instanceId or uuid4().hex,
        version=request.version.value if request.HasField("version") else None,
        encoded_input=request.input.value if request.HasField("input") else None,
        tags=dict(request.tags),
        trace=request.parentTraceContext if request.HasField("parentTraceContext") else None,
        scheduled_us=microseconds(request.scheduledStartTimestamp) if scheduled else None,
        execution_id=request.executionId.value,
    )
    replaceable = tuple(request.orchestrationIdReusePolicy.replaceableStatus) or FINISHED
    lifetimes.begin(step, started, replaceable=replaceable)
    return started.orchestrationInstance.instanceId


def raise_event(step: Step, request: pb.RaiseEventRequest) -> None:
    """Send an external event. One that comes before the orchestrator waits for it is kept for it."""
    instance = _must_run(step, request.instanceId)
    raised = pb.EventRaisedEvent(
        name=request.name, input=request.input if request.HasField("input") else None
    )
    inbox.send(step, instance.execution, event(step.now_us, eventRaised=raised))


def suspend(step: Step, request: pb.SuspendRequest) -> None:
    """Hold an instance: what is sent to it waits until it is resumed."""
    instance = _must_run(step, request.instanceId)
    if instance.status != pb.ORCHESTRATION_STATUS_SUSPENDED:
        suspended = pb.ExecutionSuspendedEvent(input=request.reason if request.HasField("reason") else None)
        inbox.send(step, instance.execution, event(step.now_us, executionSuspended=suspended))


def resume(step: Step, request: pb.ResumeRequest) -> None:
    """Let a suspended instance go on."""
    instance = _must_run(step, request.instanceId)
    resumed = pb.ExecutionResumedEvent(input=request.reason if request.HasField("reason") else None)
    inbox.send(step, instance.execution, event(step.now_us, executionResumed=resumed))


def terminate(step: Step, request: pb.TerminateRequest) -> None:
    """End an instance; recursive: and, once it ended, the sub-orchestrations it started."""
    instance = _must_run(step, request.instanceId)
    order_termination(
        step, instance, request.output.value if request.HasField("output") else None, request.recursive
    )


def order_termination(step: Step, instance: Instance, output: str | None, recursive: bool) -> None:
    """Send a running instance its termination; one whose time to start has not come just ends."""
    if instance.scheduled_us is not None and instance.scheduled_us > step.now_us:
        lifetimes.finish(step, instance, pb.ORCHESTRATION_STATUS_TERMINATED, output)
        return
    terminated = pb.ExecutionTerminatedEvent(recurse=recursive)
    if output is not None:
        terminated.input.value = output
    inbox.send(step, instance.execution, event(step.now_us, executionTerminated=terminated))


def terminate_children(step: Step, execution: int, output: str | None) -> None:
    """Send the running sub-orchestrations of an execution their termination, and so on downwards."""
    found = step.db.execute("SELECT instance_id FROM instances WHERE parent_execution = ?", (execution,))
    for (instance_id,) in found.fetchall():
        child = instances.must_find(step.db, instance_id)
        if not child.finished:
            order_termination(step, child, output, recursive=True)


def restart(step: Step, request: pb.RestartInstanceRequest) -> str:
    """Run a finished instance once more with its input, under its id or a new one; answer that id."""
    instance = instances.must_find(step.db, request.instanceId)
    if not instance.finished:
        raise Refused(grpc.StatusCode.FAILED_PRECONDITION, f"'{request.instanceId}' has not finished.")
    (blob,) = step.db.execute(
        "SELECT started FROM payloads WHERE execution = ?", (instance.execution,)
    ).fetchone()
    started = pb.ExecutionStartedEvent.FromString(blob)
    for field in ("parentInstance", "scheduledStartTimestamp", "parentTraceContext"):
        started.ClearField(field)
    started.orchestrationInstance.executionId.value = uuid4().hex
    if request.restartWithNewInstanceId:
        started.orchestrationInstance.instanceId = uuid4().hex
    lifetimes.begin(step, started)
    return started.orchestrationInstance.instanceId


def _must_run(step: Step, instance_id: str) -> Instance:
    instance = instances.must_find(step.db, instance_id)
    if instance.finished:
        raise Refused(
            grpc.StatusCode.FAILED_PRECONDITION,
            f"The orchestration instance '{instance_id}' is not running: it has finished.",
        )
    return instance
