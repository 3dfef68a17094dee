"""What Azure's host tells a Service Bus function about its messages.

One message: a field each in the trigger metadata. Many: parallel arrays named <Field>Array, as
azure.functions.servicebus reads them; like Azure's host, string arrays leave absent values out.
https://learn.microsoft.com/azure/azure-functions/functions-bindings-service-bus-trigger#message-metadata
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from azure.functions.meta import Datum
from azure.servicebus import ServiceBusReceivedMessage

_TEXTS: dict[str, Callable[[ServiceBusReceivedMessage], object]] = {
    "MessageId": lambda message: message.message_id,
    "ContentType": lambda message: message.content_type,
    "CorrelationId": lambda message: message.correlation_id,
    "Subject": lambda message: message.subject,
    "Label": lambda message: message.subject,
    "To": lambda message: message.to,
    "ReplyTo": lambda message: message.reply_to,
    "ReplyToSessionId": lambda message: message.reply_to_session_id,
    "SessionId": lambda message: message.session_id,
    "PartitionKey": lambda message: message.partition_key,
    "LockToken": lambda message: message.lock_token,
    "DeadLetterSource": lambda message: message.dead_letter_source,
    "DeadLetterReason": lambda message: message.dead_letter_reason,
    "DeadLetterErrorDescription": lambda message: message.dead_letter_error_description,
}
_NUMBERS: dict[str, Callable[[ServiceBusReceivedMessage], int | None]] = {
    # AMQP counts the failed deliveries so far; Functions, this one too.
    "DeliveryCount": lambda message: (message.delivery_count or 0) + 1,
    "SequenceNumber": lambda message: message.sequence_number,
    "EnqueuedSequenceNumber": lambda message: message.enqueued_sequence_number,
    "State": lambda message: int(message.state),
}
_TIMES: dict[str, Callable[[ServiceBusReceivedMessage], datetime | None]] = {
    "EnqueuedTimeUtc": lambda message: message.enqueued_time_utc,
    "ExpiresAtUtc": lambda message: message.expires_at_utc,
    "LockedUntil": lambda message: message.locked_until_utc,
    "ScheduledEnqueueTimeUtc": lambda message: message.scheduled_enqueue_time_utc,
}
_PROPERTIES = ("ApplicationProperties", "UserProperties")


def body_of(message: ServiceBusReceivedMessage) -> bytes:
    """The message's payload; an AMQP value is taken as its text or JSON."""
    body = message.body
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    try:
        return b"".join(bytes(section) for section in body)
    except TypeError:
        return json.dumps(body, default=_plain).encode()


def one(message: ServiceBusReceivedMessage, binary: bool) -> tuple[Datum, dict[str, Datum]]:
    """The input and metadata of a function of cardinality one. binary: its dataType is binary."""
    metadata = {
        name: Datum(str(value), "string") for name, read in _TEXTS.items() if (value := read(message))
    }
    metadata |= {
        name: _json(value) for name, read in _NUMBERS.items() if (value := read(message)) is not None
    }
    metadata |= {name: _json(_time(value)) for name, read in _TIMES.items() if (value := read(message))}
    metadata |= dict.fromkeys(_PROPERTIES, _json(_properties(message)))
    body = body_of(message)
    if binary:
        return Datum(body, "bytes"), metadata
    try:
        return Datum(body.decode(), "string"), metadata
    except UnicodeDecodeError:
        return Datum(body, "bytes"), metadata


def many(messages: Sequence[ServiceBusReceivedMessage], binary: bool) -> tuple[Datum, dict[str, Datum]]:
    """The input and metadata of a function of cardinality many."""
    metadata = {
        f"{name}Array": Datum(
            SimpleNamespace(string=[str(value) for message in messages if (value := read(message))]),
            "collection_string",
        )
        for name, read in _TEXTS.items()
    }
    metadata |= {
        f"{name}Array": _json([read(message) for message in messages]) for name, read in _NUMBERS.items()
    }
    metadata |= {
        f"{name}Array": _json([_time(read(message)) for message in messages]) for name, read in _TIMES.items()
    }
    properties = _json([_properties(message) for message in messages])
    metadata |= {f"{name}Array": properties for name in _PROPERTIES}
    bodies = [body_of(message) for message in messages]
    if not binary:
        try:
            texts = SimpleNamespace(string=[body.decode() for body in bodies])
            return Datum(texts, "collection_string"), metadata
        except UnicodeDecodeError:
            pass
    return Datum(SimpleNamespace(bytes=bodies), "collection_bytes"), metadata


def from_text(text: str) -> tuple[Datum, dict[str, Datum]]:
    """A message made up from text, for a run asked for through the admin API: one."""
    return Datum(text, "string"), dict.fromkeys(_PROPERTIES, _json({}))


def many_from_text(text: str) -> tuple[Datum, dict[str, Datum]]:
    """The same for a function of cardinality many."""
    metadata = {f"{name}Array": _json([{}]) for name in _PROPERTIES}
    return Datum(SimpleNamespace(string=[text]), "collection_string"), metadata


def _properties(message: ServiceBusReceivedMessage) -> dict[str, Any]:
    properties = message.application_properties or {}
    return {_plain(name): value for name, value in properties.items()}


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _json(value: object) -> Datum:
    return Datum(json.dumps(value, default=_plain), "json")


def _plain(value: object) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, datetime):
        return _time(value)
    return str(value)
