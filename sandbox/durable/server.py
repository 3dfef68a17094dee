"""The gRPC edge: each method of TaskHubSidecarService, one coroutine on one event loop.

Nothing here waits in a thread, so any number of clients may wait for instances while work goes on. Work items
leave as bytes that are already encoded.
"""
# ruff: noqa: N802 - the methods are named as in the protocol

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import grpc.aio
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.internal import orchestrator_service_pb2_grpc as stubs
from google.protobuf.empty_pb2 import Empty

from sandbox.durable import entities, instances, management, purging, queries, rewinding
from sandbox.durable.commits import Refused, Transition
from sandbox.durable.events import FINISHED
from sandbox.durable.hub import TaskHub
from sandbox.durable.streams import Stream

Context = grpc.aio.ServicerContext[Any, Any]
_SERVICE = "TaskHubSidecarService"
_OPTIONS = [
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.max_ping_strikes", 0),
]


class Service(stubs.TaskHubSidecarServiceServicer):
    """The protocol's methods over one task hub. Method names are the protocol's."""

    def __init__(self, hub: TaskHub) -> None:
        self._hub = hub
        self.closing = asyncio.Event()

    async def _change(self, context: Context, transition: Transition) -> Any:
        try:
            return await self._hub.commits.run(transition)
        except Refused as refused:
            await context.abort(refused.code, str(refused))

    # Clients

    async def Hello(self, request: Empty, context: Context) -> Empty:
        return Empty()

    async def CreateTaskHub(self, request: Any, context: Context) -> pb.CreateTaskHubResponse:
        return pb.CreateTaskHubResponse()

    async def DeleteTaskHub(self, request: Any, context: Context) -> pb.DeleteTaskHubResponse:
        return pb.DeleteTaskHubResponse()

    async def StartInstance(
        self, request: pb.CreateInstanceRequest, context: Context
    ) -> pb.CreateInstanceResponse:
        started = await self._change(context, lambda step: management.start(step, request))
        return pb.CreateInstanceResponse(instanceId=started)

    async def GetInstance(self, request: pb.GetInstanceRequest, context: Context) -> pb.GetInstanceResponse:
        return queries.get(self._hub.db, request)

    async def WaitForInstanceStart(
        self, request: pb.GetInstanceRequest, context: Context
    ) -> pb.GetInstanceResponse:
        return await self._wait(request, lambda status: status != pb.ORCHESTRATION_STATUS_PENDING)

    async def WaitForInstanceCompletion(
        self, request: pb.GetInstanceRequest, context: Context
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

    async def RaiseEvent(self, request: pb.RaiseEventRequest, context: Context) -> pb.RaiseEventResponse:
        await self._change(context, lambda step: management.raise_event(step, request))
        return pb.RaiseEventResponse()

    async def TerminateInstance(self, request: pb.TerminateRequest, context: Context) -> pb.TerminateResponse:
        await self._change(context, lambda step: management.terminate(step, request))
        return pb.TerminateResponse()

    async def SuspendInstance(self, request: pb.SuspendRequest, context: Context) -> pb.SuspendResponse:
        await self._change(context, lambda step: management.suspend(step, request))
        return pb.SuspendResponse()

    async def ResumeInstance(self, request: pb.ResumeRequest, context: Context) -> pb.ResumeResponse:
        await self._change(context, lambda step: management.resume(step, request))
        return pb.ResumeResponse()

    async def RestartInstance(
        self, request: pb.RestartInstanceRequest, context: Context
    ) -> pb.RestartInstanceResponse:
        started = await self._change(context, lambda step: management.restart(step, request))
        return pb.RestartInstanceResponse(instanceId=started)

    async def RewindInstance(
        self, request: pb.RewindInstanceRequest, context: Context
    ) -> pb.RewindInstanceResponse:
        await self._change(context, lambda step: rewinding.rewind(step, request))
        return pb.RewindInstanceResponse()

    async def QueryInstances(
        self, request: pb.QueryInstancesRequest, context: Context
    ) -> pb.QueryInstancesResponse:
        return await _read(context, lambda: queries.query(self._hub.db, request.query))

    async def ListInstanceIds(
        self, request: pb.ListInstanceIdsRequest, context: Context
    ) -> pb.ListInstanceIdsResponse:
        return await _read(context, lambda: queries.list_ids(self._hub.db, request))

    async def PurgeInstances(
        self, request: pb.PurgeInstancesRequest, context: Context
    ) -> pb.PurgeInstancesResponse:
        return await purging.purge(self._hub.db, self._hub.commits, request)

    async def StreamInstanceHistory(
        self, request: pb.StreamInstanceHistoryRequest, context: Context
    ) -> AsyncIterator[pb.HistoryChunk]:
        instance = instances.find(self._hub.db, request.instanceId)
        if instance is None:
            message = f"No orchestration instance has the id '{request.instanceId}'."
            await context.abort(grpc.StatusCode.NOT_FOUND, message)
        for chunk in queries.history_chunks(self._hub.db, instance.execution):
            yield chunk

    async def SignalEntity(
        self, request: pb.SignalEntityRequest, context: Context
    ) -> pb.SignalEntityResponse:
        await self._change(context, lambda step: entities.signal_from_client(step, request))
        return pb.SignalEntityResponse()

    async def GetEntity(self, request: pb.GetEntityRequest, context: Context) -> pb.GetEntityResponse:
        return queries.get_entity(self._hub.db, request)

    async def QueryEntities(
        self, request: pb.QueryEntitiesRequest, context: Context
    ) -> pb.QueryEntitiesResponse:
        return queries.query_entities(self._hub.db, request.query)

    async def CleanEntityStorage(
        self, request: pb.CleanEntityStorageRequest, context: Context
    ) -> pb.CleanEntityStorageResponse:
        answer: pb.CleanEntityStorageResponse = await self._change(
            context, lambda step: purging.clean_entities(step, request)
        )
        return answer

    # Workers

    async def GetWorkItems(self, request: pb.GetWorkItemsRequest, context: Context) -> None:
        stream = Stream(request)
        closing = asyncio.create_task(self.closing.wait())
        sending = asyncio.create_task(_send(stream, context))
        try:
            self._hub.dispatcher.attach(stream)
            await asyncio.wait((closing, sending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
            sending.cancel()
            self._hub.dispatcher.detach(stream)

    async def CompleteOrchestratorTask(
        self, request: pb.OrchestratorResponse, context: Context
    ) -> pb.CompleteTaskResponse:
        await self._hub.answer_turn(request)
        return pb.CompleteTaskResponse()

    async def CompleteActivityTask(
        self, request: pb.ActivityResponse, context: Context
    ) -> pb.CompleteTaskResponse:
        await self._hub.answer_activity(request)
        return pb.CompleteTaskResponse()

    async def CompleteEntityTask(
        self, request: pb.EntityBatchResult, context: Context
    ) -> pb.CompleteTaskResponse:
        await self._hub.answer_entity(request)
        return pb.CompleteTaskResponse()

    async def AbandonTaskOrchestratorWorkItem(
        self, request: pb.AbandonOrchestrationTaskRequest, context: Context
    ) -> pb.AbandonOrchestrationTaskResponse:
        self._hub.abandon(request.completionToken)
        return pb.AbandonOrchestrationTaskResponse()

    async def AbandonTaskActivityWorkItem(
        self, request: pb.AbandonActivityTaskRequest, context: Context
    ) -> pb.AbandonActivityTaskResponse:
        self._hub.abandon(request.completionToken)
        return pb.AbandonActivityTaskResponse()

    async def AbandonTaskEntityWorkItem(
        self, request: pb.AbandonEntityTaskRequest, context: Context
    ) -> pb.AbandonEntityTaskResponse:
        self._hub.abandon(request.completionToken)
        return pb.AbandonEntityTaskResponse()


async def _read[T](context: Context, read: Callable[[], T]) -> T:
    try:
        return read()
    except Refused as refused:
        await context.abort(refused.code, str(refused))
        raise


async def _send(stream: Stream, context: Context) -> None:
    while True:
        await context.write(await stream.next())


class Server:
    """The service on 127.0.0.1."""

    def __init__(self, hub: TaskHub) -> None:
        self._service = Service(hub)
        self._server = grpc.aio.server(options=_OPTIONS)
        _register(self._service, self._server)

    async def start(self, port: int) -> int:
        """Listen. port: 0 for any free one; answers the one taken. Raises: RuntimeError, it is in use."""
        bound = self._server.add_insecure_port(f"127.0.0.1:{port}")
        await self._server.start()
        return bound

    async def stop(self) -> None:
        """End the streams and what is being answered, within a second."""
        self._service.closing.set()
        await self._server.stop(grace=0.5)


def _register(service: Service, server: grpc.aio.Server) -> None:
    """Register the methods as the generated code does, except that work items pass as bytes.

    And except that it would also register each method by name: the asyncio server then waits on as many
    futures as there are methods for every single call.
    """

    class Recorder:
        handlers: dict[str, Any]

        def add_generic_rpc_handlers(self, handlers: Any) -> None: ...

        def add_registered_method_handlers(self, name: str, handlers: Any) -> None:
            self.handlers = handlers

    recorder = Recorder()
    add: Callable[[Any, Any], None] = stubs.add_TaskHubSidecarServiceServicer_to_server
    add(service, recorder)
    recorder.handlers["GetWorkItems"] = grpc.unary_stream_rpc_method_handler(
        service.GetWorkItems, request_deserializer=pb.GetWorkItemsRequest.FromString
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, recorder.handlers),))
