"""Links the client receives on: messages of a queue. requests.py has the one for answers."""

from typing import Any

from sandbox.servicebus.broker.messages import Entry
from sandbox.servicebus.broker.queues import Queue
from sandbox.servicebus.protocol.links import Link, SessionEndpoint

SETTLED = 1


class OutgoingLink(Link):
    """Credit comes from the client; nothing is sent without it."""

    client_receives = True

    def can_take(self) -> bool:
        return self.credit > 0 and not self.closed and self.session.can_transmit()

    def on_flow(self, fields: list[Any]) -> None:
        known = 0 if fields[5] is None else fields[5]
        room = (known + (fields[6] or 0) - self.delivery_count) & 0xFFFFFFFF
        self.credit = room if room < 0x80000000 else 0  # the client counts from before what is under way
        self.pump()
        drain, echo = fields[8], fields[9]
        if drain:
            self.delivery_count += self.credit
            self.credit = 0
        if drain or echo:
            self.flow(drained=bool(drain))

    def transmit(self, tag: bytes, content: bytes, settled: bool) -> int:
        """Send one message; its delivery id."""
        self.credit -= 1
        self.delivery_count += 1
        return self.session.transmit(self.handle, tag, content, settled)


class ReceiverLink(OutgoingLink):
    """A consumer of a queue. deletes: the client attached for receive-and-delete."""

    def __init__(self, session: SessionEndpoint, attach: list[Any], queue: Queue) -> None:
        super().__init__(session, attach, queue.path)
        self.deletes = attach[3] == SETTLED
        self._queue = queue

    def confirm(self) -> None:
        super().confirm()
        self._queue.add_consumer(self)

    def take(self, entry: Entry) -> None:
        if entry.token:
            delivery = self.transmit(entry.token.bytes_le, entry.encoded(), settled=False)
            self.session.unsettled[delivery] = (self._queue, entry.token)
        else:
            self.transmit(entry.row.to_bytes(16), entry.encoded(), settled=True)

    def pump(self) -> None:
        if not self.closed:
            self._queue.pump()

    def close(self) -> None:
        super().close()
        self._queue.drop_consumer(self)
