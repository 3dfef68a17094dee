"""What Service Bus functions are told about their messages, read back with Microsoft's own decoder."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import azure.functions as func
from azure.functions.servicebus import ServiceBusMessageInConverter

from sandbox.host import messages

ENQUEUED = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)


def received(**changes: Any) -> Any:
    """A received message as the SDK presents it: text as bytes within application properties."""
    facts = {
        "body": [b"hel", b"lo"],
        "message_id": "m1",
        "content_type": "text/plain",
        "correlation_id": "c1",
        "subject": "s1",
        "to": None,
        "reply_to": None,
        "reply_to_session_id": None,
        "session_id": None,
        "partition_key": None,
        "lock_token": "11111111-2222-3333-4444-555555555555",
        "dead_letter_source": "in",
        "dead_letter_reason": "MaxDeliveryCountExceeded",
        "dead_letter_error_description": None,
        "delivery_count": 0,
        "sequence_number": 42,
        "enqueued_sequence_number": 41,
        "state": 0,
        "enqueued_time_utc": ENQUEUED,
        "expires_at_utc": None,
        "locked_until_utc": ENQUEUED,
        "scheduled_enqueue_time_utc": None,
        "application_properties": {b"colour": b"red", b"n": 3},
    }
    return SimpleNamespace(**{**facts, **changes})


def decode_one(message: Any, binary: bool = False) -> func.ServiceBusMessage:
    datum, metadata = messages.one(message, binary)
    decoded = ServiceBusMessageInConverter.decode(datum, trigger_metadata=metadata)
    assert not isinstance(decoded, list)
    return decoded


def test_a_message_arrives_with_all_it_carries() -> None:
    message = decode_one(received())
    assert message.get_body() == b"hello"
    assert (message.message_id, message.correlation_id, message.subject) == ("m1", "c1", "s1")
    assert (message.content_type, message.label, message.sequence_number) == ("text/plain", "s1", 42)
    assert message.enqueued_time_utc == ENQUEUED
    assert message.application_properties == {"colour": "red", "n": 3} == message.user_properties
    assert (message.dead_letter_source, message.dead_letter_reason) == ("in", "MaxDeliveryCountExceeded")
    assert message.reply_to is None


def test_the_first_delivery_counts_as_one() -> None:
    assert decode_one(received(delivery_count=0)).delivery_count == 1
    assert decode_one(received(delivery_count=None)).delivery_count == 1
    assert decode_one(received(delivery_count=2)).delivery_count == 3


def test_a_body_that_is_no_text_arrives_as_it_is() -> None:
    assert decode_one(received(body=[b"\xff\xfe"])).get_body() == b"\xff\xfe"
    assert decode_one(received(body=[b"\xff"]), binary=True).get_body() == b"\xff"
    assert decode_one(received(body=[])).get_body() == b""
    assert decode_one(received(body={"a": 1})).get_body() == b'{"a": 1}'


def test_a_batch_arrives_in_order_with_each_messages_own_facts() -> None:
    batch = [
        received(body=[b"a"], message_id="1", application_properties={b"i": 1}),
        received(body=[b"b"], message_id="2", application_properties=None, delivery_count=4),
    ]
    datum, metadata = messages.many(batch, binary=False)
    decoded = ServiceBusMessageInConverter.decode(datum, trigger_metadata=metadata)
    assert isinstance(decoded, list)
    assert [message.get_body() for message in decoded] == [b"a", b"b"]
    assert [message.message_id for message in decoded] == ["1", "2"]
    assert [message.delivery_count for message in decoded] == [1, 5]
    assert [message.application_properties for message in decoded] == [{"i": 1}, {}]
    assert [message.enqueued_time_utc for message in decoded] == [ENQUEUED, ENQUEUED]


def test_a_batch_with_a_binary_body_arrives_as_bytes() -> None:
    datum, metadata = messages.many([received(body=[b"\xff"]), received()], binary=False)
    decoded = ServiceBusMessageInConverter.decode(datum, trigger_metadata=metadata)
    assert isinstance(decoded, list)
    assert [message.get_body() for message in decoded] == [b"\xff", b"hello"]


def test_text_given_by_hand_makes_a_message() -> None:
    datum, metadata = messages.from_text("x")
    decoded = ServiceBusMessageInConverter.decode(datum, trigger_metadata=metadata)
    assert not isinstance(decoded, list)
    assert decoded.get_body() == b"x"
    datum, metadata = messages.many_from_text("y")
    decoded = ServiceBusMessageInConverter.decode(datum, trigger_metadata=metadata)
    assert isinstance(decoded, list)
    assert [message.get_body() for message in decoded] == [b"y"]
