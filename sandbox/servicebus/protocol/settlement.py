"""Settlement: what a client's delivery state does to the message of a queue it was sent.

https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-messaging-v1.0-os.html#section-delivery-state
"""

import uuid
from typing import Any

from sandbox.servicebus.amqp.frames import (
    ACCEPTED,
    MODIFIED,
    REJECTED,
    RELEASED,
    code_of,
    error,
    outcome,
)
from sandbox.servicebus.broker.errors import Refused, not_implemented
from sandbox.servicebus.broker.queues import Queue


def settle(queue: Queue, token: uuid.UUID, state: Any) -> bytes:
    """Do what the client decided; the outcome to tell it. A rejection with an error says it was not done."""
    code = ACCEPTED if state is None else code_of(state)
    fields = state.value if state is not None and isinstance(state.value, list) else []
    try:
        if code == ACCEPTED:
            queue.complete([token])
        elif code == RELEASED:
            queue.release([token])
        elif code == MODIFIED:
            undeliverable_here = len(fields) > 1 and fields[1] is True
            properties = text_keys(fields[2]) if len(fields) > 2 and isinstance(fields[2], dict) else {}
            (queue.defer if undeliverable_here else queue.abandon)([token], properties)
            return outcome(MODIFIED, fields)
        elif code == REJECTED:
            queue.dead_letter([token], _reason(fields))
        else:
            raise not_implemented("This outcome")
    except Refused as reason:
        return outcome(REJECTED, [error(reason.condition, reason.description)])
    return outcome(code)


def _reason(fields: list[Any]) -> dict[str, Any]:
    """The properties in the info of a rejection's error: DeadLetterReason and the like."""
    why = getattr(fields[0], "value", None) if fields else None
    info = why[2] if isinstance(why, list) and len(why) > 2 else None
    return text_keys(info) if isinstance(info, dict) else {}


def text_keys(properties: dict[Any, Any]) -> dict[str, Any]:
    """Properties to set on a message: those that have a value."""
    return {str(name): value for name, value in properties.items() if value is not None}
