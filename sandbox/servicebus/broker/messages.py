"""Messages: `Message` is what a sender gave and never changes; `Entry` is its place in one queue."""

import uuid
from collections.abc import Iterator
from typing import Any

from sandbox.servicebus.amqp.decoding import decode
from sandbox.servicebus.amqp.encoding import described
from sandbox.servicebus.amqp.frames import code_of
from sandbox.servicebus.amqp.types import Int, MalformedAmqp, Symbol, Timestamp, UInt
from sandbox.servicebus.broker.clock import Timer

HEADER, DELIVERY_ANNOTATIONS, MESSAGE_ANNOTATIONS, PROPERTIES, APPLICATION_PROPERTIES = range(0x70, 0x75)
DATA, SEQUENCE, VALUE, FOOTER = range(0x75, 0x79)
BODY = {DATA, SEQUENCE, VALUE, FOOTER}
ACTIVE, DEFERRED, SCHEDULED = range(3)

_SHAPES: dict[int, type] = {
    HEADER: list,
    DELIVERY_ANNOTATIONS: dict,
    MESSAGE_ANNOTATIONS: dict,
    PROPERTIES: list,
    APPLICATION_PROPERTIES: dict,
}
_SCHEDULED_TIME = Symbol("x-opt-scheduled-enqueue-time")


def sections(raw: bytes) -> Iterator[tuple[int, int, int, Any]]:
    """(section code, start, end, value) of each section of an encoded message. Raises: MalformedAmqp."""
    position = 0
    while position < len(raw):
        section, end = decode(raw, position)
        code = code_of(section)
        if code not in _SHAPES and code not in BODY:
            raise MalformedAmqp("a message has a section that is none")
        if not isinstance(section.value, _SHAPES.get(code, object)):
            raise MalformedAmqp("a section of a message has not its shape")
        yield code, position, end, section.value
        position = end


class Message:
    """An encoded message, kept as it came; what the broker looks at is decoded beside it."""

    __slots__ = ("annotations", "application_properties", "bare", "header", "properties", "raw")

    def __init__(self, raw: bytes) -> None:
        """Raises: MalformedAmqp."""
        self.header: list[Any] = []
        self.annotations: dict[Any, Any] = {}
        self.properties: list[Any] = []
        self.application_properties: dict[Any, Any] = {}
        bare, body = len(raw), len(raw)
        for code, start, _, value in sections(raw):
            if code == HEADER:
                self.header = value
            elif code == MESSAGE_ANNOTATIONS:
                self.annotations = {key: item for key, item in value.items() if key not in _OURS}
            elif code != DELIVERY_ANNOTATIONS:
                bare = min(bare, start)
                if code == PROPERTIES:
                    self.properties = value
                elif code == APPLICATION_PROPERTIES:
                    self.application_properties = value
                else:
                    body = min(body, start)
        self.raw, self.bare = raw, bare
        if not isinstance(self.ttl_ms or 0, int) or not isinstance(self.due_ms or 0, int):
            raise MalformedAmqp("a time of the message is no number")
        if self.message_id is None:  # the broker names messages their sender did not
            self.properties = [uuid.uuid4().hex, *self.properties[1:]]
            self._rebuild(body)

    def _rebuild(self, body: int) -> None:
        content = described(PROPERTIES, self.properties)
        if self.application_properties:
            content = content + described(APPLICATION_PROPERTIES, self.application_properties)  # type: ignore[assignment]
        head = b""
        if self.header:
            head += described(HEADER, self.header)
        if self.annotations:
            head += described(MESSAGE_ANNOTATIONS, self.annotations)
        self.raw, self.bare = head + content + self.raw[body:], len(head)

    def field(self, index: int) -> Any:
        return self.properties[index] if len(self.properties) > index else None

    @property
    def message_id(self) -> Any:
        return self.field(0)

    @property
    def ttl_ms(self) -> int | None:
        return self.header[2] if len(self.header) > 2 else None

    @property
    def due_ms(self) -> int | None:
        """When it is to be enqueued, for a message that was scheduled."""
        return self.annotations.get(_SCHEDULED_TIME)

    def with_properties(self, extra: dict[str, Any]) -> "Message":
        """The same message with more application properties."""
        if not extra:
            return self
        body = next((start for code, start, _, _ in sections(self.raw) if code in BODY), len(self.raw))
        other = Message.__new__(Message)
        other.raw, other.header, other.annotations = self.raw, self.header, self.annotations
        other.properties = self.properties
        other.application_properties = {**self.application_properties, **extra}
        other._rebuild(body)
        return other


class Entry:
    """A message's place in one queue: its sequence number, its state and, while it is locked, its lock."""

    __slots__ = (
        "dead_letter_source",
        "delivery_count",
        "enqueued_ms",
        "expires_ms",
        "expiry",
        "locked_until_ms",
        "message",
        "row",
        "sequence_number",
        "state",
        "timer",
        "token",
    )

    def __init__(self, message: Message, row: int, sequence_number: int, enqueued_ms: int) -> None:
        self.message, self.row = message, row
        self.sequence_number, self.enqueued_ms = sequence_number, enqueued_ms
        self.state, self.delivery_count = ACTIVE, 0
        self.dead_letter_source: str | None = None
        self.expires_ms: int | None = None
        self.token: uuid.UUID | None = None
        self.locked_until_ms = 0
        self.timer: Timer | None = None
        self.expiry: Timer | None = None

    def encoded(self) -> bytes:
        """The message as a receiver gets it."""
        header = (self.message.header + [None] * 5)[:5]
        header[4] = UInt(self.delivery_count)
        annotations = {
            **self.message.annotations,
            _SEQUENCE_NUMBER: self.sequence_number,
            _ENQUEUED_TIME: Timestamp(self.enqueued_ms),
        }
        if self.state != ACTIVE:
            annotations[_STATE] = Int(self.state)
        if self.token:
            annotations[_LOCKED_UNTIL] = Timestamp(self.locked_until_ms)
        if self.dead_letter_source:
            annotations[_DEAD_LETTER_SOURCE] = self.dead_letter_source
        return (
            described(HEADER, header)
            + described(MESSAGE_ANNOTATIONS, annotations)
            + self.message.raw[self.message.bare :]
        )


_SEQUENCE_NUMBER = Symbol("x-opt-sequence-number")
_ENQUEUED_TIME = Symbol("x-opt-enqueued-time")
_STATE = Symbol("x-opt-message-state")
_LOCKED_UNTIL = Symbol("x-opt-locked-until")
_DEAD_LETTER_SOURCE = Symbol("x-opt-deadletter-source")
_OURS = {_SEQUENCE_NUMBER, _ENQUEUED_TIME, _STATE, _LOCKED_UNTIL, _DEAD_LETTER_SOURCE}
