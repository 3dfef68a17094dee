"""What is still there after the process was killed."""

import copy
import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sandbox.servicebus.broker.messages import Message
from sandbox.servicebus.broker.store import Store, StoreInUse
from sandbox.servicebus.broker.turn import Turn
from tests.unit.sandbox.servicebus.fakes import (
    CONFIG,
    START_MS,
    Broker,
    FakeClock,
    application_properties,
    encoded,
)

DEAD = "work/$DeadLetterQueue"


def test_undelivered_messages_are_still_there_in_order(broker: Broker) -> None:
    broker.send("work", b"1", b"2")
    broker.send("news", b"3", properties={"colour": "red"})
    broker.restart()
    assert broker.peek("work") == [b"1", b"2"]
    assert broker.peek("news/Subscriptions/red") == broker.peek("news/Subscriptions/all") == [b"3"]
    assert broker.consume("work").bodies == [b"1", b"2"]


def test_a_locked_message_is_available_again(broker: Broker) -> None:
    broker.send("work", b"1")
    broker.consume("work")
    broker.restart()
    consumer = broker.consume("work")
    assert consumer.bodies == [b"1"]
    assert consumer.taken[0].delivery_count == 0


def test_settled_messages_stay_settled(broker: Broker) -> None:
    broker.send("work", b"1", b"2")
    consumer = broker.consume("work", credit=1)
    broker.queue("work").complete([consumer.last_token])
    broker.consume("work", deletes=True)
    broker.clock.settle()
    broker.restart()
    assert broker.peek("work") == []


def test_sequence_numbers_are_never_given_twice(broker: Broker) -> None:
    assert broker.send("work", b"1", b"2") == [1, 2]
    broker.consume("work", deletes=True)
    broker.clock.settle()
    broker.restart()
    assert broker.send("work", b"3") == [3]


def test_delivery_counts_and_changed_properties_survive(broker: Broker) -> None:
    broker.send("work", b"1")
    consumer = broker.consume("work", credit=1)
    broker.queue("work").abandon([consumer.last_token], {"tried": "yes"})
    broker.clock.settle()
    broker.restart()
    entry = broker.consume("work").taken[0]
    assert entry.delivery_count == 1
    assert application_properties(entry.encoded()) == {"tried": "yes"}


def test_deferred_messages_stay_deferred(broker: Broker) -> None:
    (number,) = broker.send("work", b"1")
    broker.queue("work").defer([broker.consume("work").last_token])
    broker.clock.settle()
    broker.restart()
    assert broker.consume("work").bodies == []
    assert len(broker.queue("work").take_deferred([number], delete=True)) == 1


def test_dead_letters_stay_dead_and_say_why(broker: Broker) -> None:
    broker.send("work", b"1")
    broker.queue("work").dead_letter([broker.consume("work").last_token], {"DeadLetterReason": "bad"})
    broker.clock.settle()
    broker.restart()
    assert broker.peek("work") == []
    entry = broker.consume(DEAD).taken[0]
    assert entry.dead_letter_source == "work"
    assert application_properties(entry.encoded()) == {"DeadLetterReason": "bad"}


@pytest.mark.parametrize("path", ["work", "news"])
def test_scheduled_messages_still_come_when_due(broker: Broker, path: str) -> None:
    broker.send(path, b"later", due_ms=START_MS + 10_000)
    broker.restart(after_s=5)
    target = "news/Subscriptions/all" if path == "news" else path
    consumer = broker.consume(target)
    broker.clock.advance(4.9)
    assert consumer.bodies == []
    broker.clock.advance(0.2)
    assert consumer.bodies == [b"later"]


def test_a_scheduled_message_can_be_cancelled_after_a_restart(broker: Broker) -> None:
    (number,) = broker.send("news", b"later", due_ms=START_MS + 10_000)
    broker.restart()
    broker.find("news").cancel([number])
    broker.clock.settle()
    broker.restart(after_s=20)
    broker.clock.advance(1)
    assert broker.peek("news/Subscriptions/all") == []


def test_what_fell_due_or_expired_meanwhile_is_dealt_with(broker: Broker) -> None:
    broker.send("mourned", b"late", ttl_ms=5000)
    broker.send("work", b"due", due_ms=START_MS + 5000)
    broker.restart(after_s=60)
    broker.clock.advance(0)
    assert broker.peek("mourned") == []
    assert broker.peek("mourned/$DeadLetterQueue") == [b"late"]
    assert broker.consume("work").bodies == [b"due"]


def test_duplicates_are_known_after_a_restart_until_the_window_ends(broker: Broker) -> None:
    broker.send("once", b"1", message_id="m1")
    broker.restart(after_s=30)
    assert broker.send("once", b"2", message_id="m1") == [0]
    broker.restart(after_s=40)
    assert broker.send("once", b"3", message_id="m1") == [2]
    broker.restart()
    assert broker.send("once", b"4", message_id="m1") == [0]


def test_an_unknown_entitys_messages_wait_for_it(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    broker.send("work", b"1")
    without: Any = copy.deepcopy(CONFIG)
    del without["UserConfig"]["Namespaces"][0]["Queues"][0]
    with caplog.at_level(logging.WARNING):
        broker.restart(config=without)
    assert "1 stored messages wait for entity work" in caplog.text
    broker.restart(config=CONFIG)
    assert broker.peek("work") == [b"1"]


def test_a_queue_that_became_a_topic_passes_its_messages_on(broker: Broker) -> None:
    broker.send("work", b"1")
    changed: Any = copy.deepcopy(CONFIG)
    namespace = changed["UserConfig"]["Namespaces"][0]
    namespace["Queues"] = []
    namespace["Topics"] = [{"Name": "work", "Subscriptions": [{"Name": "s"}]}]
    broker.restart(config=changed)
    assert broker.peek("work/Subscriptions/s") == [b"1"]
    broker.restart()
    assert broker.peek("work/Subscriptions/s") == [b"1"]


def test_nothing_is_on_disk_before_the_turn_ends_and_all_of_it_after(broker: Broker) -> None:
    batch = [Message(encoded(body)) for body in (b"1", b"2")]
    broker.find("work").send(batch)
    broker.restart()
    assert broker.peek("work") == []
    broker.find("work").send(batch)
    broker.clock.settle()
    broker.restart()
    assert broker.peek("work") == [b"1", b"2"]


def test_a_file_in_use_is_refused(tmp_path: Path, broker: Broker) -> None:
    with pytest.raises(StoreInUse, match=r"servicebus\.db"):
        Store(tmp_path / "servicebus.db", patience_s=0)


class Listener:
    """Counts how often it may speak."""

    flushed = 0

    def flush(self) -> None:
        self.flushed += 1


def test_a_disk_that_refuses_is_told_and_no_one_hears_of_success(broker: Broker) -> None:
    clock, failures, listener = FakeClock(), list[BaseException](), Listener()
    turn = Turn(broker.store, clock, failures.append)
    turn.speak(listener)
    clock.settle()
    assert (listener.flushed, failures) == (1, [])
    broker.find("work").send([Message(encoded())])
    broker.abandon()
    turn.speak(listener)
    clock.settle()
    assert listener.flushed == 1
    assert isinstance(failures[0], sqlite3.ProgrammingError)
