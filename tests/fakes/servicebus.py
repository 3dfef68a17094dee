"""A Service Bus namespace in memory, behind the part of the SDK's client that the publisher uses.

As in the SDK, a sender takes one send at a time, and one that failed or was closed stays dead.
"""

import asyncio
from typing import Any, Self

from azure.servicebus import ServiceBusMessageBatch
from azure.servicebus.exceptions import ServiceBusConnectionError


class FakeServiceBus:
    """messages: (MessageId, type, body) in order of arrival. sends: how many messages each send carried.

    down: connecting fails. sending: set by the first send.
    faults: of the next sends, an error to raise or a number of seconds to hang.
    """

    def __init__(self, max_batch_bytes: int = 256 * 1024) -> None:
        self.max_batch_bytes = max_batch_bytes
        self.messages: list[tuple[str, str, str]] = []
        self.sends: list[int] = []
        self.senders: list[FakeSender] = []
        self.faults: list[Exception | float] = []
        self.down = False
        self.clients_open = 0
        self.sending = asyncio.Event()

    def connect(self, connection: str, namespace: str, credential: Any) -> Any:
        self.clients_open += 1
        return FakeClient(self)


class FakeClient:
    def __init__(self, bus: FakeServiceBus) -> None:
        self._bus = bus

    def get_topic_sender(self, topic: str) -> "FakeSender":
        assert topic == "events"
        return FakeSender(self._bus)

    async def close(self) -> None:
        self._bus.clients_open -= 1


class FakeSender:
    def __init__(self, bus: FakeServiceBus) -> None:
        self._bus = bus
        self.closed = self._busy = self._dead = False

    async def __aenter__(self) -> Self:
        await asyncio.sleep(0)
        if self._bus.down:
            raise ServiceBusConnectionError(message="nobody listens")
        self._bus.senders.append(self)
        return self

    async def create_message_batch(self) -> ServiceBusMessageBatch:
        assert not self.closed
        return ServiceBusMessageBatch(self._bus.max_batch_bytes)

    async def send_messages(self, batch: ServiceBusMessageBatch) -> None:
        assert not self._busy, "two sends at once on one link"
        assert not self.closed
        if self._dead or self._bus.down:
            raise ServiceBusConnectionError(message="the link is dead")
        self._busy, self._dead = True, True
        self._bus.sending.set()
        if self._bus.faults:
            fault = self._bus.faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            await asyncio.sleep(fault)
        await asyncio.sleep(0)
        self._busy, self._dead = False, False
        self._bus.sends.append(len(batch))
        self._bus.messages += [_seen(message) for message in batch._messages]

    async def close(self) -> None:
        self.closed = True


def _seen(message: Any) -> tuple[str, str, str]:
    return message.message_id, message.application_properties["type"], b"".join(message.body).decode()
