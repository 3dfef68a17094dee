"""$management: peek, schedule, cancel, deferred, renew, settle, and what there is not."""

import uuid
from typing import Any

import pytest

from sandbox.servicebus.amqp.frames import DETACH, REJECTED, TRANSFER, code_of
from sandbox.servicebus.amqp.types import Array, Int, Symbol, UInt
from sandbox.servicebus.broker.messages import Message
from sandbox.servicebus.broker.queues import Queue
from tests.unit.sandbox.servicebus.fakes import (
    START_MS,
    WireClient,
    application_properties,
    body_of,
    encoded,
)

LATER = START_MS + 10_000


def put(client: WireClient, *bodies: bytes) -> None:
    queue_of(client).send([Message(encoded(body)) for body in bodies])
    client.clock.settle()


def queue_of(client: WireClient, path: str = "work") -> Queue:
    queue = client.server.namespace.find(path)
    assert isinstance(queue, Queue)
    return queue


def take(client: WireClient) -> uuid.UUID:
    """Receive one message; its lock token."""
    client.attach_receiver("work")
    client.credit(1)
    return next(entry.token for entry in queue_of(client).entries.values() if entry.token)


def schedule(client: WireClient, path: str, *bodies: bytes) -> Any:
    messages = [{"message-id": "m", "message": encoded(body, due_ms=LATER)} for body in bodies]
    status, value = client.manage(path, "schedule-message", {"messages": messages})
    assert status == 200
    return value["sequence-numbers"]


def test_peek_shows_messages_and_then_nothing(client: WireClient) -> None:
    put(client, b"1", b"2", b"3")
    status, value = client.manage(
        "work", "peek-message", {"from-sequence-number": 2, "message-count": Int(5)}
    )
    assert status == 200
    assert [body_of(item["message"]) for item in value["messages"]] == [b"2", b"3"]
    assert client.manage("work", "peek-message", {"from-sequence-number": 4, "message-count": Int(5)}) == (
        204,
        None,
    )


def test_dead_letters_can_be_peeked(client: WireClient) -> None:
    put(client, b"1")
    queue_of(client).dead_letter([take(client)])
    body = {"from-sequence-number": 0, "message-count": Int(5)}
    assert client.manage("work/$DeadLetterQueue", "peek-message", body)[0] == 200


@pytest.mark.parametrize(("path", "target"), [("work", "work"), ("news", "news/Subscriptions/all")])
def test_messages_are_scheduled_and_cancelled(client: WireClient, path: str, target: str) -> None:
    first, _ = schedule(client, path, b"1", b"2")
    assert (
        client.manage(path, "cancel-scheduled-message", {"sequence-numbers": Array(int, [first])})[0] == 200
    )
    status, _ = client.manage(path, "cancel-scheduled-message", {"sequence-numbers": Array(int, [first])})
    assert status == 404
    client.clock.advance(11)
    assert [body_of(content) for content in queue_of(client, target).peek(0, 9)] == [b"2"]


def test_of_scheduled_messages_all_are_taken_or_none(client: WireClient) -> None:
    messages = [{"message": encoded(b"1", due_ms=LATER)}, {"message": b"\xff"}]
    assert client.manage("work", "schedule-message", {"messages": messages})[0] == 400
    assert queue_of(client).entries == {}


def test_a_lock_is_renewed(client: WireClient) -> None:
    put(client, b"1")
    token = take(client)
    client.clock.advance(20)
    status, value = client.manage("work", "renew-lock", {"lock-tokens": Array(uuid.UUID, [token])})
    assert (status, value) == (200, {"expirations": [START_MS + 50_000]})
    client.clock.advance(31)
    assert client.manage("work", "renew-lock", {"lock-tokens": Array(uuid.UUID, [token])})[0] == 410


@pytest.mark.parametrize("delete", [True, False])
def test_deferred_messages_are_received_by_number(client: WireClient, delete: bool) -> None:
    put(client, b"1")
    queue_of(client).defer([take(client)])
    body = {"sequence-numbers": Array(int, [1]), "receiver-settle-mode": UInt(0 if delete else 1)}
    status, value = client.manage("work", "receive-by-sequence-number", body)
    assert status == 200
    assert ("lock-token" in value["messages"][0]) is not delete
    assert client.manage("work", "receive-by-sequence-number", body)[0] == 404
    assert len(queue_of(client).entries) == (0 if delete else 1)


