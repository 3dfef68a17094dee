"""The edge: each method of TaskHubSidecarService, one coroutine on one event loop.

Nothing here waits in a thread, so any number of clients may wait for instances while work goes on. Work items
leave as bytes that are already encoded, in the turn of the loop in which they became ready.
"""
# ruff: noqa: N802 - the methods are named as in the protocol

import asyncio
from collections.abc import Callable
from typing import Any

from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message_factory import GetMessageClass

from sandbox.durable import (
    answers,
    entities,
    entity_queries,
    instances,
    management,
    purging,
    queries,
    rewinding,
)
from sandbox.durable.events import FINISHED
from sandbox.durable.hub import TaskHub
from sandbox.durable.streams import Stream
from sandbox.durable.wire.rpc import Call, Method, RpcServer

_STOPS_WITH_CLIENT = {"WaitForInstanceStart", "WaitForInstanceCompletion", "GetWorkItems", "PurgeInstances"}
_SERVICE = pb.DESCRIPTOR.services_by_name["TaskHubSidecarService"]


class Service:
    """The protocol's methods over one task hub: (request, call) -> answer. Named as in the protocol."""

    def __init__(self, hub: TaskHub) -> None:
        self._hub = hub
        self._change = hub.commits.run

    # Clients

    async def Hello(self, request: Empty, call: Call) -> Empty:
        return Empty()

    async def CreateTaskHub(self, request: pb.CreateTaskHubRequest, call: Call) -> pb.CreateTaskHubResponse:
        return pb.CreateTaskHubResponse()

    async def DeleteTaskHub(self, request: pb.DeleteTaskHubRequest, call: Call) -> pb.DeleteTaskHubResponse:
        return pb.DeleteTaskHubResponse()

    async def StartInstance(self, request: pb.CreateInstanceRequest, call: Call) -> pb.CreateInstanceResponse:
        started = await self._change(lambda step: management.start(step, request))
        return pb.CreateInstanceResponse(instanceId=started)

    async def GetInstance(self, request: pb.GetInstanceRequest, call: Call) -> pb.GetInstanceResponse:
        return queries.get(self._hub.db, request)

    async def WaitForInstanceStart(
        self, request: pb.GetInstanceRequest, call: Call
    ) -> pb.GetInstanceResponse:
        return await self._wait(request, lambda status: status != pb.ORCHESTRATION_STATUS_PENDING)

    async def WaitForInstanceCompletion(
        self, request: pb.GetInstanceRequest, call: Call
    ) -> pb.GetInstanceResponse:
        return await self._wait(request, lambda status: status in FINISHED)

    async def _wait(
        self, request: pb.GetInstanceRequest, reached: Callable[[int], bool]
    ) -> pb.GetInstanceResponse:
        """Answer when the status is reached; for an unknown id when it comes to exist and reaches it."""

        def is_reached() -> bool:
            status = queries.status(self._hub.db, request.instanceId)
            return status is not None and reached(status)

        await self._hub.waiters.until(request.instanceId, is_reached)
        return queries.get(self._hub.db, request)

    async def RaiseEvent(self, request: pb.RaiseEventRequest, call: Call) -> pb.RaiseEventResponse:
        await self._change(lambda step: management.raise_event(step, request))
        return pb.RaiseEventResponse()

    async def TerminateInstance(self, request: pb.TerminateRequest, call: Call) -> pb.TerminateResponse:
        await self._change(lambda step: management.terminate(step, request))
        return pb.TerminateResponse()

    async def SuspendInstance(self, request: pb.SuspendRequest, call: Call) -> pb.SuspendResponse:
        await self._change(lambda step: management.suspend(step, request))
        return pb.SuspendResponse()

    async def ResumeInstance(self, request: pb.ResumeRequest, call: Call) -> pb.ResumeResponse:
        await self._change(lambda step: management.resume(step, request))
        return pb.ResumeResponse()

    async def RestartInstance(
        self, request: pb.RestartInstanceRequest, call: Call
    ) -> pb.RestartInstanceResponse:
        started = await self._change(lambda step: management.restart(step, request))
        return pb.RestartInstanceResponse(instanceId=started)

    async def RewindInstance(
        self, request: pb.RewindInstanceRequest, call: Call
    ) -> pb.RewindInstanceResponse:
        await self._change(lambda step: rewinding.rewind(step, request))
        return pb.RewindInstanceResponse()

    async def QueryInstances(
        self, request: pb.QueryInstancesRequest, call: Call
    ) -> pb.QueryInstancesResponse:
        return queries.query(self._hub.db, request.query)

    async def ListInstanceIds(
        self, request: pb.ListInstanceIdsRequest, call: Call
    ) -> pb.ListInstanceIdsResponse:
        return queries.list_ids(self._hub.db, request)

    async def PurgeInstances(
        self, request: pb.PurgeInstancesRequest, call: Call
    ) -> pb.PurgeInstancesResponse:
        return await purging.purge(self._hub.db, self._hub.commits, request)

    async def StreamInstanceHistory(self, request: pb.StreamInstanceHistoryRequest, call: Call) -> None:
        instance = instances.must_find(self._hub.db, request.instanceId)
        for chunk in queries.history_chunks(self._hub.db, instance.execution):
            call.send(chunk.SerializeToString())

    async def SignalEntity(self, request: pb.SignalEntityRequest, call: Call) -> pb.SignalEntityResponse:
        await self._change(lambda step: entities.signal_from_client(step, request))
        return pb.SignalEntityResponse()

    async def GetEntity(self, request: pb.GetEntityRequest, call: Call) -> pb.GetEntityResponse:
        return entity_queries.get(self._hub.db, request)

    async def QueryEntities(self, request: pb.QueryEntitiesRequest, call: Call) -> pb.QueryEntitiesResponse:
        return entity_queries.query(self._hub.db, request.query)

    async def CleanEntityStorage(
        self, request: pb.CleanEntityStorageRequest, call: Call
    ) -> pb.CleanEntityStorageResponse:
        cleaned: pb.CleanEntityStorageResponse = await self._change(
            lambda step: purging.clean_entities(step, request)
        )
        return cleaned

    # Workers

    async def GetWorkItems(self, request: pb.GetWorkItemsRequest, call: Call) -> None:
        """Send work items until the worker goes, or the backend."""
        stream = Stream(request, call.send)
        try:
            self._hub.dispatcher.attach(stream)
            await asyncio.get_running_loop().create_future()
        finally:
            self._hub.dispatcher.detach(stream)

    async def CompleteOrchestratorTask(
        self, request: pb.OrchestratorResponse, call: Call
    ) -> pb.CompleteTaskResponse:
        await answers.take_turn(self._hub, request)
        return pb.CompleteTaskResponse()

    async def CompleteActivityTask(self, request: pb.ActivityResponse, call: Call) -> pb.CompleteTaskResponse:
        await answers.take_activity(self._hub, request)
        return pb.CompleteTaskResponse()

    async def CompleteEntityTask(self, request: pb.EntityBatchResult, call: Call) -> pb.CompleteTaskResponse:
        await answers.take_batch(self._hub, request)
        return pb.CompleteTaskResponse()

    async def AbandonTaskOrchestratorWorkItem(
        self, request: pb.AbandonOrchestrationTaskRequest, call: Call
    ) -> pb.AbandonOrchestrationTaskResponse:
        answers.take_back(self._hub, request.completionToken)
        return pb.AbandonOrchestrationTaskResponse()

    async def AbandonTaskActivityWorkItem(
        self, request: pb.AbandonActivityTaskRequest, call: Call
    ) -> pb.AbandonActivityTaskResponse:
        answers.take_back(self._hub, request.completionToken)
        return pb.AbandonActivityTaskResponse()

    async def AbandonTaskEntityWorkItem(
        self, request: pb.AbandonEntityTaskRequest, call: Call
    ) -> pb.AbandonEntityTaskResponse:
        answers.take_back(self._hub, request.completionToken)
        return pb.AbandonEntityTaskResponse()


def make_server(hub: TaskHub) -> RpcServer:
    """The service over a task hub, not yet listening."""
    service = Service(hub)
    methods: dict[str, Method] = {}
    for name, described in _SERVICE.methods_by_name.items():
        run: Any = getattr(service, name, None)
        if run is not None:
            decode = GetMessageClass(described.input_type).FromString
            methods[name] = Method(decode=decode, run=run, stops_with_client=name in _STOPS_WITH_CLIENT)
    return RpcServer(_SERVICE.full_name, methods, on_read=hub.commits.flush)
