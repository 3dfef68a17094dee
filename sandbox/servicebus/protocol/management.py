"""$management: what clients ask of an entity beside sending and receiving.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response
"""

import uuid
from collections.abc import Callable
from typing import Any

from sandbox.servicebus.amqp.types import Array, Timestamp
from sandbox.servicebus.broker.destinations import Destination
from sandbox.servicebus.broker.errors import bad_argument, not_allowed, not_implemented
from sandbox.servicebus.broker.messages import Message
from sandbox.servicebus.broker.queues import Queue
from sandbox.servicebus.protocol.requests import Answer, Request
from sandbox.servicebus.protocol.settlement import text_keys

_MAX_LONG = 2**63 - 1


def manage(entity: Destination, request: Request) -> Answer:
    """Do what a request asks. Raises: Refused (501 for operations there are not), MalformedAmqp."""
    operation = request.options.get("operation")
    handle = _OPERATIONS.get(str(operation).removeprefix("com.microsoft:"))
    if handle is None:
        raise not_implemented(f"The operation '{str(operation)[:80]}'")
    if not isinstance(request.body, dict):
        raise bad_argument("The request has no body.")
    value = handle(entity, request.body)
    return Answer(204, "No Content") if value is None else Answer(200, "OK", value)


def _peek(entity: Destination, body: dict[Any, Any]) -> Any:
    first, count = _number(body, "from-sequence-number"), _number(body, "message-count")
    if body.get("session-id") is not None:
        raise not_implemented("A session")
    found = entity.peek(first, count)
    return {"messages": [{"message": message} for message in found]} if found else None


def _schedule(entity: Destination, body: dict[Any, Any]) -> Any:
    messages = [Message(_member(item, "message", bytes)) for item in _list(body, "messages", dict)]
    return {"sequence-numbers": Array(int, entity.send(messages))}


def _cancel(entity: Destination, body: dict[Any, Any]) -> Any:
    entity.cancel(_list(body, "sequence-numbers", int))
    return {}


def _receive_deferred(entity: Destination, body: dict[Any, Any]) -> Any:
    delete = body.get("receiver-settle-mode") == 0
    found = _queue(entity).take_deferred(_list(body, "sequence-numbers", int), delete)
    return {
        "messages": [
            {"message": entry.encoded()} | ({"lock-token": entry.token} if entry.token else {})
            for entry in found
        ]
    }


def _renew(entity: Destination, body: dict[Any, Any]) -> Any:
    return {"expirations": Array(Timestamp, _queue(entity).renew(_list(body, "lock-tokens", uuid.UUID)))}


def _settle(entity: Destination, body: dict[Any, Any]) -> Any:
    queue, tokens = _queue(entity), _list(body, "lock-tokens", uuid.UUID)
    status = body.get("disposition-status")
    properties = body.get("properties-to-modify") or {}
    if not isinstance(properties, dict):
        raise bad_argument("The request's 'properties-to-modify' is not what it should be.")
    if status == "completed":
        queue.complete(tokens)
    elif status == "abandoned":
        queue.abandon(tokens, text_keys(properties))
    elif status == "defered":  # the protocol's spelling
        queue.defer(tokens, text_keys(properties))
    elif status == "suspended":
        queue.dead_letter(
            tokens,
            text_keys(
                {
                    **properties,
                    "DeadLetterReason": body.get("deadletter-reason"),
                    "DeadLetterErrorDescription": body.get("deadletter-description"),
                }
            ),
        )
    else:
        raise not_implemented(f"The disposition '{str(status)[:80]}'")
    return {}


def _queue(entity: Destination) -> Queue:
    if not isinstance(entity, Queue):
        raise not_allowed("A topic has no messages to receive; use a subscription.")
    return entity


def _number(body: dict[Any, Any], name: str) -> int:
    return min(_member(body, name, int), _MAX_LONG)


def _list[T](body: dict[Any, Any], name: str, kind: type[T]) -> list[T]:
    items = _member(body, name, list)
    if not all(isinstance(item, kind) for item in items):
        raise bad_argument(f"The request's '{name}' is not what it should be.")
    return items


def _member[T](body: dict[Any, Any], name: str, kind: type[T]) -> T:
    value = body.get(name)
    if not isinstance(value, kind):
        raise bad_argument(f"The request's '{name}' is missing or is not what it should be.")
    return value


_OPERATIONS: dict[str, Callable[[Destination, dict[Any, Any]], Any]] = {
    "peek-message": _peek,
    "schedule-message": _schedule,
    "cancel-scheduled-message": _cancel,
    "receive-by-sequence-number": _receive_deferred,
    "renew-lock": _renew,
    "update-disposition": _settle,
}
