"""Sessions: windows, the links of a session, and settlement of what was sent over them."""

import uuid
from collections import deque
from typing import Any, Protocol

from sandbox.servicebus.amqp.frames import (
    ATTACH,
    BEGIN,
    DETACH,
    DISPOSITION,
    END,
    FLOW,
    TRANSFER,
)
from sandbox.servicebus.amqp.performatives import Performative, performative
from sandbox.servicebus.amqp.types import UInt, UShort, Violation
from sandbox.servicebus.broker.errors import Refused
from sandbox.servicebus.broker.queues import Queue
from sandbox.servicebus.protocol.access import Access
from sandbox.servicebus.protocol.attach import open_link
from sandbox.servicebus.protocol.incoming import IncomingLink
from sandbox.servicebus.protocol.links import Link
from sandbox.servicebus.protocol.settlement import settle

HANDLE_MAX = 255
WINDOW = 5000
_WRAP = 0xFFFFFFFF
_TRANSFER_OVERHEAD = 64


class ConnectionEndpoint(Protocol):
    """What a session needs of its connection. remote_max_frame: bytes of a frame the client takes."""

    remote_max_frame: int

    @property
    def paused(self) -> bool:
        """Whether the client is to read first what it was sent."""

    def send(self, channel: int, body: bytes) -> None:
        """Say it at the end of this turn."""

    def forget(self, channel: int) -> None:
        """The session on the channel has ended."""


class Session:
    """The server's end of a session. begin: the client's performative."""

    def __init__(
        self, connection: ConnectionEndpoint, access: Access, channel: int, begin: list[Any]
    ) -> None:
        self._connection, self._access, self._channel = connection, access, channel
        self.unsettled: dict[int, tuple[Queue, uuid.UUID]] = {}
        self.links: dict[int, Link] = {}
        self._detaching: set[int] = set()
        self._next_incoming, self._since_flow = begin[1], 0
        self._next_outgoing = self._next_delivery = 0
        self._room = begin[2]
        self._held: deque[bytes] = deque()
        fields = [UShort(channel), UInt(0), UInt(WINDOW), UInt(WINDOW), UInt(HANDLE_MAX)]
        self.send(performative(BEGIN, fields))

    def send(self, body: bytes) -> None:
        self._connection.send(self._channel, body)

    def window_fields(self) -> list[Any]:
        """The first four fields of a flow."""
        self._since_flow = 0
        return [UInt(self._next_incoming), UInt(WINDOW), UInt(self._next_outgoing), UInt(WINDOW)]

    # In

    def handle(self, said: Performative) -> None:
        """Raises: MalformedAmqp."""
        code, fields, payload = said
        if code == TRANSFER:
            self._on_transfer(fields, payload)
        elif code == DISPOSITION:
            self._on_disposition(fields)
        elif code == FLOW:
            self._on_flow(fields)
        elif code == ATTACH:
            self._on_attach(fields)
        elif code == DETACH:
            self._on_detach(fields)
        elif code == END:
            self.close()
            self.send(performative(END, []))
            self._connection.forget(self._channel)

    def _on_attach(self, fields: list[Any]) -> None:
        handle = fields[1]
        if handle > HANDLE_MAX:
            raise Violation("amqp:connection:framing-error", f"the handle is above {HANDLE_MAX}")
        if handle in self.links:
            raise Violation("amqp:session:handle-in-use", "the handle has a link already")
        self._detaching.discard(handle)
        link = open_link(self, self._access, fields)
        if not link.closed:
            self.links[handle] = link

    def _on_detach(self, fields: list[Any]) -> None:
        link = self.links.get(fields[0])
        if link:
            link.detach()
        self._detaching.discard(fields[0])

    def forget(self, link: Link, *, await_detach: bool) -> None:
        """The link is closed. await_detach: the client may not know yet, and still use its handle."""
        self.links.pop(link.handle, None)
        if await_detach:
            self._detaching.add(link.handle)

    def _on_transfer(self, fields: list[Any], payload: bytes) -> None:
        self._next_incoming = (self._next_incoming + 1) & _WRAP
        self._since_flow += 1
        link = self.links.get(fields[0])
        if isinstance(link, IncomingLink):
            link.on_transfer(fields, payload)
        elif fields[0] not in self._detaching:
            raise Violation(
                "amqp:session:unattached-handle", "a transfer names a handle without a sending link"
            )
        if self._since_flow >= WINDOW // 2:
            self.send(performative(FLOW, self.window_fields()))

    def _on_flow(self, fields: list[Any]) -> None:
        was_blocked = not self.can_transmit()
        known = 0 if fields[0] is None else fields[0]
        room = (known + fields[1] - self._next_outgoing) & _WRAP
        self._room = room if room < 0x80000000 else 0
        self._send_held()
        link = None if fields[4] is None else self.links.get(fields[4])
        if link:
            link.on_flow(fields)
        if was_blocked or fields[4] is None:
            self.pump()

    def _on_disposition(self, fields: list[Any]) -> None:
        client_received, first, last, settled, state = fields[:5]
        if not client_received:
            return
        last = first if last is None else last
        if last - first < len(self.unsettled):
            numbers = [number for number in range(first, last + 1) if number in self.unsettled]
        else:
            numbers = [number for number in self.unsettled if first <= number <= last]
        for number in numbers:
            queue, token = self.unsettled.pop(number)
            answer = settle(queue, token, state)
            if not settled:
                self.send(performative(DISPOSITION, [False, UInt(number), None, True, answer]))

    def close(self) -> None:
        """The session is over. What it left unsettled stays locked until the locks run out."""
        for link in list(self.links.values()):
            link.close()
        self.links.clear()

    def drop_unauthorized(self, reason: Refused) -> None:
        """Detach the links for which no token is good any more."""
        for link in list(self.links.values()):
            if link.path and not self._access.covers(link.path):
                link.detach(reason)

    # Out

    def can_transmit(self) -> bool:
        return self._room > 0 and not self._held and not self._connection.paused

    def pump(self) -> None:
        """There may be room again for every link."""
        for link in list(self.links.values()):
            link.pump()

    def transmit(self, handle: UInt, tag: bytes, content: bytes, settled: bool) -> int:
        """Send a message in as many frames as the client's frame size asks for; its delivery id."""
        delivery = self._next_delivery
        self._next_delivery = (delivery + 1) & _WRAP
        size = self._connection.remote_max_frame - _TRANSFER_OVERHEAD
        for start in range(0, len(content), size):
            more = start + size < len(content)
            fields = [handle, UInt(delivery), tag, UInt(0), settled, more]
            self._held.append(performative(TRANSFER, fields) + content[start : start + size])
        self._send_held()
        return delivery

    def _send_held(self) -> None:
        while self._held and self._room > 0:
            self._room -= 1
            self._next_outgoing = (self._next_outgoing + 1) & _WRAP
            self.send(self._held.popleft())