@pytest.mark.parametrize(
    ("status", "left", "dead"),
    [("completed", 0, 0), ("abandoned", 1, 0), ("defered", 1, 0), ("suspended", 0, 1)],
)
def test_messages_are_settled_by_token(client: WireClient, status: str, left: int, dead: int) -> None:
    put(client, b"1")
    body = {
        "disposition-status": status,
        "lock-tokens": Array(uuid.UUID, [take(client)]),
        "deadletter-reason": "bad",
        "deadletter-description": "very bad",
        "properties-to-modify": {"tried": "yes"},
    }
    assert client.manage("work", "update-disposition", body) == (200, {})
    counts = client.server.namespace.statistics()[0]
    assert (len(queue_of(client).entries), counts["dead_letter"]) == (left, dead)
    for content in queue_of(client, "work/$DeadLetterQueue").peek(0, 1):
        assert application_properties(content) == {
            "tried": "yes",
            "DeadLetterReason": "bad",
            "DeadLetterErrorDescription": "very bad",
        }
    for content in queue_of(client).peek(0, 1):
        assert application_properties(content) == {"tried": "yes"}
    assert client.manage("work", "update-disposition", body)[0] == 410


def test_of_several_tokens_all_are_settled_or_none(client: WireClient) -> None:
    put(client, b"1")
    tokens = Array(uuid.UUID, [take(client), uuid.uuid4()])
    body = {"disposition-status": "completed", "lock-tokens": tokens}
    assert client.manage("work", "update-disposition", body)[0] == 410
    assert len(queue_of(client).entries) == 1


@pytest.mark.parametrize(
    "operation",
    [
        "add-rule",
        "remove-rule",
        "enumerate-rules",
        "get-message-sessions",
        "get-session-state",
        "set-session-state",
        "renew-session-lock",
        "batch-delete-messages",
        "never heard of",
    ],
)
def test_other_operations_are_not_implemented(client: WireClient, operation: str) -> None:
    assert client.manage("news/Subscriptions/all", operation, {}) == (501, None)
    assert not client.transport.closed


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("peek-message", None),
        ("peek-message", {}),
        ("peek-message", {"from-sequence-number": "0", "message-count": Int(1)}),
        ("schedule-message", {"messages": "text"}),
        ("schedule-message", {"messages": ["text"]}),
        ("schedule-message", {"messages": [{}]}),
        ("cancel-scheduled-message", {"sequence-numbers": ["1"]}),
        ("renew-lock", {"lock-tokens": ["1"]}),
        ("update-disposition", {"disposition-status": "completed"}),
        ("update-disposition", {"lock-tokens": [], "properties-to-modify": "text"}),
    ],
)
def test_a_request_that_lacks_something_is_answered_with_400(
    client: WireClient, operation: str, body: Any
) -> None:
    assert client.manage("work", operation, body)[0] == 400


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("update-disposition", {"disposition-status": "vanished", "lock-tokens": []}),
        (
            "peek-message",
            {"from-sequence-number": 0, "message-count": Int(1), "session-id": "s"},
        ),
    ],
)
def test_a_request_for_more_than_there_is_is_answered_with_501(
    client: WireClient, operation: str, body: Any
) -> None:
    assert client.manage("work", operation, body)[0] == 501


def test_a_topic_has_nothing_to_receive(client: WireClient) -> None:
    assert client.manage("news", "renew-lock", {"lock-tokens": []})[0] == 400


def test_management_needs_a_token_too(stranger: WireClient) -> None:
    stranger.open()
    assert stranger.attach_sender("work/$management", handle=2)[-1].code == DETACH
    assert stranger.attach_receiver("work/$management", handle=3)[-1].code == DETACH


def test_a_request_without_a_link_for_its_answer_is_rejected(client: WireClient) -> None:
    client.attach_sender("work/$management")
    (answer,) = client.transfer(encoded(b"x", properties={"operation": "com.microsoft:peek-message"}))
    assert code_of(answer.fields[4]) == REJECTED


def test_an_answer_waits_for_credit(client: WireClient) -> None:
    client.attach_receiver("work/$management", handle=5)
    client.attach_sender("work/$management", handle=6)
    said = client.transfer(encoded(b"x", properties={"operation": Symbol("none")}), handle=6)
    assert TRANSFER not in [item.code for item in said]
    assert [item.code for item in client.credit(1, handle=5)] == [TRANSFER]


def test_an_answer_goes_to_the_link_the_request_names(client: WireClient) -> None:
    for handle in (5, 6):
        client.attach_receiver("work/$management", handle=handle)
        client.credit(1, handle=handle)
    client.attach_sender("work/$management", handle=7)
    said = client.transfer(
        encoded(b"x", properties={"operation": "none"}, system={4: "me-6", 0: "r"}), handle=7
    )
    assert [item.fields[0] for item in said if item.code == TRANSFER] == [6]
