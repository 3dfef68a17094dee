"""Service Bus triggers, through the unmodified azure-servicebus SDK.

Messages are taken under a lock: completed when the function returns, abandoned when it raises (the broker
counts deliveries and dead-letters). As on Azure, the lock is renewed while the function of a single message
runs, not for batches. A broker that is away is tried again for ever.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus.aio import AutoLockRenewer, ServiceBusClient, ServiceBusReceiver

from sandbox.host import messages
from sandbox.host.config import ServiceBusOptions
from sandbox.host.index import Function
from sandbox.host.invoke import Invoker

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0
_POLL_S = 60.0
# Settling and receiving take turns at reading, each for this long; the SDK's own 0.2 s would be felt.
_READ_S = 0.02
_SETTLE_AT_STOP_S, _CLOSE_AT_STOP_S = 0.3, 0.3
_CLOSE_S = 2.0
_log = logging.getLogger("Host.ServiceBus")


class Listener:
    """Feeds one function from its queue or subscription.

    connection: connection string; options: extensions.serviceBus of host.json.
    """

    def __init__(
        self, function: Function, connection: str, options: ServiceBusOptions, invoker: Invoker
    ) -> None:
        self._function, self._connection = function, connection
        self._options, self._invoker = options, invoker
        trigger = function.trigger
        self._queue, self._topic = trigger.get("queueName"), trigger.get("topicName")
        self._subscription = trigger.get("subscriptionName")
        self.entity = self._queue or f"{self._topic}/{self._subscription}"
        self._binary = str(trigger.get("dataType") or "").upper() == "BINARY"
        self._many = str(trigger.get("cardinality") or "ONE").upper() == "MANY"
        self._slots = asyncio.Semaphore(options.max_concurrent_calls)
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[int, tuple[ServiceBusReceiver, ServiceBusReceivedMessage]] = {}
        self._receiving: asyncio.Task[None] | None = None
        self._open: contextlib.AsyncExitStack | None = None
        self._closing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to receive, now and whenever the broker comes back."""
        self._receiving = asyncio.create_task(self._receive_for_ever(), name=f"receive {self.entity}")

    async def stop_receiving(self) -> None:
        """Take no more messages; those under way may still be settled."""
        if self._receiving is not None:
            self._receiving.cancel()
            await asyncio.gather(self._receiving, return_exceptions=True)

    async def finish(self, grace_s: float) -> bool:
        """Wait for what runs, at most grace_s; abandon the rest, so that it comes again at once.

        Returns whether there was no rest and the connection is closed; the SDK's way of it can take seconds.
        """
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        unfinished = list(self._tasks)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_AT_STOP_S):
                for receiver, message in list(self._held.values()):
                    await self._settle(receiver, message, complete=False)
        if self._open is None:
            return not unfinished
        self._closing = asyncio.create_task(self._open.aclose())
        await asyncio.wait([self._closing], timeout=_CLOSE_AT_STOP_S)
        return self._closing.done() and not unfinished

    async def run_now(self, text: str) -> None:
        """Run the function with a message made up from text; no broker is involved."""
        datum, metadata = messages.many_from_text(text) if self._many else messages.from_text(text)
        await self._invoker.run(self._function, datum, metadata)

    async def _receive_for_ever(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            stack = contextlib.AsyncExitStack()
            try:
                receiver = await self._connect(stack)
                _log.info("receiving from %s", self.entity)
                pause_s = _FIRST_PAUSE_S
                await (self._receive_many(receiver) if self._many else self._receive_singles(receiver))
            except Exception as error:
                reason = f"{type(error).__name__}: {error}".splitlines()[0]
                _log.warning("%s: %s; trying again in %.1f s", self.entity, reason, pause_s)
            self._open = None
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_CLOSE_S):
                    await stack.aclose()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _connect(self, stack: contextlib.AsyncExitStack) -> ServiceBusReceiver:
        client = ServiceBusClient.from_connection_string(
            self._connection, retry_total=1, retry_backoff_factor=0.1
        )
        await stack.enter_async_context(client)
        renewal_s = self._options.max_auto_lock_renewal.total_seconds()
        common: dict[str, Any] = {
            "prefetch_count": self._options.prefetch_count,
            "socket_timeout": _READ_S,
        }
        if renewal_s and not self._many:
            common["auto_lock_renewer"] = AutoLockRenewer(
                max_lock_renewal_duration=renewal_s, on_lock_renew_failure=self._renewal_failed
            )
        receiver = (
            client.get_queue_receiver(self._queue, **common)
            if self._queue
            else client.get_subscription_receiver(str(self._topic), str(self._subscription), **common)
        )
        await stack.enter_async_context(receiver)
        self._open = stack
        return receiver

    async def _receive_singles(self, receiver: ServiceBusReceiver) -> None:
        arriving: AsyncIterator[ServiceBusReceivedMessage] = aiter(receiver)
        while True:
            await self._slots.acquire()
            try:
                message = await anext(arriving)
            except BaseException:
                self._slots.release()
                raise
            datum, metadata = messages.one(message, self._binary)
            self._hold(receiver, [message])
            task = asyncio.create_task(self._process(receiver, [message], datum, metadata))
            task.add_done_callback(self._tasks.discard)
            self._tasks.add(task)

    async def _receive_many(self, receiver: ServiceBusReceiver) -> None:
        while True:
            batch = await receiver.receive_messages(self._options.max_batch_size, max_wait_time=_POLL_S)
            if not batch:
                continue
            await self._slots.acquire()
            self._hold(receiver, batch)
            batch += await self._fill(receiver, len(batch))
            datum, metadata = messages.many(batch, self._binary)
            task = asyncio.create_task(self._process(receiver, batch, datum, metadata))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.shield(asyncio.wait([task]))

    async def _fill(self, receiver: ServiceBusReceiver, have: int) -> list[ServiceBusReceivedMessage]:
        """More messages, until minMessageBatchSize is reached or maxBatchWaitTime is over."""
        more: list[ServiceBusReceivedMessage] = []
        loop = asyncio.get_running_loop()
        until = loop.time() + self._options.max_batch_wait.total_seconds()
        while have + len(more) < self._options.min_batch_size and (left_s := until - loop.time()) > 0:
            room = self._options.max_batch_size - have - len(more)
            arrived = await receiver.receive_messages(room, max_wait_time=left_s)
            self._hold(receiver, arrived)
            more += arrived
        return more

    async def _process(
        self,
        receiver: ServiceBusReceiver,
        batch: Sequence[ServiceBusReceivedMessage],
        datum: Any,
        metadata: dict[str, Any],
    ) -> None:
        succeeded = False
        try:
            await self._invoker.run(self._function, datum, metadata)
            succeeded = True
        except Exception:
            _log.debug("%s: %d message(s) go back", self.entity, len(batch))
        finally:
            self._slots.release()
        for message in batch:
            await self._settle(receiver, message, complete=succeeded)

    async def _settle(
        self, receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage, *, complete: bool
    ) -> None:
        try:
            if not complete:
                await receiver.abandon_message(message)
            elif self._options.auto_complete:
                await receiver.complete_message(message)
        except Exception as error:  # the lock runs out and the message comes again
            outcome = "completed" if complete else "abandoned"
            _log.warning("%s: a message could not be %s (%s)", self.entity, outcome, type(error).__name__)
        self._held.pop(id(message), None)

    def _hold(self, receiver: ServiceBusReceiver, batch: Sequence[ServiceBusReceivedMessage]) -> None:
        self._held |= {id(message): (receiver, message) for message in batch}

    async def _renewal_failed(self, message: object, error: Exception | None) -> None:
        _log.warning("%s: a lock was lost (%s)", self.entity, type(error).__name__)
