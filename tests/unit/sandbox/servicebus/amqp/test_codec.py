"""Values to bytes and back."""

import contextlib
import string
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.servicebus.amqp.decoding import MAX_DEPTH, decode
from sandbox.servicebus.amqp.encoding import Encoded, described, encode
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


def whole(kind: type, bits: int, signed: bool) -> st.SearchStrategy[Any]:
    low = -(2 ** (bits - 1)) if signed else 0
    return st.integers(low, low + 2**bits - 1).map(kind)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
SYMBOLS = st.text(string.printable, max_size=300).map(Symbol)
SCALARS = {
    bool: st.booleans(),
    UByte: whole(UByte, 8, False),
    UShort: whole(UShort, 16, False),
    UInt: whole(UInt, 32, False),
    ULong: whole(ULong, 64, False),
    Byte: whole(Byte, 8, True),
    Short: whole(Short, 16, True),
    Int: whole(Int, 32, True),
    int: whole(int, 64, True),
    Timestamp: whole(Timestamp, 64, True),
    Float: st.floats(width=32, allow_nan=False).map(Float),
    float: st.floats(allow_nan=False),
    Char: st.characters(exclude_categories=["Cs"]).map(Char),
    uuid.UUID: st.uuids(),
    bytes: st.binary(max_size=300),
    str: TEXT,
    Symbol: SYMBOLS,
}
ARRAYS = st.sampled_from(list(SCALARS)).flatmap(
    lambda kind: st.lists(SCALARS[kind], max_size=5).map(lambda items: Array(kind, items))
)
DECIMALS = st.sampled_from([(0x74, 4), (0x84, 8), (0x94, 16)]).flatmap(
    lambda form: st.binary(min_size=form[1], max_size=form[1]).map(lambda raw: Decimal(form[0], raw))
)
VALUES = st.recursive(
    st.one_of(st.none(), ARRAYS, DECIMALS, *SCALARS.values()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(TEXT, inner, max_size=5),
        st.builds(Described, whole(ULong, 64, False), inner),
    ),
    max_leaves=12,
)


def typed(value: Any) -> Any:
    """The value with the types of everything in it, so that 1 and True and UInt(1) differ."""
    if isinstance(value, Array):
        return "array", value.kind, [typed(item) for item in value]
    if isinstance(value, Described):
        return "described", typed(value.descriptor), typed(value.value)
    if isinstance(value, list):
        return [typed(item) for item in value]
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    return type(value), value


@given(VALUES)
def test_every_value_comes_back_with_its_type(value: Any) -> None:
    raw = encode(value)
    decoded, end = decode(raw)
    assert typed(decoded) == typed(value)
    assert end == len(raw)


@given(VALUES, st.data())
def test_a_value_cut_short_is_malformed(value: Any, data: st.DataObject) -> None:
    raw = encode(value)
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(MalformedAmqp):
        decode(raw[:cut])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_that_encodes_again_or_malformed(raw: bytes) -> None:
    try:
        value, end = decode(raw)
    except MalformedAmqp:
        return
    assert end <= len(raw)
    encode(value)


@given(VALUES, st.data())
def test_a_damaged_byte_is_a_value_or_malformed_and_no_other_error(value: Any, data: st.DataObject) -> None:
    raw = bytearray(encode(value))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedAmqp):
        decode(bytes(raw))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\x99", "0x99 is no AMQP type"),
        (b"\xa1\x05ab", "cut short"),
        (b"\xa1\x01\xff", "not in its encoding"),
        (b"\xa3\x01\xff", "not in its encoding"),
        (b"\xc0\x02\x05\x40", "count"),
        (b"\xc0\x03\x01\x40\x40", "size"),
        (b"\xc1\x02\x01\x40", "without a value"),
        (b"\xc1\x03\x02\x45\x40", "key"),
        (b"\xd0\xff\xff\xff\xff\x00\x00\x00\x01\x40", "size"),
        (b"\xf0\x00\x00\x00\x05\xff\xff\xff\xff\x40", "count"),
        (b"\xe0\x03\x01\x00\x40", "not supported"),
        (b"\x00\x40" * 200, "deep"),
    ],
)
def test_malformed_values_say_what_is_wrong(raw: bytes, why: str) -> None:
    with pytest.raises(MalformedAmqp, match=why):
        decode(raw)


def test_nesting_is_bounded() -> None:
    raw = b"\x40"
    for _ in range(MAX_DEPTH):
        raw = b"\xd0" + (len(raw) + 4).to_bytes(4) + b"\x00\x00\x00\x01" + raw
    decode(raw)
    with pytest.raises(MalformedAmqp, match="deep"):
        decode(b"\xd0" + (len(raw) + 4).to_bytes(4) + b"\x00\x00\x00\x01" + raw)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (None, b"\x40"),
        (UInt(0), b"\x43"),
        (UInt(200), b"\x52\xc8"),
        (UInt(256), b"\x70\x00\x00\x01\x00"),
        (ULong(0x24), b"\x53\x24"),
        (-1, b"\x55\xff"),
        (1000, b"\x81\x00\x00\x00\x00\x00\x00\x03\xe8"),
        ("é", b"\xa1\x02\xc3\xa9"),
        (b"x" * 256, b"\xb0\x00\x00\x01\x00" + b"x" * 256),
        ([], b"\x45"),
        ([True, None], b"\xc0\x03\x02\x41\x40"),
        ({"a": False}, b"\xc1\x05\x02\xa1\x01a\x42"),
        (Array(Symbol, [Symbol("a")]), b"\xf0\x00\x00\x00\x0a\x00\x00\x00\x01\xb3\x00\x00\x00\x01a"),
    ],
)
def test_the_bytes_are_those_of_the_standard(value: Any, raw: bytes) -> None:
    assert encode(value) == raw


def test_a_type_amqp_has_not_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        encode({1})


def test_encoded_bytes_are_let_through() -> None:
    assert described(0x24, []) == b"\x00\x53\x24\x45"
    assert encode([Encoded(b"\x41")]) == b"\xc0\x02\x01\x41"
