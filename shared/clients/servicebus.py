"""Service Bus: events out to the topic, and dead letters back from its subscriptions.

Webhook triggers publish; the dead-letter endpoint lists and resubmits. Consumers are triggers, not here.
The topic has duplicate detection on: the MessageId is the event's id, so publishing twice is publishing once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from shared.errors import ValueFlowError, VendorRefused, VendorUnavailable

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusMessage
    from azure.servicebus.aio import ServiceBusClient, ServiceBusSender

    from shared.events import Event

VENDOR = "servicebus"
TIMEOUT_S = 5.0
_BATCH = 100


def service_bus_client(connection: str = "", namespace: str = "", credential: Any = None) -> ServiceBusClient:
    """connection: a connection string; when empty, namespace (host name) and credential (azure.identity.aio).

    One attempt per call: what to do after a failure is decided here, within a time the caller knows.
    """
    from azure.servicebus.aio import ServiceBusClient

    if connection:
        return ServiceBusClient.from_connection_string(connection, retry_total=0)
    return ServiceBusClient(namespace, credential, retry_total=0)


def unavailable(operation: str, error: BaseException) -> ValueFlowError:
    """Every failure of the SDK, by its name only, as one to be tried again later."""
    if isinstance(error, ValueFlowError):
        return error
    return VendorUnavailable(VENDOR, operation, f"not done ({type(error).__name__})")


@dataclass(eq=False)
class _Waiting:
    message: ServiceBusMessage
    sent: asyncio.Future[None]


class EventPublisher:
    """Publishes events on one topic over one link.

    The SDK's sender takes one send at a time; so whoever comes while one is under way goes, together with all
    others that wait, in the next. That costs a lone caller nothing and gives 32 callers over three times the
    throughput of a lock.

    topic: its name. connection, namespace, credential: of `service_bus_client`. connect: a fake, in tests.
    """

    def __init__(
        self,
        topic: str,
        connection: str = "",
        namespace: str = "",
        credential: Any = None,
        *,
        timeout_s: float = TIMEOUT_S,
        connect: Callable[..., ServiceBusClient] = service_bus_client,
    ) -> None:
        self._topic, self._timeout_s = topic, timeout_s
        self._connect = partial(connect, connection, namespace, credential)
        self._client: ServiceBusClient | None = None
        self._sender: ServiceBusSender | None = None
        self._waiting: list[_Waiting] = []
        self._sending: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()

    async def publish(self, event: Event) -> None:
        """Publish one event; returns when the broker has it.

        Raises within timeout_s: VendorUnavailable (publish it again; a copy is dropped by its MessageId),
        VendorRefused (larger than the topic takes).
        """
        await self.publish_all([event])

    async def publish_all(self, events: Iterable[Event]) -> None:
        """Publish all; raises as `publish` does when any was not, while others may have been."""
        loop = asyncio.get_running_loop()
        waiting = [_Waiting(_message(event), loop.create_future()) for event in events]
        self._waiting += waiting
        if self._sending is None or self._sending.done():
            self._sending = loop.create_task(self._send_waiting())
        try:
            async with asyncio.timeout(self._timeout_s):
                await asyncio.gather(*(one.sent for one in waiting))
        except TimeoutError as error:
            raise unavailable("publish", error) from None

    async def ping(self) -> None:
        """Open a link to the topic and close it again: raises VendorUnavailable when that cannot be done."""
        try:
            async with asyncio.timeout(self._timeout_s):
                self._retire(await self._open())
        except Exception as error:
            raise unavailable("ping", error) from None

    async def close(self) -> None:
        """Close links and connection; takes up to a second, for the SDK waits for its keep-alive."""
        if self._sending is not None:
            await asyncio.wait({self._sending}, timeout=self._timeout_s)
        if self._sender is not None:
            self._retire(self._sender)
            self._sender = None
        if self._retiring:
            await asyncio.wait(self._retiring)
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _send_waiting(self) -> None:
        while self._waiting:
            turn, self._waiting = self._waiting, []
            try:
                async with asyncio.timeout(self._timeout_s):
                    await self._send_twice(turn)
            except Exception as error:
                for one in turn:
                    if not one.sent.done():
                        one.sent.set_exception(unavailable("publish", error))

    async def _send_twice(self, turn: list[_Waiting]) -> None:
        """A link that was open before may have died since: then, and only then, a new one gets a try."""
        reused = self._sender is not None
        try:
            await self._send(turn)
        except Exception:
            if not reused:
                raise
            await self._send(turn)

    async def _send(self, turn: list[_Waiting]) -> None:
        from azure.servicebus.exceptions import MessageSizeExceededError

        if self._sender is None:
            self._sender = await self._open()
        sender = self._sender
        try:
            left = [one for one in turn if not one.sent.done()]
            while left:
                batch, taken = await sender.create_message_batch(), []
                for one in left[:_BATCH]:
                    try:
                        batch.add_message(one.message)
                    except MessageSizeExceededError:
                        break
                    taken.append(one)
                if not taken:
                    too_large = left.pop(0)
                    message = "the event is larger than the topic takes"
                    too_large.sent.set_exception(VendorRefused(VENDOR, "publish", message))
                    continue
                await sender.send_messages(batch)
                for one in taken:
                    if not one.sent.done():
                        one.sent.set_result(None)
                left = left[len(taken) :]
        except BaseException:
            # After an error, and above all after a cancelled send, the link's state is anyone's guess.
            self._sender = None
            self._retire(sender)
            raise

    async def _open(self) -> ServiceBusSender:
        if self._client is None:
            self._client = self._connect()
        sender = self._client.get_topic_sender(self._topic)
        try:
            return await sender.__aenter__()
        except BaseException:
            self._retire(sender)
            raise

    def _retire(self, sender: ServiceBusSender) -> None:
        """Close aside: it takes up to a second, and longer where the broker is gone."""
        task = asyncio.get_running_loop().create_task(_close_quietly(sender, self._timeout_s))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)


async def _close_quietly(sender: ServiceBusSender, timeout_s: float) -> None:
    with contextlib.suppress(Exception):
        async with asyncio.timeout(timeout_s):
            await sender.close()


def _message(event: Event) -> ServiceBusMessage:
    from azure.servicebus import ServiceBusMessage

    return ServiceBusMessage(
        event.to_json(),
        message_id=event.id,
        subject=event.type,
        content_type="application/cloudevents+json",
        application_properties={"type": event.type},
    )
