"""The handshake before the open: protocol headers, and SASL that asks for no secret.

Tokens on $cbs say later what a client may do.
https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-security-v1.0-os.html#section-sasl
"""

from collections.abc import Callable

from sandbox.servicebus.amqp.decoding import decode
from sandbox.servicebus.amqp.encoding import described
from sandbox.servicebus.amqp.frames import (
    AMQP_HEADER,
    SASL_FRAME,
    SASL_HEADER,
    SASL_INIT,
    SASL_MECHANISMS,
    SASL_OUTCOME,
    BadFraming,
    code_of,
    frame,
)
from sandbox.servicebus.amqp.types import Array, MalformedAmqp, Symbol, UByte, Violation

MECHANISMS = ["ANONYMOUS", "MSSBCBS", "EXTERNAL"]

type Write = Callable[[bytes], None]


def answer_header(header: bytes, write: Write) -> None:
    """Raises: BadFraming, after the answer, when the client speaks another protocol."""
    if header == SASL_HEADER:
        write(header)
        mechanisms = described(SASL_MECHANISMS, [Array(Symbol, [Symbol(name) for name in MECHANISMS])])
        write(frame(0, mechanisms, SASL_FRAME))
    else:
        write(AMQP_HEADER)  # which also tells a client that wanted something else
        if header != AMQP_HEADER:
            raise BadFraming("the client speaks another protocol than AMQP 1.0")


def answer_sasl(body: bytes, write: Write) -> None:
    """Raises: MalformedAmqp; Violation, after the answer, for a mechanism there is not."""
    init, _ = decode(body)
    fields = init.value if code_of(init) == SASL_INIT else None
    if not isinstance(fields, list) or not fields:
        raise MalformedAmqp("the frame is no sasl-init")
    accepted = fields[0] in MECHANISMS
    write(frame(0, described(SASL_OUTCOME, [UByte(0 if accepted else 1), None]), SASL_FRAME))
    if not accepted:
        raise Violation("amqp:unauthorized-access", "the client asked for another SASL mechanism")
