"""The unmodified SDK, the real protocol: what is published arrives once, what died can be sent again."""

import asyncio
import gc
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusReceiver

from shared.clients.dead_letters import DeadLetters
from shared.clients.servicebus import EventPublisher, service_bus_client
from shared.errors import NotFound, VendorRefused, VendorUnavailable
from shared.events import Event, new_event
from tests.integration.clients.conftest import Broker

# When its peer dies or never speaks, the SDK forgets the socket, which warns when it is collected.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def forgotten_sockets() -> Iterator[None]:
    """Collect them here, not in a test of somebody else."""
    yield
    gc.collect()


def an_event(type_: str = "problem.opened", size: int = 1) -> Event:
    return new_event(type_, "test", (str(next(_numbers)),), {"text": "x" * size})


@pytest.fixture
async def publisher(broker: Broker) -> AsyncIterator[EventPublisher]:
    publisher = EventPublisher("events", broker.connection)
    yield publisher
    await publisher.close()


@pytest.fixture
async def archive(broker: Broker) -> AsyncIterator[ServiceBusReceiver]:
    """Reads the subscription that gets every event, until the test ends."""
    async with (
        service_bus_client(broker.connection) as client,
        client.get_subscription_receiver("events", "archive") as receiver,
    ):
        yield receiver


async def take(receiver: ServiceBusReceiver, events: list[Event]) -> list[ServiceBusReceivedMessage]:
    """Receive and complete until all these events have come; whatever else comes is dropped."""
    wanted = {event.id for event in events}
    found: list[ServiceBusReceivedMessage] = []
    deadline = time.monotonic() + 20
    while wanted - {message.message_id for message in found}:
        assert time.monotonic() < deadline, f"{len(wanted) - len(found)} of {len(wanted)} events are missing"
        for message in await receiver.receive_messages(max_message_count=200, max_wait_time=1):
            if message.message_id in wanted:
                found.append(message)
            await receiver.complete_message(message)
    return found


async def test_an_event_arrives_as_it_was_published(
    publisher: EventPublisher, archive: ServiceBusReceiver
) -> None:
    event = an_event()
    await publisher.publish(event)
    (message,) = await take(archive, [event])
    assert json.loads(b"".join(message.body)) == json.loads(event.to_json())
    assert message.subject == "problem.opened"
    assert message.content_type == "application/cloudevents+json"
    assert message.application_properties == {b"type": b"problem.opened"}


async def test_hundreds_published_by_32_at_once_arrive_once_each(
    publisher: EventPublisher, archive: ServiceBusReceiver
) -> None:
    events = [an_event() for _ in range(320)]
    queue = iter(events)

    async def caller() -> None:
        for event in queue:
            await publisher.publish(event)

    await asyncio.gather(*(caller() for _ in range(32)))
    found = await take(archive, events)
    assert len(found) == len(events)


async def test_an_event_published_twice_arrives_once(
    publisher: EventPublisher, archive: ServiceBusReceiver
) -> None:
    event, last = an_event(), an_event()
    await publisher.publish(event)
    await publisher.publish_all([event, event, last])
    assert len(await take(archive, [event, last])) == 2


async def test_an_event_larger_than_the_topic_takes_is_refused(publisher: EventPublisher) -> None:
    with pytest.raises(VendorRefused):
        await publisher.publish(an_event(size=300_000))
    await publisher.publish(an_event())


async def test_a_wrong_key_is_unavailable_and_is_not_told(broker: Broker) -> None:
    publisher = EventPublisher("events", broker.connection_with("a-wrong-key-of-somebody"))
    for attempt in (publisher.ping(), publisher.publish(an_event())):
        with pytest.raises(VendorUnavailable) as unavailable:
            await attempt
        assert "a-wrong-key" not in str(unavailable.value)
    await publisher.close()


async def test_a_port_nobody_listens_on_is_unavailable_at_once() -> None:
    connection = (
        "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true;"
    )
    publisher = EventPublisher("events", connection)
    started = time.monotonic()
    with pytest.raises(VendorUnavailable):
        await publisher.publish(an_event())
    assert time.monotonic() - started < 3
    await publisher.close()


async def test_a_peer_that_never_speaks_is_given_up_in_time() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = (
        f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true;"
    )
    publisher = EventPublisher("events", connection, timeout_s=1)
    for attempt in (publisher.publish(an_event()), publisher.ping()):
        started = time.monotonic()
        with pytest.raises(VendorUnavailable):
            await attempt
        assert time.monotonic() - started < 4
    await publisher.close()
    server.close()


async def test_after_a_killed_broker_is_back_the_same_publisher_goes_on(own_broker: Broker) -> None:
    publisher = EventPublisher("events", own_broker.connection)
    before, during, after = an_event(), an_event(), an_event()
    await publisher.publish(before)
    own_broker.kill()
    started = time.monotonic()
    with pytest.raises(VendorUnavailable):
        await publisher.publish(during)
    assert time.monotonic() - started < 6
    own_broker.start()
    await publisher.publish(after)
    async with (
        service_bus_client(own_broker.connection) as client,
        client.get_subscription_receiver("events", "archive") as receiver,
    ):
        await take(receiver, [before, after])
    await publisher.close()


