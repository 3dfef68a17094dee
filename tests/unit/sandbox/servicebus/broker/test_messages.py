"""What a sender gave, and what a receiver gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.servicebus.amqp.encoding import described, encode
from sandbox.servicebus.amqp.types import (
    Byte,
    Decimal,
    Float,
    Int,
    MalformedAmqp,
    Short,
    Symbol,
    Timestamp,
    UInt,
)
from sandbox.servicebus.broker.messages import (
    APPLICATION_PROPERTIES,
    DATA,
    DEFERRED,
    DELIVERY_ANNOTATIONS,
    HEADER,
    MESSAGE_ANNOTATIONS,
    PROPERTIES,
    VALUE,
    Entry,
    Message,
    sections,
)
from tests.unit.sandbox.servicebus.fakes import application_properties, body_of, encoded, section

TYPED = {
    "byte": Byte(1),
    "short": Short(2),
    "int": Int(3),
    "long": 4,
    "float": Float(1.5),
    "double": 1.5,
    "decimal": Decimal(0x74, b"1234"),
    "when": Timestamp(1),
}


def test_a_message_is_kept_as_it_came() -> None:
    raw = encoded(b"body", message_id="m1", ttl_ms=5000, due_ms=7, properties={"a": "b"}, system={3: "label"})
    message = Message(raw)
    assert (message.raw, message.message_id, message.ttl_ms, message.due_ms) == (raw, "m1", 5000, 7)
    assert (message.application_properties, message.field(3)) == ({"a": "b"}, "label")


def test_a_message_without_an_id_gets_one_and_keeps_the_rest() -> None:
    message = Message(encoded(b"body", ttl_ms=5000, properties=TYPED, system={3: "label"}))
    again = Message(message.raw)
    assert len(message.message_id) == 32
    assert again.message_id == message.message_id
    assert (again.field(3), again.ttl_ms, body_of(again.raw)) == ("label", 5000, b"body")
    assert [type(value) for value in again.application_properties.values()] == [
        type(v) for v in TYPED.values()
    ]


def test_more_properties_leave_the_others_their_types() -> None:
    before = Message(encoded(b"body", message_id="m1", properties=TYPED))
    after = before.with_properties({"DeadLetterReason": "bad"})
    assert application_properties(after.raw) == {**TYPED, "DeadLetterReason": "bad"}
    assert [type(v) for v in Message(after.raw).application_properties.values()][:8] == [
        type(v) for v in TYPED.values()
    ]
    assert before.application_properties == TYPED
    assert body_of(after.raw) == b"body"


def test_no_more_properties_change_nothing() -> None:
    message = Message(encoded(message_id="m1"))
    assert message.with_properties({}) is message


def test_a_receiver_gets_the_message_with_the_brokers_annotations() -> None:
    entry = Entry(Message(encoded(b"body", message_id="m1", ttl_ms=5000)), 1, 42, 1_800_000_000_000)
    entry.delivery_count, entry.state, entry.dead_letter_source = 2, DEFERRED, "work"
    content = entry.encoded()
    annotations = section(content, MESSAGE_ANNOTATIONS)
    assert section(content, HEADER)[4] == 2
    assert section(content, HEADER)[2] == 5000
    assert annotations == {
        "x-opt-sequence-number": 42,
        "x-opt-enqueued-time": 1_800_000_000_000,
        "x-opt-message-state": DEFERRED,
        "x-opt-deadletter-source": "work",
    }
    assert body_of(content) == b"body"


def test_annotations_of_another_delivery_are_not_passed_on() -> None:
    stale = {Symbol("x-opt-locked-until"): Timestamp(1), Symbol("x-opt-partition-key"): "p"}
    raw = (
        described(MESSAGE_ANNOTATIONS, stale) + described(DELIVERY_ANNOTATIONS, {}) + encoded(message_id="m1")
    )
    content = Entry(Message(raw), 1, 1, 1).encoded()
    annotations = section(content, MESSAGE_ANNOTATIONS)
    assert "x-opt-locked-until" not in annotations
    assert annotations["x-opt-partition-key"] == "p"
    assert section(content, DELIVERY_ANNOTATIONS) is None


def test_a_body_of_any_kind_is_passed_on() -> None:
    message = Message(described(PROPERTIES, ["m1"]) + described(VALUE, {"a": 1}))
    assert section(Entry(message, 1, 1, 1).encoded(), VALUE) == {"a": 1}


@pytest.mark.parametrize(
    "raw",
    [
        encode("text"),
        described(0x24, []),
        described(HEADER, {}),
        described(PROPERTIES, {}),
        described(APPLICATION_PROPERTIES, []),
        described(HEADER, [None, None, "soon"]),
        described(MESSAGE_ANNOTATIONS, {Symbol("x-opt-scheduled-enqueue-time"): "soon"}),
        described(DATA, b"body")[:-1],
    ],
)
def test_what_is_no_message_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedAmqp):
        Message(raw)


@given(st.binary(max_size=200), st.dictionaries(st.text(max_size=5), st.integers(0, 100), max_size=4))
def test_sections_cover_the_whole_message(body: bytes, properties: dict[str, int]) -> None:
    raw = encoded(body, message_id=UInt(7), properties=properties)
    spans = [(start, end) for _, start, end, _ in sections(raw)]
    assert [start for start, _ in spans] == [0, *[end for _, end in spans[:-1]]]
    assert spans[-1][1] == len(raw)
