"""Connections: frames in and out, silence, and the end.

Whatever a client sends ends at most its own connection.
"""

import asyncio
import logging
from typing import Any, Protocol, cast

from sandbox.servicebus.amqp.frames import (
    BEGIN,
    CLOSE,
    MAX_FRAME,
    MIN_MAX_FRAME,
    OPEN,
    PROTOCOL_HEADER,
    SASL_FRAME,
    BadFraming,
    Frame,
    FrameReader,
    error,
    frame,
)
from sandbox.servicebus.amqp.performatives import parse, performative
from sandbox.servicebus.amqp.types import MalformedAmqp, UInt, UShort, Violation
from sandbox.servicebus.broker.clock import Clock
from sandbox.servicebus.broker.errors import unauthorized
from sandbox.servicebus.broker.namespace import Namespace
from sandbox.servicebus.broker.turn import Turn
from sandbox.servicebus.protocol.access import Access
from sandbox.servicebus.protocol.handshake import answer_header, answer_sasl
from sandbox.servicebus.protocol.session import Session

log = logging.getLogger(__name__)

CHANNEL_MAX = 255
IDLE_MS = 240_000
"""Told to clients, who have to say something within it; twice as much silence ends a connection."""
MAX_PENDING_BYTES = 1024 * 1024


class Container(Protocol):
    """What a connection needs of the server. keys: SAS key name to key; connections: the open ones."""

    keys: dict[str, str]
    clock: Clock
    turn: Turn
    namespace: Namespace
    connections: set["Connection"]

    def left(self, connection: "Connection") -> None:
        """The connection is closed."""


class Connection(asyncio.Protocol):
    """One client. It may do nothing until it puts a token on $cbs."""

    def __init__(self, container: Container) -> None:
        self._container, self._clock, self._turn = container, container.clock, container.turn
        self._access = Access(container.keys, container.namespace, container.clock, self._on_token_expiry)
        self.remote_max_frame = MIN_MAX_FRAME
        self._paused, self._pending = False, 0
        self._sessions: dict[int, Session] = {}
        self._ended: set[int] = set()
        self._reader = FrameReader()
        self._out: list[bytes] = []
        self._opened = self._ending = False
        self._heard_ms = self._spoke_ms = self._clock.now_ms()
        self._beat_s = IDLE_MS / 1000

    # The transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._container.connections.add(self)
        self._timer = self._clock.call_later(self._beat_s, self._beat)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self._ending = True
        self._container.left(self)
        for session in self._sessions.values():
            session.close()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._pump()

    def _pump(self) -> None:
        for session in list(self._sessions.values()):
            session.pump()

    @property
    def paused(self) -> bool:
        """Whether the client is to read first what it was sent."""
        return self._paused or self._pending > MAX_PENDING_BYTES

    def data_received(self, data: bytes) -> None:
        self._heard_ms = self._clock.now_ms()
        try:
            for arrived in self._reader.feed(data):
                if self._ending:
                    return
                self._on_frame(arrived)
        except MalformedAmqp as fault:
            log.warning("closing a connection: %s: %s", fault.condition, fault)
            self.end(fault.condition, str(fault))
        except Exception:
            log.exception("closing a connection")
            self.end("amqp:internal-error", "The server failed to handle a frame.")

    # Frames

    def _on_frame(self, arrived: Frame) -> None:
        if arrived.kind == PROTOCOL_HEADER:
            self._check_not_open("a protocol header")
            answer_header(arrived.body, self._write)
        elif arrived.kind == SASL_FRAME:
            self._check_not_open("a SASL frame")
            answer_sasl(arrived.body, self._write)
        elif arrived.body:  # an empty one is a heartbeat
            self._on_performative(arrived.channel, arrived.body)

    def _check_not_open(self, came: str) -> None:
        if self._opened:
            raise BadFraming(f"{came} came after the open")

    def _on_performative(self, channel: int, body: bytes) -> None:
        said = parse(body)
        if said.code == OPEN:
            self._open(said.fields)
        elif not self._opened:
            raise Violation("amqp:not-allowed", "the first frame is not an open")
        elif said.code == CLOSE:
            self.end()
        elif said.code == BEGIN:
            if channel > CHANNEL_MAX or channel in self._sessions:
                raise Violation("amqp:connection:framing-error", "the channel is in use or above channel-max")
            self._ended.discard(channel)
            self._sessions[channel] = Session(self, self._access, channel, said.fields)
        elif channel in self._sessions:
            self._sessions[channel].handle(said)
        elif channel not in self._ended:  # the SDK goes on detaching links after the end
            raise Violation("amqp:not-allowed", "the channel has no session")

    def _open(self, fields: list[Any]) -> None:
        if self._opened:
            raise Violation("amqp:not-allowed", "a second open")
        if fields[2] is not None:
            if fields[2] < MIN_MAX_FRAME:
                raise Violation("amqp:invalid-field", f"a maximum frame size is at least {MIN_MAX_FRAME}")
            self.remote_max_frame = min(fields[2], MAX_FRAME)
        else:
            self.remote_max_frame = MAX_FRAME
        self._opened = True
        answer = ["servicebus", None, UInt(MAX_FRAME), UShort(CHANNEL_MAX), UInt(IDLE_MS)]
        self.send(0, performative(OPEN, answer))
        if fields[4]:
            self._beat_s = min(self._beat_s, fields[4] / 2000)
            self._timer.cancel()
            self._timer = self._clock.call_later(self._beat_s, self._beat)

    def forget(self, channel: int) -> None:
        """The session on the channel has ended."""
        self._sessions.pop(channel, None)
        self._ended.add(channel)

    # Out: nothing leaves before the turn it belongs to is on disk

    def send(self, channel: int, body: bytes) -> None:
        self._write(frame(channel, body))

    def _write(self, data: bytes) -> None:
        if not self._out:
            self._turn.speak(self)
        self._out.append(data)
        self._pending += len(data)

    def flush(self) -> None:
        if self._out and not self._transport.is_closing():
            self._spoke_ms = self._clock.now_ms()
            self._transport.write(b"".join(self._out))
        was_full, self._pending = self._pending > MAX_PENDING_BYTES, 0
        self._out.clear()
        if self._ending:
            self._transport.close()
        elif was_full and not self._paused:
            self._pump()

    def end(self, condition: str | None = None, description: str = "") -> None:
        """Say so, and close."""
        if self._ending:
            return
        self._ending = True
        for session in self._sessions.values():
            session.close()
        if self._opened:
            why = [error(condition, description)] if condition else []
            self.send(0, performative(CLOSE, why))
        self._turn.speak(self)

    def abort(self) -> None:
        self._transport.abort()

    def _beat(self) -> None:
        """Say something when all is silent, and end when the client has been for too long."""
        now_ms = self._clock.now_ms()
        if now_ms - self._heard_ms >= 2 * IDLE_MS:
            self.end("amqp:resource-limit-exceeded", "Nothing was heard for too long.")
        elif self._opened and now_ms - self._spoke_ms >= self._beat_s * 500:
            self.send(0, b"")
        self._timer = self._clock.call_later(self._beat_s, self._beat)

    def _on_token_expiry(self) -> None:
        reason = unauthorized("ExpiredToken: The token is expired.")
        for session in self._sessions.values():
            session.drop_unauthorized(reason)
