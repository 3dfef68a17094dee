"""The unmodified SDK with its senders and receivers kept open.

The SDK takes half a second to open or close one, nearly all of it asleep: so all are opened, and closed, at once.
"""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusReceiver,
    ServiceBusSender,
)

WAIT_S = 10
"""How long to wait for what has to come."""
NOTHING_S = 0.5
"""How long to wait for what must not."""


class Bus:
    """entities: "queue", "topic" to send to, "topic/subscription" to receive from."""

    def __init__(self, connection_string: str) -> None:
        self.connection_string = connection_string
        self.client = ServiceBusClient.from_connection_string(connection_string, retry_total=0)
        self._senders: dict[str, ServiceBusSender] = {}
        self._receivers: dict[tuple[str, str], ServiceBusReceiver] = {}

    def warm(self, senders: list[str], receivers: list[str], dead_letters: list[str]) -> None:
        """Open what the tests will use."""
        links: list[ServiceBusSender | ServiceBusReceiver] = [self.sender(entity) for entity in senders]
        links += [self.receiver(entity) for entity in receivers]
        links += [self.receiver(entity, sub_queue="deadletter") for entity in dead_letters]
        with ThreadPoolExecutor(len(links)) as pool:
            list(pool.map(lambda link: link.__enter__(), links))

    def sender(self, entity: str) -> ServiceBusSender:
        if entity not in self._senders:
            self._senders[entity] = self.client.get_queue_sender(entity)  # the same for a topic
        return self._senders[entity]

    def receiver(self, entity: str, **options: Any) -> ServiceBusReceiver:
        key = entity, repr(sorted(options.items()))
        if key not in self._receivers:
            self._receivers[key] = self.open_receiver(entity, **options)
        return self._receivers[key]

    def open_receiver(self, entity: str, **options: Any) -> ServiceBusReceiver:
        topic, _, subscription = entity.partition("/")
        if subscription:
            return self.client.get_subscription_receiver(topic, subscription, **options)
        return self.client.get_queue_receiver(entity, **options)

    def send(self, entity: str, *messages: ServiceBusMessage) -> None:
        for message in messages:
            self.sender(entity).send_messages(message)

    def receive(self, entity: str, count: int = 1, **options: Any) -> list[ServiceBusReceivedMessage]:
        """Exactly count messages."""
        receiver, found = self.receiver(entity, **options), list[ServiceBusReceivedMessage]()
        while len(found) < count:
            more = receiver.receive_messages(max_message_count=count - len(found), max_wait_time=WAIT_S)
            assert more, f"{len(found)} of {count} messages came from {entity}"
            found += more
        return found

    def receive_nothing(self, entity: str, **options: Any) -> bool:
        return not self.receiver(entity, **options).receive_messages(max_wait_time=NOTHING_S)

    def complete_all(self, entity: str, messages: list[ServiceBusReceivedMessage]) -> list[str]:
        """Their bodies."""
        for message in messages:
            self.receiver(entity).complete_message(message)
        return [str(message) for message in messages]

    def drain(self, entity: str, **options: Any) -> None:
        """Empty it of what an earlier run left there."""
        with self.open_receiver(entity, receive_mode="receiveanddelete", **options) as receiver:
            while receiver.receive_messages(max_message_count=100, max_wait_time=1):
                pass

    def close(self) -> None:
        links = [*self._senders.values(), *self._receivers.values()]
        with ThreadPoolExecutor(len(links) or 1) as pool:
            list(pool.map(lambda link: link.close(), links))
        self.client.close()


def message(body: str | bytes = "x", **parts: Any) -> ServiceBusMessage:
    """A message no other run has sent."""
    return ServiceBusMessage(body, **{"message_id": uuid.uuid4().hex, **parts})
