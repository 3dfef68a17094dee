"""Deliveries to the client: credit, windows, frame sizes, settlement."""

import uuid
from typing import Any

import pytest

from sandbox.servicebus.amqp.encoding import Encoded
from sandbox.servicebus.amqp.frames import (
    ACCEPTED,
    ATTACH,
    DETACH,
    DISPOSITION,
    FLOW,
    MODIFIED,
    REJECTED,
    RELEASED,
    TRANSACTIONAL_STATE,
    TRANSFER,
    code_of,
    error,
    outcome,
)
from sandbox.servicebus.amqp.performatives import Performative
from sandbox.servicebus.amqp.types import Described, Symbol, UInt, ULong
from sandbox.servicebus.broker.messages import HEADER, MESSAGE_ANNOTATIONS, Message
from sandbox.servicebus.broker.queues import Queue
from tests.unit.sandbox.servicebus.fakes import WireClient, application_properties, body_of, encoded, section

DEAD = "work/$DeadLetterQueue"


def put(client: WireClient, *bodies: bytes, path: str = "work") -> None:
    client.server.namespace.find(path).send([Message(encoded(body)) for body in bodies])
    client.clock.settle()


def queue_of(client: WireClient, path: str = "work") -> Queue:
    queue = client.server.namespace.find(path)
    assert isinstance(queue, Queue)
    return queue


def transfers(said: list[Performative]) -> list[Performative]:
    return [item for item in said if item.code == TRANSFER]


def bodies(said: list[Performative]) -> list[bytes]:
    return [body_of(item.payload) for item in transfers(said)]


def settle(client: WireClient, delivery: int, state: Encoded | None, **flags: Any) -> list[Performative]:
    fields = [True, UInt(delivery), flags.get("last"), flags.get("settled", False), state]
    return client.say(DISPOSITION, fields)


@pytest.fixture
def receiver(client: WireClient) -> WireClient:
    assert [item.code for item in client.attach_receiver("work")] == [ATTACH]
    return client


def test_nothing_is_sent_without_credit(receiver: WireClient) -> None:
    put(receiver, b"1", b"2", b"3")
    assert receiver.heard() == []
    assert bodies(receiver.credit(2)) == [b"1", b"2"]
    assert bodies(receiver.credit(1, seen=2)) == [b"3"]


def test_a_delivery_carries_its_lock_token_and_number(receiver: WireClient) -> None:
    put(receiver, b"1")
    (delivery,) = transfers(receiver.credit(1))
    handle, number, tag, message_format, settled = delivery.fields[:5]
    assert (handle, number, message_format, settled) == (1, delivery_id(receiver), 0, False)
    (entry,) = queue_of(receiver).entries.values()
    assert uuid.UUID(bytes_le=tag) == entry.token
    annotations = section(delivery.payload, MESSAGE_ANNOTATIONS)
    assert annotations["x-opt-sequence-number"] == 1
    assert annotations["x-opt-locked-until"] == receiver.clock.now_ms() + 30_000


def test_credit_counts_from_what_the_client_has_seen(receiver: WireClient) -> None:
    put(receiver, b"1", b"2", b"3")
    receiver.credit(2)
    assert bodies(receiver.credit(2, seen=0)) == []
    assert bodies(receiver.credit(2, seen=1)) == [b"3"]


def test_credit_can_be_taken_back(receiver: WireClient) -> None:
    receiver.credit(10)
    receiver.credit(0)
    put(receiver, b"1")
    assert receiver.heard() == []


def test_a_drain_uses_up_the_credit(receiver: WireClient) -> None:
    put(receiver, b"1")
    said = receiver.credit(5, drain=True)
    assert bodies(said) == [b"1"]
    flow = said[-1]
    assert (flow.code, flow.fields[5], flow.fields[6], flow.fields[8]) == (FLOW, 5, 0, True)
    put(receiver, b"2")
    assert receiver.heard() == []


def test_an_echo_is_answered(receiver: WireClient) -> None:
    (flow,) = receiver.credit(5, echo=True)
    assert (flow.fields[4], flow.fields[5], flow.fields[6]) == (1, 0, 5)


def test_a_large_message_goes_in_frames_the_client_can_take(stranger: WireClient) -> None:
    receiver = stranger.open_authorized(max_frame=512)
    receiver.attach_receiver("work")
    put(receiver, b"x" * 3000)
    said = transfers(receiver.credit(1))
    assert [item.fields[5] for item in said] == [True] * (len(said) - 1) + [False]
    assert {item.fields[1] for item in said} == {delivery_id(receiver)}
    assert all(len(item.payload) <= 512 - 64 for item in said)
    assert body_of(b"".join(item.payload for item in said)) == b"x" * 3000


