"""Links the client sends on: messages for a queue or topic. requests.py has the one for requests."""

from typing import Any

from sandbox.servicebus.amqp.frames import (
    ACCEPTED,
    DISPOSITION,
    REJECTED,
    TRANSACTIONAL_STATE,
    code_of,
    error,
    outcome,
)
from sandbox.servicebus.amqp.performatives import performative
from sandbox.servicebus.amqp.types import MalformedAmqp, UInt, Violation
from sandbox.servicebus.broker.destinations import Destination
from sandbox.servicebus.broker.errors import Refused, bad_argument, not_implemented
from sandbox.servicebus.broker.messages import DATA, Message, sections
from sandbox.servicebus.protocol.links import MAX_MESSAGE_BYTES, Link, SessionEndpoint

CREDIT = 1000
BATCH_FORMAT = 0x80013700
_ACCEPTED = outcome(ACCEPTED)


class IncomingLink(Link):
    """Puts transfers together from their frames, has them accepted or refused, and says so."""

    client_receives = False

    def __init__(self, session: SessionEndpoint, attach: list[Any], path: str) -> None:
        super().__init__(session, attach, path)
        self._first: list[Any] | None = None
        self._content: list[bytes] = []
        self._size = 0
        self._settled = False

    def confirm(self) -> None:
        super().confirm()
        self._grant()

    def _grant(self) -> None:
        self.credit = CREDIT
        self.flow()

    def on_transfer(self, fields: list[Any], payload: bytes) -> None:
        """One frame of a transfer."""
        if self._first is None:
            if self.credit <= 0:
                self.detach(
                    Refused("amqp:link:transfer-limit-exceeded", "More was sent than there was credit for.")
                )
                return
            if fields[1] is None:
                raise Violation("amqp:invalid-field", "a transfer begins without a delivery id")
            self._first = fields
        elif fields[1] not in (None, self._first[1]):
            raise Violation("amqp:invalid-field", "a transfer begins before the one under way has ended")
        self._settled = self._settled or bool(fields[4])
        self._size += len(payload)
        if self._size <= MAX_MESSAGE_BYTES:
            self._content.append(payload)
        if not fields[5] or fields[9]:
            self._whole(self._first, aborted=bool(fields[9]))

    def _whole(self, first: list[Any], *, aborted: bool) -> None:
        content, size, settled = b"".join(self._content), self._size, self._settled
        self._first, self._content, self._size, self._settled = None, [], 0, False
        self.credit -= 1
        self.delivery_count += 1
        if not aborted:
            result = self._outcome(first, content, size)
            if not settled:
                fields = [True, UInt(first[1]), None, True, result]
                self.session.send(performative(DISPOSITION, fields))
        if self.credit < CREDIT // 2 and not self.closed:
            self._grant()

    def _outcome(self, first: list[Any], content: bytes, size: int) -> bytes:
        try:
            if code_of(first[7]) == TRANSACTIONAL_STATE:
                raise not_implemented("A transaction")
            if size > MAX_MESSAGE_BYTES:
                raise Refused(
                    "amqp:link:message-size-exceeded",
                    f"The message has {size} bytes; this link takes at most {MAX_MESSAGE_BYTES}.",
                )
            self.accept(content, first[3] or 0)
        except Refused as reason:
            return outcome(REJECTED, [error(reason.condition, reason.description)])
        except MalformedAmqp as fault:
            return outcome(REJECTED, [error(fault.condition, f"The message cannot be read: {fault}.")])
        return _ACCEPTED

    def accept(self, content: bytes, message_format: int) -> None:
        """Take a whole transfer. Raises: Refused, MalformedAmqp."""
        raise NotImplementedError


class SenderLink(IncomingLink):
    """Messages for a queue or topic."""

    def __init__(self, session: SessionEndpoint, attach: list[Any], entity: Destination) -> None:
        super().__init__(session, attach, entity.path)
        self._entity = entity

    def accept(self, content: bytes, message_format: int) -> None:
        if message_format == BATCH_FORMAT:
            self._entity.send([Message(item) for item in _batch(content)])
        elif message_format == 0:
            self._entity.send([Message(content)])
        else:
            raise bad_argument("The message format is unknown.")


def _batch(content: bytes) -> list[bytes]:
    """The encoded messages of a batch: one data section each."""
    messages = [value for code, _, _, value in sections(content) if code == DATA]
    if not messages or not all(isinstance(message, bytes) for message in messages):
        raise MalformedAmqp("a batch holds no messages")
    return messages
