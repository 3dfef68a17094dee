"""One durable work item: what the app's function is given, and what the backend gets back.

An orchestrator gets base64(OrchestratorRequest) and answers base64(OrchestratorResponse); an entity the same
with EntityBatchRequest and EntityBatchResult; an activity gets and answers JSON. Names match without case.
A failing activity answers with its exception's type and message, which the extension reads from the worker's
"Type: message".
"""

import base64
import traceback
from typing import Any

from azure.functions.meta import Datum
from durabletask.internal import helpers
from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.wrappers_pb2 import StringValue

from sandbox.host.index import Function
from sandbox.host.invoke import Invoker

_NAME_FIELDS = {
    "orchestrationTrigger": "orchestration",
    "activityTrigger": "activity",
    "entityTrigger": "entityName",
}
Answer = tuple[str, Any]
"""The service method that takes it, and the message."""


class NoSuchFunction(Exception):
    """The app has no such orchestrator, activity or entity, or it is disabled."""


class DurableWork:
    """Finds and calls durable functions by the names the backend knows."""

    def __init__(self, functions: list[Function], invoker: Invoker) -> None:
        self._invoker = invoker
        self._functions = {
            (function.kind, durable_name(function).lower()): function
            for function in functions
            if function.is_durable and not function.disabled
        }

    async def answer(self, kind: str, request: Any) -> Answer:
        """Run what a work item asks for. kind: the name of the work item's filled field."""
        if kind == "orchestratorRequest":
            return "CompleteOrchestratorTask", await self._orchestrate(request)
        if kind == "activityRequest":
            return "CompleteActivityTask", await self._act(request)
        return "CompleteEntityTask", await self._operate(request)

    async def _orchestrate(self, request: pb.OrchestratorRequest) -> pb.OrchestratorResponse:
        started = [event for event in request.pastEvents if event.HasField("executionStarted")]
        started += [event for event in request.newEvents if event.HasField("executionStarted")]
        try:
            name = started[-1].executionStarted.name
            text = await self._call("orchestrationTrigger", name, _encoded(request))
            return pb.OrchestratorResponse.FromString(base64.b64decode(text))
        except Exception as error:
            failed = pb.CompleteOrchestrationAction(
                orchestrationStatus=pb.ORCHESTRATION_STATUS_FAILED, failureDetails=failure(error)
            )
            action = pb.OrchestratorAction(id=-1, completeOrchestration=failed)
            return pb.OrchestratorResponse(instanceId=request.instanceId, actions=[action])

    async def _act(self, request: pb.ActivityRequest) -> pb.ActivityResponse:
        response = pb.ActivityResponse(
            instanceId=request.orchestrationInstance.instanceId, taskId=request.taskId
        )
        try:
            text = await self._call("activityTrigger", request.name, request.input.value or "null")
        except Exception as error:
            response.failureDetails.CopyFrom(failure(error))
        else:
            response.result.CopyFrom(StringValue(value=text))
        return response

    async def _operate(self, request: pb.EntityBatchRequest | pb.EntityRequest) -> pb.EntityBatchResult:
        infos: list[Any] = []
        if isinstance(request, pb.EntityRequest):
            request, infos = helpers.convert_to_entity_batch_request(request)
        try:
            name = request.instanceId.split("@")[1]
            text = await self._call("entityTrigger", name, _encoded(request))
            result = pb.EntityBatchResult.FromString(base64.b64decode(text))
        except Exception as error:
            details = failure(error)
            refused = pb.OperationResult(failure=pb.OperationResultFailure(failureDetails=details))
            result = pb.EntityBatchResult(failureDetails=details, results=[refused] * len(request.operations))
            if request.HasField("entityState"):
                result.entityState.CopyFrom(request.entityState)
        del result.operationInfos[:]
        result.operationInfos.extend(infos)
        return result

    async def _call(self, kind: str, name: str, text: str) -> str:
        function = self._functions.get((kind, name.lower()))
        if function is None:
            trigger = kind.removesuffix("Trigger")
            raise NoSuchFunction(f"The function '{name}' does not exist, is disabled, or is no {trigger}")
        returned, _ = await self._invoker.run(function, Datum(text, "string"))
        return "null" if returned is None or returned.value is None else str(returned.value)


def durable_name(function: Function) -> str:
    """The name the backend knows a durable function by."""
    return str(function.trigger.get(_NAME_FIELDS[function.kind]) or function.name)


def failure(error: Exception) -> pb.TaskFailureDetails:
    """The error as the backend keeps it; never without a message, which some backends take for success."""
    name = type(error).__name__
    return pb.TaskFailureDetails(
        errorType=name,
        errorMessage=str(error) or name,
        stackTrace=StringValue(value="".join(traceback.format_exception(error))),
        isNonRetriable=isinstance(error, NoSuchFunction),
    )


def _encoded(request: Any) -> str:
    return base64.b64encode(request.SerializeToString()).decode()
