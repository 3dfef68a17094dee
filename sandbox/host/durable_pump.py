"""Durable triggers: pull work items from the backend and call the app's functions, as the extension does.

The stream of work items is opened again whenever it breaks. An answer is offered until the backend takes it;
what cannot be answered is abandoned, so that it is handed out again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio
from durabletask.grpc_options import GrpcChannelOptions
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.internal import orchestrator_service_pb2_grpc as stubs

from sandbox.host.config import DurableOptions
from sandbox.host.durable_client import MAX_MESSAGE_BYTES
from sandbox.host.durable_work import DurableWork
from sandbox.host.index import Function
from sandbox.host.invoke import Invoker

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 1.0
_DELIVER_FOR_S, _DELIVER_PAUSE_S = 60.0, 0.1
_ABANDON_S = 0.3
_REMEMBER_S = 30.0
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED)
_log = logging.getLogger("Host.Durable")

Key = tuple[str, str, int, str]
"""Identifies a work item: kind, instance id, task id, completion token."""


class Pump:
    """Runs the durable functions of one app. backend: host:port of the TaskHubSidecarService."""

    def __init__(
        self, functions: list[Function], backend: str, options: DurableOptions, invoker: Invoker
    ) -> None:
        self._backend, self._options = backend, options
        self._work = DurableWork(functions, invoker)
        self._slots = {
            "orchestratorRequest": asyncio.Semaphore(options.max_orchestrators),
            "activityRequest": asyncio.Semaphore(options.max_activities),
            "entityRequest": asyncio.Semaphore(options.max_entities),
        }
        self._slots["entityRequestV2"] = self._slots["entityRequest"]
        self._running: dict[Key, tuple[asyncio.Task[None], pb.WorkItem]] = {}
        # Answers that had to wait for the backend: it may have handed their items out again meanwhile.
        self._answered_late: dict[Key, float] = {}
        self._pulling: asyncio.Task[None] | None = None
        self._stub: Any = None
        self._stopping = False

    def start(self) -> None:
        """Begin to pull, now and whenever the backend comes back."""
        self._pulling = asyncio.create_task(self._pull_for_ever(), name="durable work items")

    def stop_taking(self) -> None:
        """Abandon what comes from now on. The stream stays open: its end would void what is running."""
        self._stopping = True

    async def finish(self, grace_s: float) -> bool:
        """Wait for what runs, at most grace_s; abandon the rest and close the stream.

        Returns whether there was no rest.
        """
        if self._running:
            await asyncio.wait([task for task, _ in self._running.values()], timeout=grace_s)
        running = list(self._running.values())
        for task, _ in running:
            task.cancel()
        await asyncio.gather(*(task for task, _ in running), return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ABANDON_S):
                await asyncio.gather(*(self._abandon(item) for _, item in running))
        if self._pulling is not None:
            self._pulling.cancel()
            await asyncio.gather(self._pulling, return_exceptions=True)
        return not running

    async def _pull_for_ever(self) -> None:
        # The options of the app's own durable clients: equal ones let gRPC share this open connection.
        options = GrpcChannelOptions(
            max_receive_message_length=MAX_MESSAGE_BYTES, max_send_message_length=MAX_MESSAGE_BYTES
        ).to_grpc_options()
        request = pb.GetWorkItemsRequest(
            maxConcurrentOrchestrationWorkItems=self._options.max_orchestrators,
            maxConcurrentActivityWorkItems=self._options.max_activities,
            maxConcurrentEntityWorkItems=self._options.max_entities,
        )
        pause_s = 0.0
        while True:
            # A new channel each time: an old one would wait out gRPC's own, longer back-off.
            async with grpc.aio.insecure_channel(self._backend, options=options) as channel:
                self._stub = stubs.TaskHubSidecarServiceStub(channel)  # type: ignore[no-untyped-call]
                try:
                    async for item in self._stub.GetWorkItems(request):
                        pause_s = 0.0
                        await self._take(item)
                    reason = "the stream ended"
                except grpc.aio.AioRpcError as error:
                    reason = error.code().name
                pause_s = min(max(pause_s * 2, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)
                _log.warning("durable backend: %s; connecting again in %.2f s", reason, pause_s)
            await asyncio.sleep(pause_s)

    async def _take(self, item: pb.WorkItem) -> None:
        kind = item.WhichOneof("request")
        if kind not in self._slots:
            return
        key = _key(kind, item)
        late_until = self._answered_late.get(key, 0.0)
        if key in self._running or late_until > asyncio.get_running_loop().time():
            return  # handed out again although its first run goes on or is over, whose answer will do
        if self._stopping:
            await self._abandon(item)
            return
        task = asyncio.create_task(self._handle(kind, item, key))
        self._running[key] = (task, item)
        task.add_done_callback(lambda _: self._running.pop(key, None))

    async def _handle(self, kind: str, item: pb.WorkItem, key: Key) -> None:
        async with self._slots[kind]:
            if self._stopping:
                await self._abandon(item)
                return
            try:
                method, answer = await self._work.answer(kind, getattr(item, kind))
            except Exception:
                _log.exception("a work item could not be answered")
                await self._abandon(item)
                return
        answer.completionToken = item.completionToken
        await self._deliver(method, answer, key)

    async def _deliver(self, method: str, answer: Any, key: Key) -> None:
        """Offer an answer until the backend, maybe just coming back, takes it; give up after _DELIVER_FOR_S."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        waited = False
        while loop.time() < began + _DELIVER_FOR_S:
            try:
                await self._call(method)(answer)
                if waited:
                    self._remember(key, loop.time())
                return
            except grpc.aio.AioRpcError as error:
                if error.code() not in _AWAY:
                    _log.warning("%s: refused by the backend: %s", method, error.code().name)
                    return
            except grpc.aio.UsageError:  # the channel has just been closed; the next one is on its way
                pass
            except asyncio.CancelledError:  # by the end of the channel, or of this task
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
            waited = True
            await asyncio.sleep(_DELIVER_PAUSE_S)
        _log.warning("%s: not delivered in %.0f s", method, _DELIVER_FOR_S)

    def _remember(self, key: Key, now: float) -> None:
        known = {one: until for one, until in self._answered_late.items() if until > now}
        self._answered_late = {**known, key: now + _REMEMBER_S}

    async def _abandon(self, item: pb.WorkItem) -> None:
        token = item.completionToken
        requests: dict[str, tuple[str, Any]] = {
            "orchestratorRequest": (
                "AbandonTaskOrchestratorWorkItem",
                pb.AbandonOrchestrationTaskRequest(completionToken=token),
            ),
            "activityRequest": (
                "AbandonTaskActivityWorkItem",
                pb.AbandonActivityTaskRequest(completionToken=token),
            ),
        }
        entity = ("AbandonTaskEntityWorkItem", pb.AbandonEntityTaskRequest(completionToken=token))
        method, request = requests.get(item.WhichOneof("request"), entity)
        with contextlib.suppress(grpc.aio.AioRpcError, grpc.aio.UsageError):
            await self._call(method)(request)

    def _call(self, method: str) -> Callable[[Any], Any]:
        call: Callable[[Any], Any] = getattr(self._stub, method)
        return call


def _key(kind: str, item: pb.WorkItem) -> Key:
    request = getattr(item, kind)
    if kind == "activityRequest":
        return kind, request.orchestrationInstance.instanceId, request.taskId, item.completionToken
    return kind, request.instanceId, 0, item.completionToken
