"""The AMQP 1.0 types Python has no name for, so that what was decoded encodes to the same type again.

Plain Python stands for: None null, bool boolean, int long, float double, str string, bytes binary,
uuid.UUID uuid, list list, dict map.
https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-types-v1.0-os.html
"""

from typing import Any, NamedTuple


class MalformedAmqp(Exception):
    """Bytes that are not AMQP 1.0. The message never holds any of them."""

    condition = "amqp:decode-error"


class Violation(MalformedAmqp):
    """AMQP that breaks its own rules; condition: the standard's name for it."""

    def __init__(self, condition: str, description: str) -> None:
        super().__init__(description)
        self.condition = condition


class Symbol(str):
    __slots__ = ()


class Char(str):
    """One Unicode character."""

    __slots__ = ()


class UByte(int):
    pass


class UShort(int):
    pass


class UInt(int):
    pass


class ULong(int):
    pass


class Byte(int):
    pass


class Short(int):
    pass


class Int(int):
    pass


class Timestamp(int):
    """Milliseconds since the Unix epoch."""


class Float(float):
    """Single precision."""


class Decimal(NamedTuple):
    """A decimal number nobody here computes with: kept as its constructor and its bytes."""

    code: int
    raw: bytes


class Described(NamedTuple):
    """A value with a descriptor saying what it is."""

    descriptor: Any
    value: Any


class Array(list[Any]):
    """Values of one type, `kind`."""

    def __init__(self, kind: type, items: Any) -> None:
        super().__init__(items)
        self.kind = kind
