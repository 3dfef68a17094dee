"""Transfers to the server: whole or in frames, single or in batches, and credit."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.servicebus.amqp.encoding import described
from sandbox.servicebus.amqp.frames import (
    ACCEPTED,
    ATTACH,
    COORDINATOR,
    DETACH,
    DISPOSITION,
    FLOW,
    REJECTED,
    TRANSACTIONAL_STATE,
    TRANSFER,
    code_of,
    frame,
)
from sandbox.servicebus.amqp.performatives import Performative, performative
from sandbox.servicebus.amqp.types import Described, UInt, ULong
from sandbox.servicebus.broker.store import Store
from sandbox.servicebus.protocol.incoming import BATCH_FORMAT, CREDIT
from sandbox.servicebus.protocol.links import MAX_MESSAGE_BYTES
from sandbox.servicebus.protocol.session import WINDOW
from tests.unit.sandbox.servicebus.fakes import FakeClock, WireClient, batch, body_of, encoded, make_server


def stored(client: WireClient, path: str = "work") -> list[bytes]:
    entity = client.server.namespace.find(path)
    return [body_of(content) for content in entity.peek(0, 1000)]


def outcome_of(said: list[Performative]) -> tuple[int, str | None]:
    """(code, condition of a rejection) in the one disposition."""
    (disposition,) = [item for item in said if item.code == DISPOSITION]
    state = disposition.fields[4]
    error = state.value[0] if state.value else None
    return code_of(state), str(error.value[0]) if error else None


@pytest.fixture
def sender(client: WireClient) -> WireClient:
    said = client.attach_sender("work")
    assert [item.code for item in said] == [ATTACH, FLOW]
    assert said[1].fields[6] == CREDIT
    return client


def test_a_message_is_accepted_once_it_is_on_disk(sender: WireClient) -> None:
    sender.connection.data_received(
        frame(1, performative(TRANSFER, [UInt(0), UInt(5), b"t", UInt(0)]) + encoded(b"1"))
    )
    store: Store = sender.server.store
    assert store.last_sequence_number("work") == 0
    assert sender.heard() == []
    sender.clock.settle()
    assert store.last_sequence_number("work") == 1
    (answer,) = sender.heard()
    assert answer.fields[:4] == [True, 5, None, True]
    assert code_of(answer.fields[4]) == ACCEPTED


def test_nothing_is_said_when_the_disk_refuses(sender: WireClient) -> None:
    store: Store = sender.server.store
    store._db.close()
    assert sender.transfer(encoded(b"1")) == []
    store._clear()  # so that closing it has nothing to write


def test_a_message_may_come_in_many_frames(sender: WireClient) -> None:
    content = encoded(b"x" * 1000)
    for start in range(0, len(content), 100):
        said = sender.transfer(content[start : start + 100], more=start + 100 < len(content))
        assert bool(said) == (start + 100 >= len(content))
    assert outcome_of(said) == (ACCEPTED, None)
    assert stored(sender) == [b"x" * 1000]


def test_an_aborted_message_is_not_taken(sender: WireClient) -> None:
    sender.transfer(encoded(b"1")[:5], more=True)
    assert sender.transfer(b"", aborted=True) == []
    assert outcome_of(sender.transfer(encoded(b"2"), delivery=1)) == (ACCEPTED, None)
    assert stored(sender) == [b"2"]


def test_a_settled_message_is_taken_without_a_word(sender: WireClient) -> None:
    assert sender.transfer(encoded(b"1"), settled=True) == []
    assert stored(sender) == [b"1"]


def test_a_batch_is_taken_whole(sender: WireClient) -> None:
    content = batch(encoded(b"1"), encoded(b"2"), encoded(b"3"))
    assert outcome_of(sender.transfer(content, message_format=BATCH_FORMAT)) == (ACCEPTED, None)
    assert stored(sender) == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    ("bad", "condition"),
    [
        (encoded(message_id="m" * 129), "com.microsoft:argument-error"),
        (encoded()[:-1], "amqp:decode-error"),
        (b"\xff", "amqp:decode-error"),
    ],
)
@pytest.mark.parametrize("path", ["work", "news"])
def test_a_batch_with_one_bad_message_is_refused_whole(
    client: WireClient, path: str, bad: bytes, condition: str
) -> None:
    client.attach_sender(path)
    content = batch(encoded(b"1"), bad, encoded(b"3"))
    assert outcome_of(client.transfer(content, message_format=BATCH_FORMAT)) == (REJECTED, condition)
    assert stored(client, "work") == stored(client, "news/Subscriptions/all") == []
    assert outcome_of(client.transfer(encoded(b"4"), delivery=1)) == (ACCEPTED, None)


@pytest.mark.parametrize(
    ("content", "message_format", "condition"),
    [
        (b"\xff\xff", 0, "amqp:decode-error"),
        (b"", BATCH_FORMAT, "amqp:decode-error"),
        (described(0x77, "text"), BATCH_FORMAT, "amqp:decode-error"),
        (described(0x75, "text"), BATCH_FORMAT, "amqp:decode-error"),
        (encoded(), 99, "com.microsoft:argument-error"),
        (encoded(b"x" * MAX_MESSAGE_BYTES), 0, "amqp:link:message-size-exceeded"),
    ],
)
def test_other_content_is_refused_and_the_link_goes_on(
    sender: WireClient, content: bytes, message_format: int, condition: str
) -> None:
    size = 60_000
    for start in range(0, max(len(content), 1), size):
        more = start + size < len(content)
        said = sender.transfer(content[start : start + size], message_format=message_format, more=more)
    assert outcome_of(said) == (REJECTED, condition)
    assert stored(sender) == []
    assert outcome_of(sender.transfer(encoded(b"2"), delivery=1)) == (ACCEPTED, None)


def test_credit_is_given_again_before_it_runs_out(sender: WireClient) -> None:
    granted = CREDIT
    for number in range(3 * CREDIT):
        granted -= 1
        for said in sender.transfer(encoded(b"1"), delivery=number, settled=True):
            if said.code == FLOW and said.fields[4] is not None:
                granted = said.fields[5] + said.fields[6] - (number + 1)
        assert granted > 0


def test_more_than_the_credit_ends_the_link(sender: WireClient) -> None:
    raw = performative(TRANSFER, [UInt(0), UInt(0), b"t", UInt(0), True]) + encoded(b"1")
    link: Any = sender.connection._sessions[1].links[0]
    link.credit = 0
    (answer,) = sender.give(frame(1, raw))
    assert answer.code == DETACH
    assert answer.fields[2].value[0] == "amqp:link:transfer-limit-exceeded"
    assert sender.give(frame(1, raw)) == []
    assert stored(sender) == []
    assert not sender.transport.closed


def test_the_session_window_is_opened_again(sender: WireClient) -> None:
    said: list[Performative] = []
    for _ in range(WINDOW // 2 + 10):
        said += sender.transfer(b"", more=True)
    flows = [item for item in said if item.code == FLOW]
    assert flows
    assert flows[-1].fields[1] == WINDOW
    assert flows[-1].fields[0] > WINDOW // 2 - 10


def test_a_transfer_needs_a_delivery_id(sender: WireClient) -> None:
    sender.give(frame(1, performative(TRANSFER, [UInt(0)])))
    assert sender.transport.closed


def test_a_transfer_may_not_begin_inside_another(sender: WireClient) -> None:
    sender.transfer(b"", delivery=0, more=True)
    sender.transfer(b"", delivery=1)
    assert sender.transport.closed


def test_a_message_of_a_transaction_is_refused(sender: WireClient) -> None:
    state = Described(ULong(TRANSACTIONAL_STATE), [b"txn"])
    assert outcome_of(sender.transfer(encoded(b"1"), state=state)) == (REJECTED, "amqp:not-implemented")
    assert stored(sender) == []


def test_there_is_no_transaction_coordinator(client: WireClient) -> None:
    target = Described(ULong(COORDINATOR), [])
    said = client.say(ATTACH, ["txn", UInt(0), False, None, None, None, target, None, None, UInt(0)])
    assert said[-1].fields[2].value[0] == "amqp:not-implemented"


@pytest.mark.parametrize(
    ("address", "condition"),
    [
        ("nowhere", "amqp:not-found"),
        ("news/Subscriptions/all", "amqp:not-allowed"),
        ("work/$DeadLetterQueue", "amqp:not-allowed"),
    ],
)
def test_what_takes_no_messages_refuses_the_link(client: WireClient, address: str, condition: str) -> None:
    attached, detached = client.attach_sender(address)
    assert attached.fields[6] is None
    assert detached.fields[2].value[0] == condition
    assert client.attach_sender("work")[0].fields[6] is not None


def test_a_link_needs_an_address(client: WireClient) -> None:
    for target in (None, Described(ULong(0x29), []), Described(ULong(0x29), [None])):
        said = client.say(ATTACH, ["l", UInt(0), False, None, None, None, target, None, None, UInt(0)])
        assert said[-1].fields[2].value[0] == "amqp:not-found"


def test_a_handle_is_used_once(sender: WireClient) -> None:
    sender.attach_sender("news")
    assert sender.transport.closed


def test_a_detached_handle_is_free(sender: WireClient) -> None:
    (answer,) = sender.say(DETACH, [UInt(0), True])
    assert answer.fields == [0, True, None]
    assert sender.attach_sender("news")[0].code == ATTACH
    assert outcome_of(sender.transfer(encoded(b"1"))) == (ACCEPTED, None)
    assert stored(sender, "news/Subscriptions/all") == [b"1"]


def test_all_that_comes_in_one_turn_is_one_transaction(tmp_path: Path) -> None:
    clock = FakeClock()
    server = make_server(tmp_path / "servicebus.db", clock)
    clients = [WireClient(server, clock).open_authorized() for _ in range(3)]
    commits: list[str] = []
    server.store._db.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    raw = frame(1, performative(TRANSFER, [UInt(0), UInt(0), b"t", UInt(0)]) + encoded(b"1"))
    for client in clients:
        client.attach_sender("work")
    for client in clients:
        client.connection.data_received(raw)
    clock.settle()
    assert commits == ["COMMIT"]
    assert [outcome_of(client.heard())[0] for client in clients] == [ACCEPTED] * 3
    server.store.close()
