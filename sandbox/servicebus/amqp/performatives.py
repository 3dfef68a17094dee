"""Performatives: the nine things AMQP peers say to each other, with the types of their fields.

https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-transport-v1.0-os.html#section-performatives
"""

from typing import Any, NamedTuple

from sandbox.servicebus.amqp.decoding import decode
from sandbox.servicebus.amqp.encoding import described
from sandbox.servicebus.amqp.frames import (
    ATTACH,
    BEGIN,
    CLOSE,
    DETACH,
    DISPOSITION,
    END,
    FLOW,
    OPEN,
    TRANSFER,
    code_of,
)
from sandbox.servicebus.amqp.types import Described, MalformedAmqp

# A letter a field: n number, s text, b boolean, y bytes, d described, m map, * anything. Capitals: mandatory.
_FIELDS = {
    OPEN: "Ssnnn****m",
    BEGIN: "nNNNn**m",
    ATTACH: "SNBnndd*bnn**m",
    FLOW: "nNNNnnnnbbm",
    TRANSFER: "Nnynbbn*bbb",
    DISPOSITION: "BNnbdb",
    DETACH: "Nbd",
    END: "d",
    CLOSE: "d",
}
_TYPES: dict[str, type] = {
    "n": int,
    "s": str,
    "b": bool,
    "y": bytes,
    "d": Described,
    "m": dict,
    "*": object,
}
_CHECKS = {
    code: [(_TYPES[letter.lower()], letter.isupper()) for letter in letters]
    for code, letters in _FIELDS.items()
}


class Performative(NamedTuple):
    """code: OPEN to CLOSE; fields: all it can have, null where none was sent; payload: of a transfer."""

    code: int
    fields: list[Any]
    payload: bytes


def parse(body: bytes) -> Performative:
    """The performative in a frame's body. Raises: MalformedAmqp."""
    value, end = decode(body)
    code = code_of(value)
    checks = _CHECKS.get(code)
    if checks is None or not isinstance(value.value, list) or len(value.value) > len(checks):
        raise MalformedAmqp("the frame holds no performative")
    fields = value.value + [None] * (len(checks) - len(value.value))
    for item, (kind, mandatory) in zip(fields, checks, strict=True):
        if item is None:
            if mandatory:
                raise MalformedAmqp("the performative lacks a field it must have")
        elif not isinstance(item, kind) or (isinstance(item, int) and not _is_one(item, kind)):
            raise MalformedAmqp("a field of the performative has a wrong type")
    return Performative(code, fields, body[end:])


def _is_one(number: int, kind: type) -> bool:
    return isinstance(number, bool) == (kind is bool) and number >= 0 if kind is not object else True


def performative(code: int, fields: list[Any]) -> bytes:
    """A performative, trailing nulls included.

    Azure sends every field; SDKs before 7.15.0 index them all and fail on the omissions the standard allows.
    """
    return described(code, fields + [None] * (len(_CHECKS[code]) - len(fields)))
