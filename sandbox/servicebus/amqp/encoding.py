"""Values to bytes: `encode`, in the shortest form AMQP has; `described` for what has a descriptor."""

import struct
import uuid
from collections.abc import Callable
from typing import Any

from sandbox.servicebus.amqp.types import (
    Array,
    Byte,
    Char,
    Decimal,
    Described,
    Float,
    Int,
    Short,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)


class Encoded(bytes):
    """Bytes that are a value already: `encode` lets them through."""

    __slots__ = ()


def encode(value: Any) -> bytes:
    """The value in AMQP. Raises: TypeError (no such type in AMQP), struct.error (a number out of range)."""
    write = _WRITE.get(type(value))
    if write is None:
        raise TypeError(f"AMQP has no type for {type(value).__name__}")
    return write(value)


def described(code: int, value: Any) -> Encoded:
    """The value under a descriptor below 256."""
    return Encoded(b"\x00\x53" + bytes((code,)) + encode(value))


def _packed(code: int, layout: str) -> Callable[[Any], bytes]:
    pack = struct.Struct(">B" + layout).pack
    return lambda value: pack(code, value)


def _unsigned(zero: bytes, small: int, wide: Callable[[Any], bytes]) -> Callable[[int], bytes]:
    def write(value: int) -> bytes:
        if value == 0:
            return zero
        return bytes((small, value)) if 0 < value < 256 else wide(value)

    return write


def _signed(small: Callable[[Any], bytes], wide: Callable[[Any], bytes]) -> Callable[[int], bytes]:
    return lambda value: small(value) if -128 <= value < 128 else wide(value)


def _sized(code: int, raw: bytes) -> bytes:
    size = len(raw)
    return (bytes((code, size)) if size < 256 else _SIZE(code + 0x10, size)) + raw


def _compound(code: int, parts: list[bytes]) -> bytes:
    body = b"".join(parts)
    size, count = len(body) + 1, len(parts)
    if size < 256 and count < 256:
        return bytes((code, size, count)) + body
    return _SIZES(code + 0x10, len(body) + 4, count) + body


def _list(value: list[Any]) -> bytes:
    return _compound(0xC0, [_WRITE[type(item)](item) for item in value]) if value else b"\x45"


def _map(value: dict[Any, Any]) -> bytes:
    return _compound(0xC1, [_WRITE[type(item)](item) for pair in value.items() for item in pair])


def _array(value: Array) -> bytes:
    """Each item in the widest form of its kind, because one constructor serves them all."""
    code, write = _ITEMS[value.kind]
    body = bytes((code,)) + b"".join(write(item) for item in value)
    return _SIZES(0xF0, len(body) + 4, len(value)) + body


def _wide(code: int, layout: str) -> tuple[int, Callable[[Any], bytes]]:
    return code, struct.Struct(">" + layout).pack


def _wide_text(raw: bytes) -> bytes:
    return _LENGTH(len(raw)) + raw


def _wide_compound(items: list[Any]) -> bytes:
    body = b"".join(map(encode, items))
    return struct.pack(">II", len(body) + 4, len(items)) + body


_SIZE, _SIZES, _LENGTH = struct.Struct(">BI").pack, struct.Struct(">BII").pack, struct.Struct(">I").pack
_WRITE: dict[type, Callable[[Any], bytes]] = {
    Encoded: lambda value: value,
    type(None): lambda value: b"\x40",
    bool: lambda value: b"\x41" if value else b"\x42",
    UByte: _packed(0x50, "B"),
    UShort: _packed(0x60, "H"),
    UInt: _unsigned(b"\x43", 0x52, _packed(0x70, "I")),
    ULong: _unsigned(b"\x44", 0x53, _packed(0x80, "Q")),
    Byte: _packed(0x51, "b"),
    Short: _packed(0x61, "h"),
    Int: _signed(_packed(0x54, "b"), _packed(0x71, "i")),
    int: _signed(_packed(0x55, "b"), _packed(0x81, "q")),
    Timestamp: _packed(0x83, "q"),
    Float: _packed(0x72, "f"),
    float: _packed(0x82, "d"),
    Decimal: lambda value: bytes((value.code,)) + value.raw,
    Char: lambda value: _SIZE(0x73, ord(value)),
    uuid.UUID: lambda value: b"\x98" + value.bytes,
    bytes: lambda value: _sized(0xA0, value),
    str: lambda value: _sized(0xA1, value.encode()),
    Symbol: lambda value: _sized(0xA3, value.encode("ascii")),
    list: _list,
    dict: _map,
    Array: _array,
    Described: lambda value: b"\x00" + encode(value.descriptor) + encode(value.value),
}
_ITEMS: dict[type, tuple[int, Callable[[Any], bytes]]] = {
    type(None): (0x40, lambda value: b""),
    bool: _wide(0x56, "?"),
    UByte: _wide(0x50, "B"),
    UShort: _wide(0x60, "H"),
    UInt: _wide(0x70, "I"),
    ULong: _wide(0x80, "Q"),
    Byte: _wide(0x51, "b"),
    Short: _wide(0x61, "h"),
    Int: _wide(0x71, "i"),
    int: _wide(0x81, "q"),
    Timestamp: _wide(0x83, "q"),
    Float: _wide(0x72, "f"),
    float: _wide(0x82, "d"),
    Char: (0x73, lambda value: _LENGTH(ord(value))),
    uuid.UUID: (0x98, lambda value: value.bytes),
    bytes: (0xB0, _wide_text),
    str: (0xB1, lambda value: _wide_text(value.encode())),
    Symbol: (0xB3, lambda value: _wide_text(value.encode("ascii"))),
    list: (0xD0, _wide_compound),
    dict: (0xD1, lambda value: _wide_compound([item for pair in value.items() for item in pair])),
}
