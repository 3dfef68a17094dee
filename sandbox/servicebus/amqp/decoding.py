"""Bytes to values: `decode`. Whatever the bytes are, it answers a value or raises MalformedAmqp."""

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
    MalformedAmqp,
    Short,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)

MAX_DEPTH = 32
MAX_ZERO_WIDTH_ITEMS = 65536

type Read = Callable[[bytes, int, int], tuple[Any, int]]


def decode(buffer: bytes, position: int = 0) -> tuple[Any, int]:
    """The value at `position` and the position after it. Raises: MalformedAmqp."""
    try:
        return _value(buffer, position, 0)
    except MalformedAmqp:
        raise
    except (IndexError, struct.error):
        raise MalformedAmqp("the value is cut short") from None
    except (UnicodeDecodeError, OverflowError, ValueError):
        raise MalformedAmqp("text is not in its encoding") from None
    except TypeError:
        raise MalformedAmqp("a map has a key that cannot be one") from None


def _value(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
    code = buffer[position]
    read = _READ.get(code)
    if read is None:
        raise MalformedAmqp(f"0x{code:02x} is no AMQP type")
    return read(buffer, position + 1, depth)


def _constant(value: Any) -> Read:
    return lambda buffer, position, depth: (value, position)


def _fixed(layout: str, convert: Callable[[Any], Any] | None = None) -> Read:
    form = struct.Struct(layout)
    unpack, width = form.unpack_from, form.size
    if convert is None:
        return lambda buffer, position, depth: (unpack(buffer, position)[0], position + width)
    return lambda buffer, position, depth: (convert(unpack(buffer, position)[0]), position + width)


def _raw(code: int, width: int, convert: Callable[[int, bytes], Any]) -> Read:
    def read(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        return convert(code, _slice(buffer, position, width)), position + width

    return read


def _variable(length: struct.Struct, convert: Callable[[bytes], Any]) -> Read:
    unpack, prefix = length.unpack_from, length.size

    def read(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        size = unpack(buffer, position)[0]
        position += prefix
        return convert(_slice(buffer, position, size)), position + size

    return read


def _slice(buffer: bytes, position: int, size: int) -> bytes:
    end = position + size
    if end > len(buffer):
        raise MalformedAmqp("the value is cut short")
    return buffer[position:end]


def _compound(pair: struct.Struct, build: Callable[[bytes, int, int, int, int], Any]) -> Read:
    """`pair` reads size and count; the size counts the bytes after itself."""
    unpack, prefix = pair.unpack_from, pair.size

    def read(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        if depth >= MAX_DEPTH:
            raise MalformedAmqp(f"values are nested more than {MAX_DEPTH} deep")
        size, count = unpack(buffer, position)
        end = position + prefix // 2 + size
        if end > len(buffer) or end < position + prefix:
            raise MalformedAmqp("a compound value says a size it has not")
        return build(buffer, position + prefix, end, count, depth + 1), end

    return read


def _items(buffer: bytes, position: int, end: int, count: int, depth: int) -> list[Any]:
    if count > end - position:
        raise MalformedAmqp("a compound value says a count it has not")
    items = []
    for _ in range(count):
        read = _READ.get(buffer[position])
        if read is None:
            raise MalformedAmqp(f"0x{buffer[position]:02x} is no AMQP type")
        item, position = read(buffer, position + 1, depth)
        items.append(item)
    if position != end:
        raise MalformedAmqp("a compound value says a size it has not")
    return items


def _map(buffer: bytes, position: int, end: int, count: int, depth: int) -> dict[Any, Any]:
    if count % 2:
        raise MalformedAmqp("a map has a key without a value")
    items = iter(_items(buffer, position, end, count, depth))
    return dict(zip(items, items, strict=True))


def _array(buffer: bytes, position: int, end: int, count: int, depth: int) -> Array:
    code = buffer[position]
    read, kind = _READ.get(code), _KINDS.get(code)
    if read is None or kind is None:
        raise MalformedAmqp(f"arrays of 0x{code:02x} are not supported")
    position += 1
    if count > max(end - position, MAX_ZERO_WIDTH_ITEMS):
        raise MalformedAmqp("an array says a count it has not")
    items = []
    for _ in range(count):
        item, position = read(buffer, position, depth)
        items.append(item)
    if position != end:
        raise MalformedAmqp("an array says a size it has not")
    return Array(kind, items)


def _described(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
    if depth >= MAX_DEPTH:
        raise MalformedAmqp(f"values are nested more than {MAX_DEPTH} deep")
    descriptor, position = _value(buffer, position, depth + 1)
    value, position = _value(buffer, position, depth + 1)
    return Described(descriptor, value), position


def _uuid(code: int, raw: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=raw)


def _symbol(raw: bytes) -> Symbol:
    return Symbol(raw.decode("ascii"))


def _char(number: int) -> Char:
    return Char(chr(number))


_U8, _U32, _U8_PAIR, _U32_PAIR = (struct.Struct(form) for form in (">B", ">I", ">BB", ">II"))
_READ: dict[int, Read] = {
    0x00: _described,
    0x40: _constant(None),
    0x41: _constant(True),
    0x42: _constant(False),
    0x43: _constant(UInt(0)),
    0x44: _constant(ULong(0)),
    0x45: lambda buffer, position, depth: ([], position),
    0x50: _fixed(">B", UByte),
    0x51: _fixed(">b", Byte),
    0x52: _fixed(">B", UInt),
    0x53: _fixed(">B", ULong),
    0x54: _fixed(">b", Int),
    0x55: _fixed(">b"),
    0x56: _fixed(">?"),
    0x60: _fixed(">H", UShort),
    0x61: _fixed(">h", Short),
    0x70: _fixed(">I", UInt),
    0x71: _fixed(">i", Int),
    0x72: _fixed(">f", Float),
    0x73: _fixed(">I", _char),
    0x74: _raw(0x74, 4, Decimal),
    0x80: _fixed(">Q", ULong),
    0x81: _fixed(">q"),
    0x82: _fixed(">d"),
    0x83: _fixed(">q", Timestamp),
    0x84: _raw(0x84, 8, Decimal),
    0x94: _raw(0x94, 16, Decimal),
    0x98: _raw(0x98, 16, _uuid),
    0xA0: _variable(_U8, bytes),
    0xA1: _variable(_U8, bytes.decode),
    0xA3: _variable(_U8, _symbol),
    0xB0: _variable(_U32, bytes),
    0xB1: _variable(_U32, bytes.decode),
    0xB3: _variable(_U32, _symbol),
    0xC0: _compound(_U8_PAIR, _items),
    0xC1: _compound(_U8_PAIR, _map),
    0xD0: _compound(_U32_PAIR, _items),
    0xD1: _compound(_U32_PAIR, _map),
    0xE0: _compound(_U8_PAIR, _array),
    0xF0: _compound(_U32_PAIR, _array),
}
_KINDS: dict[int, type] = {
    0x40: type(None),
    0x41: bool,
    0x42: bool,
    0x43: UInt,
    0x44: ULong,
    0x45: list,
    0x50: UByte,
    0x51: Byte,
    0x52: UInt,
    0x53: ULong,
    0x54: Int,
    0x55: int,
    0x56: bool,
    0x60: UShort,
    0x61: Short,
    0x70: UInt,
    0x71: Int,
    0x72: Float,
    0x73: Char,
    0x80: ULong,
    0x81: int,
    0x82: float,
    0x83: Timestamp,
    0x98: uuid.UUID,
    0xA0: bytes,
    0xA1: str,
    0xA3: Symbol,
    0xB0: bytes,
    0xB1: str,
    0xB3: Symbol,
    0xC0: list,
    0xC1: dict,
    0xD0: list,
    0xD1: dict,
}