async def test_a_broker_restarted_between_two_events_is_not_noticed(own_broker: Broker) -> None:
    publisher = EventPublisher("events", own_broker.connection)
    await publisher.publish(an_event())
    own_broker.kill()
    own_broker.start()
    await publisher.publish(an_event())
    await publisher.close()


async def dead_letter(broker: Broker, events: list[Event]) -> None:
    """Publish these and let the subscription `incidents` dead-letter them."""
    publisher = EventPublisher("events", broker.connection)
    await publisher.publish_all(events)
    await publisher.close()
    wanted = {event.id for event in events}
    async with (
        service_bus_client(broker.connection) as client,
        client.get_subscription_receiver("events", "incidents") as receiver,
    ):
        while wanted:
            for message in await receiver.receive_messages(max_message_count=50, max_wait_time=5):
                if message.message_id in wanted:
                    await receiver.dead_letter_message(message, reason="poison", error_description="no PID")
                    wanted.discard(message.message_id or "")
                else:
                    await receiver.complete_message(message)


async def test_dead_letters_are_listed_and_the_middle_one_sent_again(own_broker: Broker) -> None:
    events = [an_event() for _ in range(3)]
    await dead_letter(own_broker, events)
    dead_letters = DeadLetters("events", own_broker.connection)

    listed, first = await asyncio.gather(
        dead_letters.list("incidents"), dead_letters.list("incidents", limit=1)
    )
    assert [letter["event_id"] for letter in listed] == [event.id for event in events]
    assert first == listed[:1]
    assert {(letter["reason"], letter["description"], letter["type"]) for letter in listed} == {
        ("poison", "no PID", "problem.opened")
    }

    sent = await dead_letters.resubmit("incidents", listed[1]["sequence_number"])
    assert sent["event_id"] == events[1].id
    left, again = await asyncio.gather(
        dead_letters.list("incidents"),
        dead_letters.resubmit("incidents", listed[1]["sequence_number"]),
        return_exceptions=True,
    )
    assert not isinstance(left, BaseException)
    assert [letter["event_id"] for letter in left] == [events[0].id, events[2].id]
    assert isinstance(again, NotFound)

    async with (
        service_bus_client(own_broker.connection) as client,
        client.get_subscription_receiver("events", "incidents") as receiver,
    ):
        (message,) = await receiver.receive_messages(max_message_count=5, max_wait_time=5)
        assert json.loads(b"".join(message.body))["id"] == events[1].id
        assert message.message_id != events[1].id
        assert message.application_properties == {b"type": b"problem.opened"}
        await receiver.complete_message(message)


async def test_a_resubmission_that_ends_before_it_took_the_letter_off_delivers_once(
    own_broker: Broker,
) -> None:
    (event,) = events = [an_event()]
    await dead_letter(own_broker, events)
    dead_letters = DeadLetters("events", own_broker.connection)
    (letter,) = await dead_letters.list("incidents")

    async def fail(*_: object) -> None:
        raise ConnectionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ServiceBusReceiver, "complete_message", fail)
        with pytest.raises(VendorUnavailable):
            await dead_letters.resubmit("incidents", letter["sequence_number"])
    assert len(await dead_letters.list("incidents")) == 1

    await dead_letters.resubmit("incidents", letter["sequence_number"])
    assert await dead_letters.list("incidents") == []
    async with (
        service_bus_client(own_broker.connection) as client,
        client.get_subscription_receiver("events", "incidents") as receiver,
    ):
        messages = await receiver.receive_messages(max_message_count=5, max_wait_time=3)
        assert [json.loads(b"".join(message.body))["id"] for message in messages] == [event.id]


async def test_what_is_no_event_can_be_listed_too(own_broker: Broker) -> None:
    from azure.servicebus import ServiceBusMessage

    async with (
        service_bus_client(own_broker.connection) as client,
        client.get_topic_sender("events") as sender,
        client.get_subscription_receiver("events", "archive") as receiver,
    ):
        await sender.send_messages(ServiceBusMessage(b"\xff not json", message_id="m-1"))
        (message,) = await receiver.receive_messages(max_wait_time=5)
        await receiver.dead_letter_message(message, reason="unreadable")
    (letter,) = await DeadLetters("events", own_broker.connection).list("archive")
    assert (letter["event_id"], letter["type"], letter["reason"]) == ("m-1", "", "unreadable")


async def test_a_subscription_that_is_not_there_is_not_found(broker: Broker) -> None:
    dead_letters = DeadLetters("events", broker.connection)
    with pytest.raises(NotFound):
        await dead_letters.list("nobody")
    with pytest.raises(NotFound):
        await dead_letters.resubmit("nobody", 1)


async def test_dead_letters_of_a_broker_that_is_away_are_unavailable(own_broker: Broker) -> None:
    own_broker.kill()
    with pytest.raises(VendorUnavailable):
        await DeadLetters("events", own_broker.connection).list("incidents")
