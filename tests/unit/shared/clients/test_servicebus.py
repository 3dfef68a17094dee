"""Events go out in turns over one link; a dead link is replaced; every caller learns what became of its own."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
from azure.servicebus.exceptions import ServiceBusAuthenticationError, ServiceBusConnectionError

from shared.clients.servicebus import EventPublisher
from shared.errors import VendorRefused, VendorUnavailable
from shared.events import Event, new_event
from tests.fakes.servicebus import FakeServiceBus


@pytest.fixture
def bus() -> FakeServiceBus:
    return FakeServiceBus()


@pytest.fixture
async def publisher(bus: FakeServiceBus) -> AsyncIterator[EventPublisher]:
    publisher = EventPublisher("events", timeout_s=0.3, connect=bus.connect)
    yield publisher
    await publisher.close()


def an_event(number: int = 1, size: int = 1) -> Event:
    return new_event("problem.opened", "dynatrace", (str(number),), {"text": "x" * size})


async def test_an_event_goes_out_as_its_json_under_its_id(
    bus: FakeServiceBus, publisher: EventPublisher
) -> None:
    event = an_event()
    await publisher.publish(event)
    ((message_id, type_, body),) = bus.messages
    assert (message_id, type_) == (event.id, "problem.opened")
    assert json.loads(body) == json.loads(event.to_json())


async def test_callers_at_once_share_sends_and_none_is_lost(
    bus: FakeServiceBus, publisher: EventPublisher
) -> None:
    await asyncio.gather(*(publisher.publish(an_event(number)) for number in range(250)))
    assert sorted(message[0] for message in bus.messages) == sorted(an_event(n).id for n in range(250))
    assert len(bus.sends) < 10
    assert len(bus.senders) == 1


async def test_who_comes_during_a_send_goes_with_the_next(
    bus: FakeServiceBus, publisher: EventPublisher
) -> None:
    bus.faults = [0.05]
    first = asyncio.create_task(publisher.publish(an_event(1)))
    await bus.sending.wait()
    await publisher.publish_all([an_event(2), an_event(3)])
    await first
    assert bus.sends == [1, 2]


async def test_no_events_are_published_at_once(bus: FakeServiceBus, publisher: EventPublisher) -> None:
    await publisher.publish_all([])
    assert not bus.messages


async def test_a_link_that_died_since_is_replaced_and_the_event_still_goes_out(
    bus: FakeServiceBus, publisher: EventPublisher
) -> None:
    await publisher.publish(an_event(1))
    bus.faults = [ServiceBusConnectionError(message="reset")]
    await publisher.publish(an_event(2))
    assert len(bus.messages) == 2
    assert len(bus.senders) == 2
    await publisher.close()
    assert all(sender.closed for sender in bus.senders)


async def test_a_broker_that_is_away_is_unavailable_and_one_that_is_back_is_used(
    bus: FakeServiceBus, publisher: EventPublisher
) -> None:
    await publisher.publish(an_event(1))
    bus.down = True
    with pytest.raises(VendorUnavailable) as unavailable:
        await publisher.publish(an_event(2))
    assert str(unavailable.value) == "servicebus publish: not done (ServiceBusConnectionError)"
    with pytest.raises(VendorUnavailable):
        await publisher.ping()
    bus.down = False
    await publisher.publish(an_event(3))
    await publisher.ping()
    assert [message[0] for message in bus.messages] == [an_event(1).id, an_event(3).id]


async def test_a_broker_that_hangs_is_given_up_in_time_and_its_link_is_not_used_again(
    bus: FakeServiceBus, publisher: EventPublisher
) -> None:
    bus.faults = [60]
    started = time.monotonic()
    results = await asyncio.gather(
        *(publisher.publish(an_event(n)) for n in range(5)), return_exceptions=True
    )
    assert time.monotonic() - started < 2
    assert all(isinstance(result, VendorUnavailable) for result in results)
    await publisher.publish(an_event(9))
    assert [message[0] for message in bus.messages] == [an_event(9).id]
    assert len(bus.senders) == 2


async def test_an_error_never_tells_what_the_sdk_said(bus: FakeServiceBus, publisher: EventPublisher) -> None:
    bus.faults = [ServiceBusAuthenticationError(message="SharedAccessKey=abc is wrong")] * 2
    with pytest.raises(VendorUnavailable) as unavailable:
        await publisher.publish(an_event())
    assert "abc" not in str(unavailable.value)


async def test_an_event_that_is_too_large_is_refused_alone(
    publisher: EventPublisher, bus: FakeServiceBus
) -> None:
    bus.max_batch_bytes = 4096
    results = await asyncio.gather(
        publisher.publish(an_event(1)),
        publisher.publish(an_event(2, size=5000)),
        publisher.publish(an_event(3)),
        return_exceptions=True,
    )
    assert results[0] is None
    assert isinstance(results[1], VendorRefused)
    assert results[2] is None
    assert len(bus.messages) == 2


async def test_what_does_not_fit_one_batch_goes_in_several(
    bus: FakeServiceBus, publisher: EventPublisher
) -> None:
    bus.max_batch_bytes = 4096
    await publisher.publish_all(an_event(number, size=1000) for number in range(7))
    assert len(bus.messages) == 7
    assert len(bus.sends) > 1


async def test_a_caller_that_gives_up_does_not_take_the_others_with_it(
    bus: FakeServiceBus, publisher: EventPublisher
) -> None:
    bus.faults = [0.05]
    impatient = asyncio.create_task(publisher.publish(an_event(1)))
    patient = asyncio.create_task(publisher.publish(an_event(2)))
    await bus.sending.wait()
    impatient.cancel()
    await patient
    assert an_event(2).id in {message[0] for message in bus.messages}


async def test_closing_ends_every_link(bus: FakeServiceBus, publisher: EventPublisher) -> None:
    await publisher.publish(an_event())
    await publisher.ping()
    await publisher.close()
    await publisher.close()
    assert bus.clients_open == 0
    assert all(sender.closed for sender in bus.senders)
    await publisher.publish(an_event(2))
