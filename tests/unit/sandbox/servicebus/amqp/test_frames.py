"""Cutting a stream into frames, and performatives out of frames."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.servicebus.amqp.encoding import described, encode
from sandbox.servicebus.amqp.frames import (
    AMQP_HEADER,
    ATTACH,
    DETACH,
    FLOW,
    MAX_FRAME,
    PROTOCOL_HEADER,
    SASL_FRAME,
    TRANSFER,
    BadFraming,
    Frame,
    FrameReader,
    code_of,
    frame,
    outcome,
)
from sandbox.servicebus.amqp.performatives import parse, performative
from sandbox.servicebus.amqp.types import Described, MalformedAmqp, Symbol, UInt, ULong

FRAMES = st.lists(
    st.builds(Frame, st.sampled_from([0, SASL_FRAME]), st.integers(0, 65535), st.binary(max_size=300)),
    max_size=6,
)


@given(FRAMES, st.integers(1, 50))
def test_frames_are_the_same_however_the_stream_is_cut(sent: list[Frame], piece: int) -> None:
    stream = AMQP_HEADER + b"".join(frame(item.channel, item.body, item.kind) for item in sent)
    reader = FrameReader()
    got: list[Frame] = []
    for start in range(0, len(stream), piece):
        got += reader.feed(stream[start : start + piece])
    assert got == [Frame(PROTOCOL_HEADER, 0, AMQP_HEADER), *sent]


def test_an_extended_header_is_skipped() -> None:
    raw = b"\x00\x00\x00\x0d\x03\x00\x00\x05" + b"ext!" + b"\x40"
    assert list(FrameReader().feed(raw)) == [Frame(0, 5, b"\x40")]


@pytest.mark.parametrize(
    "raw",
    [
        (MAX_FRAME + 1).to_bytes(4) + b"\x02\x00\x00\x00",
        b"\x00\x00\x00\x07\x02\x00\x00\x00",
        b"\x00\x00\x00\x08\x01\x00\x00\x00",
        b"\x00\x00\x00\x08\x03\x00\x00\x00",
        b"\x00\x00\x00\x08\x02\x07\x00\x00",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",  # a TLS client hello
        b"GET / HTTP/1.1\r\n",
    ],
)
def test_bytes_that_are_no_frame_are_refused(raw: bytes) -> None:
    with pytest.raises(BadFraming) as caught:
        list(FrameReader().feed(raw))
    assert caught.value.condition == "amqp:connection:framing-error"


def test_frames_before_the_fault_are_given_out() -> None:
    items = FrameReader().feed(frame(1, b"\x40") + b"\x00" * 8)
    assert next(items) == Frame(0, 1, b"\x40")
    with pytest.raises(BadFraming):
        next(items)


def test_a_performative_has_all_its_fields_and_its_payload() -> None:
    raw = described(TRANSFER, [UInt(1), UInt(2), b"tag"]) + b"payload"
    code, fields, payload = parse(raw)
    assert (code, fields, payload) == (TRANSFER, [1, 2, b"tag"] + [None] * 8, b"payload")


def test_what_is_sent_has_all_its_fields() -> None:
    assert parse(performative(DETACH, [UInt(1)])).fields == [1, None, None]
    assert performative(DETACH, [UInt(1)]).endswith(b"\x40\x40")


@pytest.mark.parametrize(
    "raw",
    [
        encode("text"),
        described(0x24, []),
        encode(Described(Symbol("amqp:transfer:list"), [])),
        described(TRANSFER, {}),
        described(TRANSFER, []),
        described(TRANSFER, [None]),
        described(TRANSFER, ["1"]),
        described(TRANSFER, [True]),
        described(TRANSFER, [-1]),
        described(TRANSFER, [UInt(1), UInt(2), "tag"]),
        described(TRANSFER, [UInt(1)] + [None] * 11),
        described(FLOW, [None, UInt(1), UInt(1)]),
        described(ATTACH, ["name", UInt(1), UInt(1)]),
        described(ATTACH, ["name", UInt(1), True, None, None, ["address"]]),
    ],
)
def test_a_performative_with_wrong_fields_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedAmqp):
        parse(raw)


@given(st.binary(max_size=100))
def test_any_frame_body_is_a_performative_or_malformed(raw: bytes) -> None:
    with contextlib.suppress(MalformedAmqp):
        assert 0x10 <= parse(raw).code <= 0x18


@pytest.mark.parametrize(
    ("value", "code"), [(Described(ULong(0x24), []), 0x24), (None, -1), (Described("x", 1), -1)]
)
def test_codes_are_numeric_descriptors(value: Any, code: int) -> None:
    assert code_of(value) == code


def test_an_outcome_is_a_described_list() -> None:
    assert outcome(0x24) == b"\x00\x53\x24\x45"