def test_frames_fit_the_clients_frame_size(stranger: WireClient) -> None:
    stranger.open_authorized(max_frame=512)
    stranger.attach_receiver("work")
    put(stranger, b"x" * 3000)
    stream = stranger.raw_credit(1)
    while stream:
        size = int.from_bytes(stream[:4])
        assert size <= 512
        stream = stream[size:]


def test_the_session_window_is_respected_within_a_message(stranger: WireClient) -> None:
    receiver = stranger.open_authorized(max_frame=512)
    receiver.attach_receiver("work")
    put(receiver, b"x" * 1500, b"y")
    sent = receiver.connection._sessions[1]._next_outgoing
    first = transfers(receiver.credit(5, known=sent, window=2))
    assert len(first) == 2
    rest = transfers(receiver.credit(5, known=sent + 2, window=100))
    content = b"".join(item.payload for item in first + rest if item.fields[1] == first[0].fields[1])
    assert body_of(content) == b"x" * 1500
    assert body_of(rest[-1].payload) == b"y"


def test_a_window_opened_for_the_session_serves_every_link(receiver: WireClient) -> None:
    receiver.attach_receiver("once", handle=2)
    receiver.credit(5, handle=2)
    sent = receiver.connection._sessions[1]._next_outgoing
    receiver.credit(5, handle=1, known=sent, window=0)
    put(receiver, b"1")
    put(receiver, b"2", path="once")
    assert receiver.heard() == []
    said = receiver.say(FLOW, [UInt(sent), UInt(10), UInt(0), UInt(10)])
    assert sorted(bodies(said)) == [b"1", b"2"]


def test_a_client_that_does_not_read_is_sent_no_more(receiver: WireClient) -> None:
    receiver.connection.pause_writing()
    put(receiver, b"1")
    assert bodies(receiver.credit(5)) == []
    receiver.connection.resume_writing()
    receiver.clock.settle()
    assert bodies(receiver.heard()) == [b"1"]


def test_much_is_sent_in_parts_and_all_of_it(receiver: WireClient) -> None:
    put(receiver, *[b"x" * 200_000] * 20)
    received = [item for item in receiver.credit(100) if item.code == TRANSFER and not item.fields[5]]
    assert len(received) == 20


def test_receive_and_delete_sends_settled_and_forgets(client: WireClient) -> None:
    client.attach_receiver("work", deletes=True)
    put(client, b"1")
    (delivery,) = transfers(client.credit(1))
    assert delivery.fields[4] is True
    assert queue_of(client).entries == {}


@pytest.mark.parametrize(
    ("state", "echoed"),
    [
        (outcome(ACCEPTED), ACCEPTED),
        (None, ACCEPTED),
        (outcome(RELEASED), RELEASED),
        (outcome(MODIFIED, [True, False]), MODIFIED),
        (outcome(MODIFIED, [True, True]), MODIFIED),
        (outcome(REJECTED, [error("com.microsoft:dead-letter", "bad")]), REJECTED),
        (outcome(REJECTED), REJECTED),
    ],
)
def test_a_settlement_is_answered_with_itself(
    receiver: WireClient, state: Encoded | None, echoed: int
) -> None:
    put(receiver, b"1")
    (delivery,) = transfers(receiver.credit(1))
    (answer,) = settle(receiver, delivery.fields[1], state)
    assert answer.fields[:4] == [False, delivery.fields[1], None, True]
    assert code_of(answer.fields[4]) == echoed
    if echoed == REJECTED:
        assert answer.fields[4].value == []


def test_a_settlement_that_is_settled_is_not_answered(receiver: WireClient) -> None:
    put(receiver, b"1")
    receiver.credit(1)
    assert settle(receiver, delivery_id(receiver), outcome(ACCEPTED), settled=True) == []
    assert queue_of(receiver).entries == {}


def delivery_id(client: WireClient) -> int:
    return next(iter(client.connection._sessions[1].unsettled))


def test_an_abandoned_message_comes_again_with_the_clients_properties(receiver: WireClient) -> None:
    put(receiver, b"1")
    receiver.credit(2)
    said = settle(receiver, delivery_id(receiver), outcome(MODIFIED, [True, False, {Symbol("tried"): "yes"}]))
    (delivery,) = transfers(said)
    assert application_properties(delivery.payload) == {"tried": "yes"}
    assert section(delivery.payload, HEADER)[4] == 1


