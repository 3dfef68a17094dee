"""The actions an orchestrator can decide on, one function each.

Each writes what makes the action happen and appends to the history the event that says so; on replay the
worker checks that the orchestrator decides the same again.
"""

import logging
from uuid import uuid4

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import activities, entities, inbox, instances, lifetimes, locks, management, timers
from sandbox.durable.commits import Refused, Step
from sandbox.durable.events import event, microseconds, text
from sandbox.durable.instances import Instance
from sandbox.durable.lifetimes import child_ended

_log = logging.getLogger("durable")
Events = list[pb.HistoryEvent]


def starts_work(action: pb.OrchestratorAction) -> bool:
    """Whether something would go on after a termination."""
    kind = action.WhichOneof("orchestratorActionType")
    return kind in ("scheduleTask", "createTimer", "createSubOrchestration")


def carry_out(step: Step, instance: Instance, events: Events, action: pb.OrchestratorAction) -> None:
    """Carry out one action other than the completion. events: the step's history, appended to."""
    kind = action.WhichOneof("orchestratorActionType")
    if kind in ("completeOrchestration", None):
        return
    handler = _HANDLERS.get(kind)
    if handler is None:
        _log.warning("an action of kind %s is not known here and was ignored", kind)
        return
    handler(step, instance, events, action)


def _numbered(step: Step, action: pb.OrchestratorAction, **filled: object) -> pb.HistoryEvent:
    happened = event(step.now_us, **filled)
    happened.eventId = action.id
    return happened


def _schedule_task(step: Step, instance: Instance, events: Events, action: pb.OrchestratorAction) -> None:
    wanted = action.scheduleTask
    scheduled = pb.TaskScheduledEvent(
        name=wanted.name,
        version=wanted.version if wanted.HasField("version") else None,
        input=wanted.input if wanted.HasField("input") else None,
        parentTraceContext=wanted.parentTraceContext if wanted.HasField("parentTraceContext") else None,
        tags=dict(wanted.tags),
    )
    activities.schedule(step, instance, action.id, scheduled)
    events.append(_numbered(step, action, taskScheduled=scheduled))


def _create_timer(step: Step, instance: Instance, events: Events, action: pb.OrchestratorAction) -> None:
    fire_at = action.createTimer.fireAt
    timers.arm(step, instance.execution, action.id, microseconds(fire_at))
    events.append(_numbered(step, action, timerCreated=pb.TimerCreatedEvent(fireAt=fire_at)))


def _create_sub_orchestration(
    step: Step, instance: Instance, events: Events, action: pb.OrchestratorAction
) -> None:
    wanted = action.createSubOrchestration
    created = pb.SubOrchestrationInstanceCreatedEvent(
        instanceId=wanted.instanceId or uuid4().hex,
        name=wanted.name,
        version=wanted.version if wanted.HasField("version") else None,
        input=wanted.input if wanted.HasField("input") else None,
        parentTraceContext=wanted.parentTraceContext if wanted.HasField("parentTraceContext") else None,
        tags=dict(wanted.tags),
    )
    events.append(_numbered(step, action, subOrchestrationInstanceCreated=created))
    begin_child(step, instance, action.id, created)


def begin_child(
    step: Step, parent: Instance, task_id: int, created: pb.SubOrchestrationInstanceCreatedEvent
) -> None:
    """Begin a sub-orchestration; an id in use is a failure its parent hears of."""
    started = lifetimes.started_event(
        name=created.name,
        instance_id=created.instanceId,
        version=created.version.value if created.HasField("version") else None,
        encoded_input=created.input.value if created.HasField("input") else None,
        tags=dict(created.tags),
        trace=created.parentTraceContext if created.HasField("parentTraceContext") else None,
        parent=pb.ParentInstanceInfo(
            taskScheduledId=task_id,
            name=text(parent.name),
            version=text(parent.version),
            orchestrationInstance=pb.OrchestrationInstance(
                instanceId=parent.instance_id, executionId=text(parent.execution_id)
            ),
        ),
    )
    try:
        lifetimes.begin(step, started, parent_execution=parent.execution)
    except Refused as refused:
        failure = pb.TaskFailureDetails(errorType="OrchestrationAlreadyExists", errorMessage=str(refused))
        failed = pb.ORCHESTRATION_STATUS_FAILED
        inbox.send(step, parent.execution, child_ended(step.now_us, task_id, failed, None, failure))


def _send_event(step: Step, instance: Instance, events: Events, action: pb.OrchestratorAction) -> None:
    wanted = action.sendEvent
    data = wanted.data if wanted.HasField("data") else None
    sent = pb.EventSentEvent(instanceId=wanted.instance.instanceId, name=wanted.name, input=data)
    events.append(_numbered(step, action, eventSent=sent))
    target = instances.find(step.db, wanted.instance.instanceId)
    if target is not None and not target.finished:
        raised = pb.EventRaisedEvent(name=wanted.name, input=data)
        inbox.send(step, target.execution, event(step.now_us, eventRaised=raised))


def _send_entity_message(
    step: Step, instance: Instance, events: Events, action: pb.OrchestratorAction
) -> None:
    message = action.sendEntityMessage
    kind = message.WhichOneof("EntityMessageType")
    if kind is None:
        return
    events.append(_numbered(step, action, **{kind: getattr(message, kind)}))
    if kind == "entityOperationSignaled":
        entities.signal(step, message.entityOperationSignaled)
    elif kind == "entityOperationCalled":
        entities.call(step, instance, message.entityOperationCalled)
    elif kind == "entityLockRequested":
        locks.request(step, instance.execution, instance.instance_id, message.entityLockRequested)
    else:
        unlock = message.entityUnlockSent
        locks.release(step, unlock.criticalSectionId, unlock.targetInstanceId.value)


def _terminate(step: Step, instance: Instance, events: Events, action: pb.OrchestratorAction) -> None:
    wanted = action.terminateOrchestration
    target = instances.find(step.db, wanted.instanceId)
    if target is not None and not target.finished:
        reason = wanted.reason.value if wanted.HasField("reason") else None
        management.order_termination(step, target, reason, wanted.recurse)


_HANDLERS = {
    "scheduleTask": _schedule_task,
    "createTimer": _create_timer,
    "createSubOrchestration": _create_sub_orchestration,
    "sendEvent": _send_event,
    "sendEntityMessage": _send_entity_message,
    "terminateOrchestration": _terminate,
}
