"""What queues promise, through the SDK."""

import datetime as dt
import time
from typing import Any

import pytest
from azure.servicebus import AutoLockRenewer
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessageNotFoundError,
    MessageSizeExceededError,
    MessagingEntityNotFoundError,
)

from tests.contract.servicebus.bus import Bus, message


def in_seconds(seconds: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)


def text_of(properties: dict[Any, Any] | None) -> dict[str, Any]:
    """The SDK gives text in application properties as bytes."""
    return {
        name.decode(): value.decode() if isinstance(value, bytes) else value
        for name, value in (properties or {}).items()
    }


def test_a_message_arrives_as_it_was_sent_and_is_gone_once_completed(bus: Bus) -> None:
    sent = message(
        b"body",
        message_id="a",
        subject="s",
        correlation_id="c",
        content_type="application/json",
        application_properties={"number": 1, "float": 1.5, "text": "é", "flag": True},
    )
    bus.send("complete", sent)
    (got,) = bus.receive("complete")
    assert (b"".join(got.body), got.message_id, got.subject) == (b"body", "a", "s")
    assert (got.correlation_id, got.content_type) == ("c", "application/json")
    assert text_of(got.application_properties) == {"number": 1, "float": 1.5, "text": "é", "flag": True}
    assert got.delivery_count == 0
    assert got.sequence_number
    assert got.enqueued_time_utc
    assert got.locked_until_utc
    bus.complete_all("complete", [got])
    assert bus.receive_nothing("complete")


def test_receive_and_delete_needs_no_settlement(bus: Bus) -> None:
    bus.send("delete-mode", message("1"), message("2"))
    got = bus.receive("delete-mode", 2, receive_mode="receiveanddelete")
    assert [str(item) for item in got] == ["1", "2"]
    assert bus.receive_nothing("delete-mode", receive_mode="receiveanddelete")


def test_an_abandoned_message_comes_again_with_a_higher_delivery_count(bus: Bus) -> None:
    bus.send("abandon", message())
    for count in range(2):
        (got,) = bus.receive("abandon")
        assert got.delivery_count == count
        bus.receiver("abandon").abandon_message(got)
    bus.complete_all("abandon", bus.receive("abandon"))


def test_a_message_given_up_too_often_is_dead_lettered(bus: Bus) -> None:
    bus.send("poison", message("bad"))
    for _ in range(2):
        (got,) = bus.receive("poison")
        bus.receiver("poison").abandon_message(got)
    (dead,) = bus.receive("poison", sub_queue="deadletter")
    assert (str(dead), dead.dead_letter_reason) == ("bad", "MaxDeliveryCountExceeded")
    bus.receiver("poison", sub_queue="deadletter").complete_message(dead)


def test_a_dead_letter_says_why_can_be_peeked_and_completed(bus: Bus) -> None:
    bus.send("dead-letter", message("bad", application_properties={"k": "v"}))
    (got,) = bus.receive("dead-letter")
    bus.receiver("dead-letter").dead_letter_message(got, reason="why", error_description="at length")
    dead_letters = bus.receiver("dead-letter", sub_queue="deadletter")
    (peeked,) = dead_letters.peek_messages()
    assert (str(peeked), peeked.dead_letter_reason) == ("bad", "why")
    (dead,) = bus.receive("dead-letter", sub_queue="deadletter")
    assert (dead.dead_letter_reason, dead.dead_letter_error_description) == ("why", "at length")
    assert text_of(dead.application_properties)["k"] == "v"
    dead_letters.complete_message(dead)
    assert dead_letters.peek_messages() == []


def test_a_deferred_message_is_received_by_its_number(bus: Bus) -> None:
    bus.send("defer", message("later"))
    receiver = bus.receiver("defer")
    (got,) = bus.receive("defer")
    number = got.sequence_number
    assert number
    receiver.defer_message(got)
    assert bus.receive_nothing("defer")
    (again,) = receiver.receive_deferred_messages([number])
    assert str(again) == "later"
    receiver.complete_message(again)
    with pytest.raises(MessageNotFoundError):
        receiver.receive_deferred_messages([number])


