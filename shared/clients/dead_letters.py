"""Dead letters: events a subscription could not deal with, listed and sent again.

The dead-letter endpoint calls it. A resubmitted event goes to the topic, so every subscription gets it again;
consumers are idempotent by event id, the others drop what they have done.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from shared.clients.servicebus import TIMEOUT_S, VENDOR, service_bus_client, unavailable
from shared.errors import NotFound, ValueFlowError, VendorUnavailable

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusMessage, ServiceBusReceivedMessage
    from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver

MAX_HELD = 1000
"""How deep in the queue a message to resubmit may lie: those before it are locked until it is found."""

_TIMEOUT_S = 6 * TIMEOUT_S
_RECEIVE_WAIT_S = 2.0
_BATCH = 100


class DeadLetter(TypedDict):
    """event_id: from the body, else the MessageId where the body is no event. enqueued_at: ISO 8601, UTC.

    body: as it was sent; for reading why it died, never for showing.
    """

    subscription: str
    sequence_number: int
    event_id: str
    type: str
    reason: str
    description: str
    enqueued_at: str
    delivery_count: int
    body: bytes


type DeadLetterList = list[DeadLetter]
type Messages = list[ServiceBusReceivedMessage]


class DeadLetters:
    """The dead-letter queues of one topic's subscriptions.

    topic: its name. The other parameters: of `service_bus_client`. All methods raise VendorUnavailable, NotFound.
    """

    def __init__(self, topic: str, connection: str = "", namespace: str = "", credential: Any = None) -> None:
        self._topic = topic
        self._connect = partial(service_bus_client, connection, namespace, credential)

    async def list(self, subscription: str, limit: int = 100) -> DeadLetterList:
        """The oldest `limit` dead letters, without taking them."""
        try:
            async with (
                asyncio.timeout(_TIMEOUT_S),
                self._connect() as client,
                self._receiver(client, subscription) as receiver,
            ):
                found = await _peek(receiver, limit)
        except Exception as error:
            raise _failure("list_dead_letters", error) from None
        return [_dead_letter(subscription, message) for message in found]

    async def resubmit(self, subscription: str, sequence_number: int) -> DeadLetter:
        """Send the dead letter to its topic again, then take it off the queue.

        Killed between the two, the letter stays, locked for a minute at most; the next call then sends it with
        the same MessageId: within the topic's window of duplicate detection the broker drops that, after it
        the consumers do.

        Raises: NotFound; VendorUnavailable also while somebody else holds it.
        """
        try:
            async with (
                asyncio.timeout(_TIMEOUT_S),
                self._connect() as client,
                self._receiver(client, subscription) as receiver,
                client.get_topic_sender(self._topic) as sender,
            ):
                held: Messages = []
                try:
                    message = await _take(receiver, sequence_number, held)
                    await sender.send_messages(_again(subscription, message))
                    await receiver.complete_message(message)
                    held.remove(message)
                finally:
                    for other in held:
                        await receiver.abandon_message(other)
        except Exception as error:
            raise _failure("resubmit_dead_letter", error) from None
        return _dead_letter(subscription, message)

    def _receiver(self, client: ServiceBusClient, subscription: str) -> ServiceBusReceiver:
        from azure.servicebus import ServiceBusSubQueue

        return client.get_subscription_receiver(
            self._topic, subscription, sub_queue=ServiceBusSubQueue.DEAD_LETTER
        )


async def _peek(receiver: ServiceBusReceiver, limit: int) -> Messages:
    found: Messages = []
    after = 0
    while len(found) < limit:
        wanted = min(_BATCH, limit - len(found))
        page = await receiver.peek_messages(max_message_count=wanted, sequence_number=after)
        if not page:
            break
        found += page
        after = (page[-1].sequence_number or 0) + 1
    return found


async def _take(
    receiver: ServiceBusReceiver, sequence_number: int, held: Messages
) -> ServiceBusReceivedMessage:
    """Receive the message. Service Bus hands out in order only: it and those before it go into `held`."""
    peeked = await receiver.peek_messages(max_message_count=1, sequence_number=sequence_number)
    if not peeked or peeked[0].sequence_number != sequence_number:
        raise NotFound(f"no dead letter {sequence_number} in this subscription")
    while len(held) < MAX_HELD:
        page = await receiver.receive_messages(max_message_count=_BATCH, max_wait_time=_RECEIVE_WAIT_S)
        if not page:
            break
        held += page
        for message in page:
            if message.sequence_number == sequence_number:
                return message
    reason = f"dead letter {sequence_number} is held by another, or lies under {MAX_HELD} others"
    raise VendorUnavailable(VENDOR, "resubmit_dead_letter", reason)


def _failure(operation: str, error: Exception) -> ValueFlowError:
    from azure.servicebus.exceptions import MessagingEntityNotFoundError

    if isinstance(error, MessagingEntityNotFoundError):
        return NotFound("no such subscription")
    return unavailable(operation, error)


def _again(subscription: str, message: ServiceBusReceivedMessage) -> ServiceBusMessage:
    """A copy under a MessageId of its own, for duplicate detection would drop the old one."""
    from azure.servicebus import ServiceBusMessage

    identity = f"{subscription}\x1f{message.sequence_number}\x1f{message.message_id}"
    return ServiceBusMessage(
        _body(message),
        message_id=hashlib.sha256(identity.encode()).hexdigest()[:32],
        subject=message.subject,
        content_type=message.content_type,
        correlation_id=message.correlation_id,
        application_properties={
            name: value
            for name, value in _properties(message).items()
            if name not in {"DeadLetterReason", "DeadLetterErrorDescription"}
        },
    )


def _dead_letter(subscription: str, message: ServiceBusReceivedMessage) -> DeadLetter:
    event_id, type_ = message.message_id or "", str(_properties(message).get("type") or message.subject or "")
    with contextlib.suppress(ValueError, LookupError, TypeError):  # no event: that may be why it died
        event_id = str(json.loads(_body(message))["id"])
    enqueued = message.enqueued_time_utc
    return {
        "subscription": subscription,
        "sequence_number": message.sequence_number or 0,
        "event_id": event_id,
        "type": type_,
        "reason": message.dead_letter_reason or "",
        "description": message.dead_letter_error_description or "",
        "enqueued_at": enqueued.isoformat() if enqueued else "",
        "delivery_count": message.delivery_count or 0,
        "body": _body(message),
    }


def _body(message: ServiceBusReceivedMessage) -> bytes:
    body = message.body
    return b"".join(body) if not isinstance(body, bytes) else body


def _properties(message: ServiceBusReceivedMessage) -> dict[str, Any]:
    return {_text(name): _text(value) for name, value in (message.application_properties or {}).items()}


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
