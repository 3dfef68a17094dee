"""Topics: every matching subscription gets its own copy."""

import pytest

from sandbox.servicebus.broker.errors import Refused
from tests.unit.sandbox.servicebus.fakes import START_MS, Broker

ALL, RED = "news/Subscriptions/all", "news/Subscriptions/red"


def test_subscriptions_get_what_their_filters_match(broker: Broker) -> None:
    broker.send("news", b"1", properties={"colour": "red"})
    broker.send("news", b"2", properties={"colour": "blue"})
    assert broker.peek(ALL) == [b"1", b"2"]
    assert broker.peek(RED) == [b"1"]


def test_copies_are_settled_apart(broker: Broker) -> None:
    broker.send("news", b"1", properties={"colour": "red"})
    red = broker.consume(RED)
    broker.queue(RED).dead_letter([red.last_token], {"DeadLetterReason": "bad"})
    assert broker.peek(ALL) == [b"1"]
    assert broker.peek(RED + "/$DeadLetterQueue") == [b"1"]
    assert broker.consume(ALL).taken[0].message.application_properties == {"colour": "red"}


def test_a_duplicate_reaches_no_subscription(broker: Broker) -> None:
    broker.send("news", b"1", b"2", message_id="m1", properties={"colour": "red"})
    broker.send("news", b"3", message_id="m1", properties={"colour": "red"})
    assert broker.peek(ALL) == broker.peek(RED) == [b"1"]


def test_a_scheduled_message_waits_in_the_topic(broker: Broker) -> None:
    broker.send("news", b"later", due_ms=START_MS + 10_000, properties={"colour": "red"})
    assert (broker.peek(ALL), broker.peek("news")) == ([], [b"later"])
    broker.clock.advance(10.1)
    assert broker.peek(ALL) == broker.peek(RED) == [b"later"]
    assert broker.peek("news") == []


def test_a_scheduled_message_can_be_cancelled(broker: Broker) -> None:
    first, _ = broker.send("news", b"1", due_ms=START_MS + 10_000)[0], broker.send("news", b"2")
    broker.find("news").cancel([first])
    with pytest.raises(Refused):
        broker.find("news").cancel([first])
    broker.clock.advance(11)
    assert broker.peek(ALL) == [b"2"]


def test_a_batch_with_a_bad_message_reaches_no_subscription(broker: Broker) -> None:
    with pytest.raises(Refused):
        broker.send("news", b"1", b"2", message_id="m" * 129)
    assert broker.peek(ALL) == []


def test_statistics_name_the_topic_and_its_subscriptions(broker: Broker) -> None:
    broker.send("news", b"1", due_ms=START_MS + 10_000)
    broker.send("news", b"2")
    counts = {item["path"]: item for item in broker.namespace.statistics()}
    assert counts["news"]["scheduled"] == 1
    assert counts[ALL]["active"] == 1
    assert not [path for path in counts if "$DeadLetter" in str(path)]


@pytest.mark.parametrize("address", ["NEWS", "/news/", "amqps://localhost:5671/news", "sb://host/News"])
def test_addresses_are_paths_or_urls_in_any_case(broker: Broker, address: str) -> None:
    assert broker.find(address).path == "news"


def test_an_unknown_address_is_not_found(broker: Broker) -> None:
    with pytest.raises(Refused) as caught:
        broker.find("nowhere")
    assert (caught.value.condition, caught.value.status) == ("amqp:not-found", 404)
