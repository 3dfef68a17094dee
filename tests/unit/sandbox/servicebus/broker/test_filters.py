"""Correlation filters."""

import uuid
from typing import Any

import pytest

from sandbox.servicebus.amqp.types import Int
from sandbox.servicebus.broker.filters import correlation, everything
from sandbox.servicebus.broker.messages import Message
from tests.unit.sandbox.servicebus.fakes import encoded

ID = uuid.UUID(int=7)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("To", 2),
        ("Label", 3),
        ("Subject", 3),
        ("ReplyTo", 4),
        ("CorrelationId", 5),
        ("SessionId", 10),
        ("ReplyToSessionId", 12),
    ],
)
def test_system_properties_are_compared(name: str, index: int) -> None:
    matches = correlation({name: "x"}, {})
    assert matches(Message(encoded(system={index: "x"})))
    assert not matches(Message(encoded(system={index: "X"})))
    assert not matches(Message(encoded()))


def test_the_message_id_is_compared_as_text_whatever_its_type() -> None:
    assert correlation({"MessageId": str(ID)}, {})(Message(encoded(message_id=ID)))


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        ("red", "red", True),
        ("red", "Red", False),
        ("1", Int(1), False),
        (1, Int(1), True),
        (1, 1.0, True),
        (1, True, False),
        (True, True, True),
        (True, 1, False),
    ],
)
def test_application_properties_are_compared_by_value(wanted: Any, found: Any, expected: bool) -> None:
    assert correlation({}, {"p": wanted})(Message(encoded(properties={"p": found}))) is expected


def test_every_condition_of_a_filter_has_to_hold() -> None:
    matches = correlation({"Label": "x"}, {"a": "1", "b": "2"})
    assert matches(Message(encoded(system={3: "x"}, properties={"a": "1", "b": "2", "c": "3"})))
    assert not matches(Message(encoded(system={3: "x"}, properties={"a": "1"})))
    assert not matches(Message(encoded(properties={"a": "1", "b": "2"})))


def test_the_true_filter_lets_everything_in() -> None:
    assert everything(Message(encoded()))
