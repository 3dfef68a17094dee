"""Frames: cut what arrives into frames, and build the ones to send.

https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-transport-v1.0-os.html#section-framing
"""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from sandbox.servicebus.amqp.encoding import Encoded, described
from sandbox.servicebus.amqp.types import MalformedAmqp, Symbol, ULong

OPEN, BEGIN, ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END, CLOSE = range(0x10, 0x19)
SASL_MECHANISMS, SASL_INIT, SASL_OUTCOME = 0x40, 0x41, 0x44
ACCEPTED, REJECTED, RELEASED, MODIFIED = 0x24, 0x25, 0x26, 0x27
SOURCE, TARGET, COORDINATOR, TRANSACTIONAL_STATE, ERROR = 0x28, 0x29, 0x30, 0x34, 0x1D

AMQP_HEADER, SASL_HEADER = b"AMQP\x00\x01\x00\x00", b"AMQP\x03\x01\x00\x00"
AMQP_FRAME, SASL_FRAME, PROTOCOL_HEADER = 0, 1, -1
MAX_FRAME = 65536
MIN_MAX_FRAME = 512

_PREFIX = struct.Struct(">IBBH")


class BadFraming(MalformedAmqp):
    """Bytes that are no frames of ours."""

    condition = "amqp:connection:framing-error"


class Frame(NamedTuple):
    """kind: AMQP_FRAME, SASL_FRAME or PROTOCOL_HEADER; body: what follows the frame's own header."""

    kind: int
    channel: int
    body: bytes


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now. Raises: BadFraming, after those before the fault."""
        buffer = self._rest + data if self._rest else data
        self._rest = b""
        position, end = 0, len(buffer)
        while end - position >= 8:
            if buffer.startswith(b"AMQP", position):
                yield Frame(PROTOCOL_HEADER, 0, buffer[position : position + 8])
                position += 8
                continue
            size, offset, kind, channel = _PREFIX.unpack_from(buffer, position)
            if size > MAX_FRAME or offset < 2 or offset * 4 > size or kind not in (AMQP_FRAME, SASL_FRAME):
                raise BadFraming("the bytes are not an AMQP frame of at most 65536 bytes")
            if end - position < size:
                break
            yield Frame(kind, channel, buffer[position + offset * 4 : position + size])
            position += size
        self._rest = buffer[position:]


def frame(channel: int, body: bytes, kind: int = AMQP_FRAME) -> bytes:
    """One frame; an empty body is a heartbeat."""
    return _PREFIX.pack(len(body) + 8, 2, kind, channel) + body


def error(condition: str, description: str) -> Encoded:
    """What went wrong, for a detach, a close or a rejection."""
    return described(ERROR, [Symbol(condition), description, None])


def outcome(code: int, fields: list[Any] | None = None) -> Encoded:
    """A delivery state: ACCEPTED, REJECTED, RELEASED or MODIFIED."""
    return described(code, fields or [])


def code_of(value: Any) -> int:
    """The numeric descriptor of a described value, -1 when it has none."""
    descriptor = getattr(value, "descriptor", None)
    return int(descriptor) if isinstance(descriptor, ULong) else -1
