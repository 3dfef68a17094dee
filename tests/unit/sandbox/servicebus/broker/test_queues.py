"""Queues: order, locks, settlement, expiry."""

import uuid

import pytest

from sandbox.servicebus.broker.errors import Refused
from sandbox.servicebus.broker.queues import DEAD_LETTER_SUFFIX
from tests.unit.sandbox.servicebus.fakes import START_MS, Broker, application_properties, body_of

DEAD = "work" + DEAD_LETTER_SUFFIX


def test_messages_come_in_the_order_they_were_sent(broker: Broker) -> None:
    assert broker.send("work", b"1", b"2", b"3") == [1, 2, 3]
    assert broker.consume("work").bodies == [b"1", b"2", b"3"]


def test_a_waiting_receiver_gets_a_message_at_once(broker: Broker) -> None:
    consumer = broker.consume("work")
    broker.send("work", b"1")
    assert consumer.bodies == [b"1"]


def test_nobody_gets_more_than_there_is_room_for(broker: Broker) -> None:
    broker.send("work", b"1", b"2", b"3")
    assert broker.consume("work", credit=2).bodies == [b"1", b"2"]
    assert broker.consume("work").bodies == [b"3"]


def test_receivers_take_turns(broker: Broker) -> None:
    first, second = broker.consume("work"), broker.consume("work")
    broker.send("work", b"1", b"2", b"3", b"4")
    assert (first.bodies, second.bodies) == ([b"1", b"3"], [b"2", b"4"])


def test_a_completed_message_is_gone(broker: Broker) -> None:
    broker.send("work", b"1")
    token = broker.consume("work").last_token
    broker.queue("work").complete([token])
    broker.clock.advance(60)
    assert broker.peek("work") == []
    with pytest.raises(Refused, match="lock"):
        broker.queue("work").complete([token])


def test_receive_and_delete_leaves_nothing_behind(broker: Broker) -> None:
    broker.send("work", b"1")
    assert broker.consume("work", deletes=True).bodies == [b"1"]
    assert broker.peek("work") == []


def test_an_abandoned_message_comes_again_and_counts(broker: Broker) -> None:
    broker.send("work", b"1", b"2")
    consumer = broker.consume("work", credit=1)
    consumer.credit = 1
    broker.queue("work").abandon([consumer.last_token], {"tried": "yes"})
    assert consumer.bodies == [b"1", b"1"]
    assert consumer.taken[-1].delivery_count == 1
    assert application_properties(consumer.taken[-1].encoded()) == {"tried": "yes"}


def test_a_released_message_comes_again_and_does_not_count(broker: Broker) -> None:
    broker.send("work", b"1")
    consumer = broker.consume("work")
    broker.queue("work").release([consumer.last_token])
    assert consumer.bodies == [b"1", b"1"]
    assert consumer.taken[-1].delivery_count == 0


def test_a_message_that_fails_too_often_is_dead_lettered(broker: Broker) -> None:
    broker.send("work", b"poison")
    consumer = broker.consume("work")
    for _ in range(3):
        broker.queue("work").abandon([consumer.last_token])
    assert len(consumer.taken) == 3
    dead = broker.consume(DEAD)
    assert dead.bodies == [b"poison"]
    properties = application_properties(dead.taken[0].encoded())
    assert properties["DeadLetterReason"] == "MaxDeliveryCountExceeded"
    assert "3" in properties["DeadLetterErrorDescription"]
    assert dead.taken[0].dead_letter_source == "work"


def test_a_lock_that_runs_out_counts_as_a_delivery(broker: Broker) -> None:
    broker.send("work", b"1")
    consumer = broker.consume("work")
    token = consumer.last_token
    broker.clock.advance(29.9)
    assert len(consumer.taken) == 1
    broker.clock.advance(0.2)
    assert consumer.bodies == [b"1", b"1"]
    assert consumer.taken[-1].delivery_count == 1
    with pytest.raises(Refused) as caught:
        broker.queue("work").complete([token])
    assert (caught.value.condition, caught.value.status) == ("com.microsoft:message-lock-lost", 410)


def test_a_renewed_lock_holds_from_now_on(broker: Broker) -> None:
    broker.send("work", b"1")
    consumer = broker.consume("work")
    broker.clock.advance(20)
    assert broker.queue("work").renew([consumer.last_token]) == [START_MS + 50_000]
    broker.clock.advance(25)
    assert len(consumer.taken) == 1
    broker.queue("work").complete([consumer.last_token])


def test_of_several_locks_all_are_renewed_or_none(broker: Broker) -> None:
    broker.send("work", b"1")
    consumer = broker.consume("work")
    broker.clock.advance(20)
    with pytest.raises(Refused):
        broker.queue("work").renew([consumer.last_token, uuid.uuid4()])
    broker.clock.advance(11)
    assert len(consumer.taken) == 2


