"""Links: what the two directions have in common."""

import uuid
from typing import Any, Protocol

from sandbox.servicebus.amqp.frames import ATTACH, DETACH, FLOW, error
from sandbox.servicebus.amqp.performatives import performative
from sandbox.servicebus.amqp.types import Symbol, UByte, UInt, ULong
from sandbox.servicebus.broker.errors import Refused
from sandbox.servicebus.broker.queues import Queue

MAX_MESSAGE_BYTES = 256 * 1024
"""Of one message and of one batch: the Standard tier's limit."""


class SessionEndpoint(Protocol):
    """What a link needs of its session.

    links: by handle; unsettled: delivery id to the queue and the lock token that a disposition settles.
    """

    links: dict[int, "Link"]
    unsettled: dict[int, tuple[Queue, uuid.UUID]]

    def send(self, body: bytes) -> None:
        """Say a performative."""

    def window_fields(self) -> list[Any]:
        """The first four fields of a flow."""

    def can_transmit(self) -> bool:
        """Whether there is room for a transfer."""

    def transmit(self, handle: UInt, tag: bytes, content: bytes, settled: bool) -> int:
        """Send a message; its delivery id."""

    def forget(self, link: "Link", *, await_detach: bool) -> None:
        """The link is closed. await_detach: the client may not know yet, and still use its handle."""


class Link:
    """The server's end of a link. path: of the entity it reaches, "" for $cbs."""

    client_receives: bool

    def __init__(self, session: SessionEndpoint, attach: list[Any], path: str) -> None:
        self.session, self.path = session, path
        self.name, self.handle, self._attach = attach[0], UInt(attach[1]), attach
        self.source, self.target = attach[5], attach[6]
        self.credit = 0
        self.delivery_count = 0 if self.client_receives else (attach[9] or 0)
        self.closed = False

    def confirm(self) -> None:
        """Answer the client's attach."""
        properties = None
        if not self.client_receives:
            properties = {Symbol("com.microsoft:max-message-batch-size"): ULong(MAX_MESSAGE_BYTES)}
        self._answer(self.source, self.target, properties)

    def refuse(self, reason: Refused) -> None:
        """As the service does: answer with a null terminus, then detach with the reason."""
        if self.client_receives:
            self._answer(None, self.target, None)
        else:
            self._answer(self.source, None, None)
        self.detach(reason)

    def _answer(self, source: Any, target: Any, properties: dict[Any, Any] | None) -> None:
        name, _, role, send_settle, receive_settle = self._attach[:5]
        first = UInt(0) if self.client_receives else None
        fields = [name, self.handle, not role, UByte(send_settle or 0), UByte(receive_settle or 0)]
        fields += [source, target, None, None, first, ULong(MAX_MESSAGE_BYTES), None, None, properties]
        self.session.send(performative(ATTACH, fields))

    def detach(self, reason: Refused | None = None) -> None:
        """Close it from this side."""
        if self.closed:
            return
        why = error(reason.condition, reason.description) if reason else None
        self.session.send(performative(DETACH, [self.handle, True, why]))
        self.close()
        self.session.forget(self, await_detach=True)

    def close(self) -> None:
        """Nothing more goes over it."""
        self.closed = True

    def flow(self, *, drained: bool = False) -> None:
        """Tell the client the state of the link."""
        session = self.session
        fields = [*session.window_fields(), self.handle, UInt(self.delivery_count & 0xFFFFFFFF)]
        session.send(performative(FLOW, [*fields, UInt(self.credit), None, drained, False, None]))

    def on_flow(self, fields: list[Any]) -> None:
        """The client says how far it is, and what it has room for."""

    def pump(self) -> None:
        """There may be room to send again."""