def test_a_deferred_message_leaves_the_queue_to_those_who_know_its_number(receiver: WireClient) -> None:
    put(receiver, b"1")
    receiver.credit(2)
    settle(receiver, delivery_id(receiver), outcome(MODIFIED, [True, True, {Symbol("later"): "yes"}]))
    status, value = receiver.manage(
        "work", "receive-by-sequence-number", {"sequence-numbers": [1], "receiver-settle-mode": UInt(1)}
    )
    assert status == 200
    assert application_properties(value["messages"][0]["message"]) == {"later": "yes"}


def test_a_rejected_message_is_dead_lettered_with_its_reason(receiver: WireClient) -> None:
    put(receiver, b"1")
    receiver.credit(1)
    info = {
        Symbol("DeadLetterReason"): "bad",
        Symbol("DeadLetterErrorDescription"): None,
        Symbol("more"): "x",
    }
    why = Described(ULong(0x1D), [Symbol("com.microsoft:dead-letter"), "bad", info])
    settle(receiver, delivery_id(receiver), outcome(REJECTED, [why]))
    (content,) = queue_of(receiver, DEAD).peek(0, 1)
    assert application_properties(content) == {"DeadLetterReason": "bad", "more": "x"}


@pytest.mark.parametrize(
    "state", [outcome(ACCEPTED), outcome(RELEASED), outcome(MODIFIED, [True]), outcome(REJECTED)]
)
def test_a_settlement_after_the_lock_is_lost_is_refused(receiver: WireClient, state: Encoded) -> None:
    put(receiver, b"1")
    receiver.credit(1)
    receiver.clock.advance(31)
    (answer,) = settle(receiver, delivery_id(receiver), state)
    assert code_of(answer.fields[4]) == REJECTED
    assert answer.fields[4].value[0].value[0] == "com.microsoft:message-lock-lost"


@pytest.mark.parametrize(
    "state",
    [Encoded(b"\x00\x53\x34\x45"), Encoded(b"\x00\x53\x23\x45"), outcome(TRANSACTIONAL_STATE, [b"txn"])],
)
def test_another_outcome_is_not_implemented(receiver: WireClient, state: Encoded) -> None:
    put(receiver, b"1")
    receiver.credit(1)
    (answer,) = settle(receiver, delivery_id(receiver), state)
    assert answer.fields[4].value[0].value[0] == "amqp:not-implemented"


def test_a_range_settles_what_is_in_it(receiver: WireClient) -> None:
    put(receiver, b"1", b"2", b"3")
    receiver.credit(3)
    first = delivery_id(receiver)
    answers = settle(receiver, first, outcome(ACCEPTED), last=UInt(first + 1))
    assert [item.fields[1] for item in answers] == [first, first + 1]
    assert [body_of(content) for content in queue_of(receiver).peek(0, 9)] == [b"3"]


def test_an_absurd_range_is_no_trouble(receiver: WireClient) -> None:
    put(receiver, b"1")
    receiver.credit(1)
    assert len(settle(receiver, 0, outcome(ACCEPTED), last=UInt(2**32 - 1))) == 1
    assert settle(receiver, 0, outcome(ACCEPTED), last=UInt(2**32 - 1)) == []


def test_a_senders_disposition_settles_nothing(receiver: WireClient) -> None:
    put(receiver, b"1")
    receiver.credit(1)
    assert receiver.say(DISPOSITION, [False, UInt(0), UInt(9), True, outcome(ACCEPTED)]) == []
    assert len(queue_of(receiver).entries) == 1


def test_a_detached_receiver_is_sent_nothing(receiver: WireClient) -> None:
    receiver.credit(5)
    receiver.say(DETACH, [UInt(1), True])
    put(receiver, b"1")
    assert receiver.heard() == []


@pytest.mark.parametrize(
    ("address", "condition"), [("nowhere", "amqp:not-found"), ("news", "amqp:not-allowed")]
)
def test_what_gives_no_messages_refuses_the_link(client: WireClient, address: str, condition: str) -> None:
    attached, detached = client.attach_receiver(address)
    assert attached.fields[5] is None
    assert detached.fields[2].value[0] == condition


def test_sessions_are_not_implemented(client: WireClient) -> None:
    said = client.attach_receiver("work", filters={Symbol("com.microsoft:session-filter"): None})
    assert said[-1].fields[2].value[0] == "amqp:not-implemented"


def test_the_lock_is_not_shown_to_those_who_only_look(receiver: WireClient) -> None:
    put(receiver, b"1")
    receiver.credit(0)
    (content,) = queue_of(receiver).peek(0, 1)
    assert "x-opt-locked-until" not in section(content, MESSAGE_ANNOTATIONS)