def test_of_several_messages_all_are_settled_or_none(broker: Broker) -> None:
    broker.send("work", b"1")
    consumer = broker.consume("work")
    with pytest.raises(Refused):
        broker.queue("work").complete([consumer.last_token, uuid.uuid4()])
    assert broker.peek("work") == [b"1"]
    broker.queue("work").complete([consumer.last_token, consumer.last_token])
    assert broker.peek("work") == []


def test_a_closed_receiver_keeps_its_locks_until_they_run_out(broker: Broker) -> None:
    broker.send("work", b"1")
    gone = broker.consume("work")
    broker.queue("work").drop_consumer(gone)
    other = broker.consume("work")
    assert other.bodies == []
    broker.clock.advance(31)
    assert other.bodies == [b"1"]
    assert gone.bodies == [b"1"]


def test_a_deferred_message_is_got_by_its_number_alone(broker: Broker) -> None:
    (number,) = broker.send("work", b"1")
    consumer = broker.consume("work")
    queue = broker.queue("work")
    queue.defer([consumer.last_token], {"later": "yes"})
    broker.clock.advance(60)
    assert len(consumer.taken) == 1
    (entry,) = queue.take_deferred([number], delete=False)
    assert application_properties(entry.encoded()) == {"later": "yes"}
    with pytest.raises(Refused) as caught:
        queue.take_deferred([number], delete=False)
    assert caught.value.status == 404
    assert entry.token
    queue.complete([entry.token])
    assert broker.peek("work") == []


def test_a_deferred_message_given_back_stays_deferred(broker: Broker) -> None:
    (number,) = broker.send("work", b"1")
    consumer = broker.consume("work")
    queue = broker.queue("work")
    queue.defer([consumer.last_token])
    queue.take_deferred([number], delete=False)
    broker.clock.advance(31)
    assert len(consumer.taken) == 1
    (entry,) = queue.take_deferred([number], delete=True)
    assert entry.delivery_count == 1
    assert broker.peek("work") == []


def test_of_several_deferred_messages_all_are_got_or_none(broker: Broker) -> None:
    (number,) = broker.send("work", b"1")
    consumer = broker.consume("work")
    queue = broker.queue("work")
    queue.defer([consumer.last_token])
    for numbers in ([number, 99], [number, number]):
        with pytest.raises(Refused):
            queue.take_deferred(numbers, delete=True)
    assert broker.peek("work") == [b"1"]


def test_a_dead_lettered_message_says_why(broker: Broker) -> None:
    broker.send("work", b"1", message_id="m1")
    consumer = broker.consume("work")
    broker.queue("work").dead_letter([consumer.last_token], {"DeadLetterReason": "bad", "more": 1})
    assert broker.peek("work") == []
    dead = broker.consume(DEAD)
    assert application_properties(dead.taken[0].encoded()) == {"DeadLetterReason": "bad", "more": 1}
    assert dead.taken[0].message.message_id == "m1"
    broker.queue(DEAD).complete([dead.last_token])
    assert broker.peek(DEAD) == []


def test_a_dead_letter_dies_no_second_time(broker: Broker) -> None:
    broker.send("work", b"1", ttl_ms=1000)
    consumer = broker.consume("work")
    broker.queue("work").dead_letter([consumer.last_token])
    dead = broker.consume(DEAD)
    with pytest.raises(Refused):
        broker.queue(DEAD).dead_letter([dead.last_token])
    for _ in range(20):
        broker.queue(DEAD).abandon([dead.last_token])
    broker.clock.advance(3600)
    assert broker.peek(DEAD) == [b"1"]


def test_a_scheduled_message_comes_when_it_is_due(broker: Broker) -> None:
    consumer = broker.consume("work")
    (number,) = broker.send("work", b"later", due_ms=START_MS + 10_000)
    broker.clock.advance(9.9)
    assert (consumer.bodies, broker.peek("work")) == ([], [b"later"])
    broker.clock.advance(0.2)
    assert consumer.bodies == [b"later"]
    assert (consumer.taken[0].sequence_number, consumer.taken[0].enqueued_ms) == (number, START_MS + 10_000)


def test_a_message_scheduled_for_the_past_comes_at_once(broker: Broker) -> None:
    broker.send("work", b"now", due_ms=START_MS - 1)
    assert broker.consume("work").bodies == [b"now"]


def test_a_cancelled_message_never_comes(broker: Broker) -> None:
    first, second = broker.send("work", b"1", b"2", due_ms=START_MS + 10_000)
    broker.find("work").cancel([first])
    consumer = broker.consume("work")
    broker.clock.advance(11)
    assert consumer.bodies == [b"2"]
    for number in (first, second, 99):
        with pytest.raises(Refused) as caught:
            broker.find("work").cancel([number])
        assert caught.value.condition == "com.microsoft:message-not-found"


