"""What topics promise, through the SDK."""

import datetime as dt

import pytest
from azure.servicebus.exceptions import MessageNotFoundError

from tests.contract.servicebus.bus import Bus, message


def test_each_subscription_gets_what_its_rules_match(bus: Bus) -> None:
    bus.send(
        "routed",
        message("1", subject="alert", correlation_id="c1", application_properties={"type": "opened"}),
        message("2", subject="alert", application_properties={"type": "closed"}),
        message("3", correlation_id="c1", application_properties={"type": "else"}),
    )
    for subscription, expected in (("everything", "123"), ("by-label", "1"), ("by-type", "12")):
        entity = f"routed/{subscription}"
        assert bus.complete_all(entity, bus.receive(entity, len(expected))) == list(expected)
        assert not bus.receiver(entity).peek_messages()


def test_a_scheduled_message_of_a_topic_can_be_cancelled(bus: Bus) -> None:
    sender = bus.sender("planned")
    due = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)
    _, cancelled = sender.schedule_messages([message("kept"), message("cancelled")], due)
    sender.cancel_scheduled_messages(cancelled)
    with pytest.raises(MessageNotFoundError):
        sender.cancel_scheduled_messages(cancelled)
    assert bus.receive_nothing("planned/everything")
    entity = "planned/everything"
    assert bus.complete_all(entity, bus.receive(entity)) == ["kept"]


def test_a_duplicate_reaches_no_subscription(bus: Bus) -> None:
    first = message("1")
    bus.send("planned", first, message("2", message_id=first.message_id), message("3"))
    entity = "planned/everything"
    assert bus.complete_all(entity, bus.receive(entity, 2)) == ["1", "3"]


def test_a_dead_letter_of_a_subscription_has_its_own_queue(bus: Bus) -> None:
    bus.send("planned", message("bad"))
    entity = "planned/everything"
    (got,) = bus.receive(entity)
    bus.receiver(entity).dead_letter_message(got, reason="why")
    (dead,) = bus.receive(entity, sub_queue="deadletter")
    assert (str(dead), dead.dead_letter_reason) == ("bad", "why")
    bus.receiver(entity, sub_queue="deadletter").complete_message(dead)