def test_a_lock_that_ran_out_is_lost_and_the_message_comes_again(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus.send("lock-expiry", message())
    (got,) = bus.receive("lock-expiry")
    (again,) = bus.receive("lock-expiry")
    assert again.delivery_count == 1
    monkeypatch.setattr(type(got), "_lock_expired", False)  # ask the service, not the SDK's own clock
    with pytest.raises(MessageLockLostError):
        bus.receiver("lock-expiry").complete_message(got)
    bus.complete_all("lock-expiry", [again])


def test_a_renewed_lock_outlives_its_first_end(bus: Bus) -> None:
    bus.send("renewal", message())
    receiver = bus.receiver("renewal")
    (got,) = bus.receive("renewal")
    before = got.locked_until_utc
    assert before
    after = receiver.renew_message_lock(got)
    assert after > before
    with AutoLockRenewer() as renewer:
        renewer.register(receiver, got, max_lock_renewal_duration=20)
        while dt.datetime.now(dt.UTC) < after + dt.timedelta(seconds=0.5):
            time.sleep(0.1)
    receiver.complete_message(got)


def test_a_batch_arrives_in_order(bus: Bus) -> None:
    sender = bus.sender("batch")
    batch = sender.create_message_batch()
    for number in range(50):
        batch.add_message(message(str(number)))
    sender.send_messages(batch)
    sender.send_messages([message("50"), message("51")])
    got = bus.receive("batch", 52)
    assert bus.complete_all("batch", got) == [str(number) for number in range(52)]


def test_a_message_up_to_the_limit_arrives_and_a_larger_one_is_refused(bus: Bus) -> None:
    with pytest.raises(MessageSizeExceededError):
        bus.send("large", message(b"z" * 300_000))
    bus.send("large", message(b"y" * 200_000))
    (got,) = bus.receive("large")
    assert b"".join(got.body) == b"y" * 200_000
    bus.complete_all("large", [got])


def test_a_scheduled_message_comes_when_due_and_a_cancelled_one_never(bus: Bus) -> None:
    due = in_seconds(2)
    sender = bus.sender("schedule")
    _, cancelled = sender.schedule_messages([message("kept"), message("cancelled")], due)
    sender.cancel_scheduled_messages(cancelled)
    with pytest.raises(MessageNotFoundError):
        sender.cancel_scheduled_messages(cancelled)
    bus.send("schedule", message("annotated", scheduled_enqueue_time_utc=due))
    assert bus.receive_nothing("schedule")
    got = bus.receive("schedule", 2)
    assert dt.datetime.now(dt.UTC) >= due
    assert sorted(bus.complete_all("schedule", got)) == ["annotated", "kept"]


def test_a_duplicate_is_dropped(bus: Bus) -> None:
    first = message("1")
    bus.send("duplicates", first, message("2", message_id=first.message_id), message("3"))
    assert bus.complete_all("duplicates", bus.receive("duplicates", 2)) == ["1", "3"]
    bus.send("duplicates", message("4", message_id=first.message_id))
    assert bus.receive_nothing("duplicates")


def test_an_expired_message_is_dead_lettered(bus: Bus) -> None:
    bus.send("expiry", message("late", time_to_live=dt.timedelta(seconds=1)))
    (dead,) = bus.receive("expiry", sub_queue="deadletter")
    assert (str(dead), dead.dead_letter_reason) == ("late", "TTLExpiredException")
    bus.receiver("expiry", sub_queue="deadletter").complete_message(dead)


def test_peeking_takes_nothing(bus: Bus) -> None:
    bus.send("peek", message("1"), message("2"))
    receiver = bus.receiver("peek")
    assert [str(item) for item in receiver.peek_messages(max_message_count=5)] == ["1", "2"]
    assert bus.complete_all("peek", bus.receive("peek", 2)) == ["1", "2"]
    assert receiver.peek_messages() == []


def test_receivers_share_a_queue_without_overlap(bus: Bus) -> None:
    bus.sender("competing").send_messages([message(str(number)) for number in range(10)])
    second = bus.receiver("competing", client_identifier="second")
    mine = bus.receive("competing", 5)
    others = second.receive_messages(max_message_count=5, max_wait_time=10)
    bodies = bus.complete_all("competing", mine)
    for item in others:
        second.complete_message(item)
    assert sorted(bodies + [str(item) for item in others]) == [str(number) for number in range(10)]


def test_a_receiver_can_be_iterated(bus: Bus) -> None:
    bus.sender("iterate").send_messages([message(str(number)) for number in range(5)])
    with bus.open_receiver("iterate", receive_mode="receiveanddelete", max_wait_time=1) as receiver:
        assert [str(item) for item in receiver] == list("01234")


def test_what_a_closing_receiver_prefetched_is_given_back_uncounted(bus: Bus) -> None:
    bus.sender("released").send_messages([message(str(number)) for number in range(5)])
    with bus.open_receiver("released", prefetch_count=10) as receiver:
        (first,) = receiver.receive_messages(max_wait_time=10)
        receiver.complete_message(first)
    got = bus.receive("released", 4)
    assert {item.delivery_count for item in got} == {0}
    bus.complete_all("released", got)


def test_an_unknown_entity_is_not_found(bus: Bus) -> None:
    with pytest.raises(MessagingEntityNotFoundError), bus.client.get_queue_sender("no-such-queue") as sender:
        sender.send_messages(message())
