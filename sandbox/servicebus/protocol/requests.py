"""Requests and answers over a pair of links, as $cbs and $management use them.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response
"""

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from sandbox.servicebus.amqp.encoding import described
from sandbox.servicebus.amqp.types import Int, MalformedAmqp, Symbol
from sandbox.servicebus.broker.errors import Refused, bad_argument
from sandbox.servicebus.broker.messages import APPLICATION_PROPERTIES, PROPERTIES, VALUE, sections
from sandbox.servicebus.broker.namespace import path_of
from sandbox.servicebus.protocol.incoming import IncomingLink
from sandbox.servicebus.protocol.links import SessionEndpoint
from sandbox.servicebus.protocol.outgoing import OutgoingLink


class Request(NamedTuple):
    """properties: of the message; options: its application properties; body: its AMQP value."""

    properties: list[Any]
    options: dict[Any, Any]
    body: Any


class Answer(NamedTuple):
    """status: HTTP-like; value: the body, an AMQP value or None."""

    status: int
    description: str
    value: Any = None


type Handler = Callable[[Request], Answer]


class ReplyLink(OutgoingLink):
    """Answers of $cbs or $management; they wait here for credit."""

    def __init__(self, session: SessionEndpoint, attach: list[Any], path: str) -> None:
        super().__init__(session, attach, path)
        self._waiting: deque[bytes] = deque()
        self._sent = 0

    def serves(self, address: str) -> bool:
        """address: a path such as $cbs or events/$management."""
        return _address(self.source) == address

    def is_named(self, reply_to: object) -> bool:
        return isinstance(reply_to, str) and _address(self.target) == path_of(reply_to)

    def reply(self, content: bytes) -> None:
        self._waiting.append(content)
        self.pump()

    def pump(self) -> None:
        while self._waiting and self.can_take():
            self._sent += 1
            self.transmit(self._sent.to_bytes(4), self._waiting.popleft(), settled=True)


class RequestLink(IncomingLink):
    """Has each request handled, and the answer sent on the link it came with."""

    def __init__(
        self, session: SessionEndpoint, attach: list[Any], path: str, address: str, handle: Handler
    ) -> None:
        super().__init__(session, attach, path)
        self._address, self._handle = address, handle

    def accept(self, content: bytes, message_format: int) -> None:
        request = _read(content)
        condition = None
        try:
            answer = self._handle(request)
        except Refused as reason:
            answer, condition = Answer(reason.status, reason.description), reason.condition
        except MalformedAmqp as fault:
            answer, condition = Answer(400, f"The request cannot be read: {fault}."), fault.condition
        reply_to = request.properties[4] if len(request.properties) > 4 else None
        link = _reply_link(self.session, self._address, reply_to)
        if link is None:
            raise bad_argument("There is no link to answer the request on.")
        link.reply(_write(request, answer, condition))


def _reply_link(session: SessionEndpoint, address: str, reply_to: object) -> ReplyLink | None:
    """Where to answer a request made at an address."""
    links = [link for link in session.links.values() if isinstance(link, ReplyLink) and link.serves(address)]
    named = [link for link in links if link.is_named(reply_to)]
    return next(iter(named or links), None)


def _address(terminus: Any) -> str | None:
    fields = getattr(terminus, "value", None)
    address = fields[0] if isinstance(fields, list) and fields else None
    return path_of(address) if isinstance(address, str) else None


def _read(content: bytes) -> Request:
    properties: list[Any] = []
    options: dict[Any, Any] = {}
    body = None
    for code, _, _, value in sections(content):
        if code == PROPERTIES:
            properties = value
        elif code == APPLICATION_PROPERTIES:
            options = value
        elif code == VALUE:
            body = value
    return Request(properties, options, body)


def _write(request: Request, answer: Answer, condition: str | None) -> bytes:
    message_id = request.properties[0] if request.properties else None
    status, description = Int(answer.status), answer.description
    options: dict[Any, Any] = {  # $cbs and $management spell these differently; SDKs read either
        "status-code": status,
        "statusCode": status,
        "status-description": description,
        "statusDescription": description,
    }
    if condition:
        options["error-condition"] = options["errorCondition"] = Symbol(condition)
    body = b"" if answer.value is None else described(VALUE, answer.value)
    return (
        described(PROPERTIES, [None, None, None, None, None, message_id])
        + described(APPLICATION_PROPERTIES, options)
        + body
    )