def test_of_several_scheduled_messages_all_are_cancelled_or_none(broker: Broker) -> None:
    (number,) = broker.send("work", b"1", due_ms=START_MS + 10_000)
    with pytest.raises(Refused):
        broker.find("work").cancel([number, 99])
    broker.clock.advance(11)
    assert broker.consume("work").bodies == [b"1"]


def test_an_expired_message_is_gone(broker: Broker) -> None:
    broker.send("work", b"1", ttl_ms=5000)
    broker.clock.advance(5.1)
    assert broker.consume("work").bodies == []
    assert broker.peek("work") == broker.peek(DEAD) == []


def test_an_expired_message_is_dead_lettered_where_the_queue_says_so(broker: Broker) -> None:
    broker.send("mourned", b"1", ttl_ms=5000)
    broker.clock.advance(5.1)
    dead = broker.consume("mourned" + DEAD_LETTER_SUFFIX)
    assert application_properties(dead.taken[0].encoded())["DeadLetterReason"] == "TTLExpiredException"


def test_the_shorter_time_to_live_counts(broker: Broker) -> None:
    broker.send("short", b"own", ttl_ms=10_000)
    broker.send("short", b"queue's", ttl_ms=3_600_000)
    broker.send("short", b"default")
    broker.clock.advance(11)
    assert broker.peek("short") == [b"queue's", b"default"]
    broker.clock.advance(50)
    assert broker.peek("short") == []


def test_a_locked_message_may_be_completed_after_its_time(broker: Broker) -> None:
    broker.send("work", b"1", b"2", ttl_ms=5000)
    consumer = broker.consume("work")
    broker.clock.advance(6)
    assert len(broker.peek("work")) == 2
    broker.queue("work").complete([consumer.last_token])
    broker.clock.advance(31)
    assert broker.peek("work") == []
    assert len(consumer.taken) == 2


def test_a_deferred_message_expires_too(broker: Broker) -> None:
    broker.send("mourned", b"1", ttl_ms=5000)
    consumer = broker.consume("mourned")
    broker.queue("mourned").defer([consumer.last_token])
    broker.clock.advance(6)
    assert broker.peek("mourned") == []
    assert len(broker.peek("mourned" + DEAD_LETTER_SUFFIX)) == 1


def test_a_duplicate_is_dropped_within_the_window(broker: Broker) -> None:
    assert broker.send("once", b"1", message_id="m1") == [1]
    broker.clock.advance(59)
    assert broker.send("once", b"2", message_id="m1") == [0]
    assert broker.send("once", b"3", message_id="m2") == [2]
    assert broker.peek("once") == [b"1", b"3"]
    broker.clock.advance(2)
    assert broker.send("once", b"4", message_id="m1") == [3]


def test_a_completed_message_is_still_a_duplicate(broker: Broker) -> None:
    broker.send("once", b"1", message_id="m1")
    broker.consume("once", deletes=True)
    broker.send("once", b"2", message_id="m1")
    assert broker.peek("once") == []


def test_messages_without_an_id_are_no_duplicates(broker: Broker) -> None:
    broker.send("once", b"1")
    broker.send("once", b"2")
    assert broker.peek("once") == [b"1", b"2"]


def test_a_queue_without_detection_takes_duplicates(broker: Broker) -> None:
    broker.send("work", b"1", b"2", message_id="m1")
    assert broker.peek("work") == [b"1", b"2"]


def test_an_id_too_long_is_refused(broker: Broker) -> None:
    broker.send("work", b"1", message_id="m" * 128)
    with pytest.raises(Refused, match="128"):
        broker.send("work", b"2", message_id="m" * 129)
    assert broker.peek("work") == [b"1"]


def test_peeking_takes_nothing_and_starts_where_it_is_told(broker: Broker) -> None:
    broker.send("work", b"1", b"2", b"3")
    found = broker.find("work").peek(2, 1)
    assert [body_of(content) for content in found] == [b"2"]
    assert broker.find("work").peek(0, -1) == []
    assert broker.consume("work").bodies == [b"1", b"2", b"3"]


def test_a_peek_of_large_messages_is_cut(broker: Broker) -> None:
    broker.send("work", *[b"x" * 200_000] * 8)
    assert len(broker.peek("work")) == 5


def test_counts_are_by_state(broker: Broker) -> None:
    broker.send("work", b"1", b"2", b"3")
    broker.send("work", b"4", due_ms=START_MS + 10_000)
    consumer = broker.consume("work", credit=2)
    broker.queue("work").defer([consumer.last_token])
    broker.queue("work").dead_letter([consumer.taken[0].token or uuid.uuid4()])
    assert broker.namespace.statistics()[0] == {
        "path": "work",
        "active": 1,
        "scheduled": 1,
        "deferred": 1,
        "dead_letter": 1,
    }
