"""Requests and answers over a pair of links, as $cbs and $management use them.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.servicebus.amqp.encoding import described
from sandbox.servicebus.amqp.types import Int, MalformedAmqp, Symbol
from sandbox.servicebus.broker.errors import Refused, bad_argument
from sandbox.servicebus.broker.messages import APPLICATION_PROPERTIES, PROPERTIES, VALUE, sections
from sandbox.servicebus.protocol.incoming import IncomingLink

if TYPE_CHECKING:
    from sandbox.servicebus.protocol.session import Session


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


class RequestLink(IncomingLink):
    """Has each request handled, and the answer sent on the link it came with."""

    def __init__(
        self, session: "Session", attach: list[Any], path: str, address: str, handle: Handler
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
        link = self.session.reply_link(self._address, reply_to)
        if link is None:
            raise bad_argument("There is no link to answer the request on.")
        link.reply(_write(request, answer, condition))


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
