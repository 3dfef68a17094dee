"""Service Bus triggers against the embedded broker."""

import time
from typing import Any

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage, ServiceBusSubQueue

from tests.integration.host.harness import Broker, Host, StartHost, eventually


@pytest.fixture(scope="module")
def host(start_host: StartHost, broker: Broker) -> Host:
    return start_host(Bus=broker.connection)


def of(host: Host, message_id: str) -> list[dict[str, Any]]:
    return [record for record in host.records("queue") if record["id"] == message_id]


def message(body: str, message_id: str, **more: Any) -> ServiceBusMessage:
    return ServiceBusMessage(body, message_id=message_id, **more)


def dead_letters(broker: Broker, queue: str) -> list[str | None]:
    with (
        ServiceBusClient.from_connection_string(broker.connection) as client,
        client.get_queue_receiver(queue, sub_queue=ServiceBusSubQueue.DEAD_LETTER) as receiver,
    ):
        return [one.message_id for one in receiver.peek_messages(10)]


def active(broker: Broker, queue: str) -> int:
    with (
        ServiceBusClient.from_connection_string(broker.connection) as client,
        client.get_queue_receiver(queue) as receiver,
    ):
        return len(receiver.peek_messages(50))


def test_a_message_reaches_the_function_whole_and_is_completed(host: Host, broker: Broker) -> None:
    broker.send(
        "in",
        message(
            "olá",
            "whole",
            subject="demand.created",
            correlation_id="c-1",
            content_type="text/plain",
            application_properties={"type": "demand", "n": 3},
        ),
    )
    record = eventually(lambda: of(host, "whole"))[0]
    assert (record["body"], record["deliveries"]) == ("olá", 1)
    assert (record["subject"], record["correlation"]) == ("demand.created", "c-1")
    assert record["properties"] == {"type": "demand", "n": 3}
    assert record["sequence"] >= 1
    assert record["enqueued"].startswith("20")
    assert len(record["lock_token"]) == 36
    eventually(lambda: active(broker, "in") == 0)


def test_a_failure_brings_the_message_again_at_once(host: Host, broker: Broker) -> None:
    broker.send("in", message("fail once", "again"))
    records = eventually(lambda: len(found := of(host, "again")) == 2 and found)
    assert records
    assert [record["deliveries"] for record in records] == [1, 2]


def test_after_the_last_failure_the_broker_dead_letters_the_message(host: Host, broker: Broker) -> None:
    broker.send("in", message("fail", "poison"))
    eventually(lambda: "poison" in dead_letters(broker, "in"))
    assert [record["deliveries"] for record in of(host, "poison")] == [1, 2, 3]


def test_a_run_longer_than_the_lock_keeps_its_message(host: Host, broker: Broker) -> None:
    broker.send("in", message("sleep 6.5", "long"))
    eventually(lambda: any(one["body"] == "sleep 6.5" for one in host.records("slept")))
    eventually(lambda: active(broker, "in") == 0)
    assert len(of(host, "long")) == 1


def test_messages_run_side_by_side(host: Host, broker: Broker) -> None:
    began = time.monotonic()
    broker.send("in", *[message("sleep 0.8", f"side-{n}") for n in range(6)])
    eventually(lambda: sum(one["body"] == "sleep 0.8" for one in host.records("slept")) == 6)
    assert time.monotonic() - began < 4


def test_a_subscription_is_fed_in_batches_and_completed(host: Host, broker: Broker) -> None:
    ids = [f"b{n}" for n in range(20)]
    broker.publish(
        *[message(f"body {one}", one, application_properties={"n": n}) for n, one in enumerate(ids)]
    )
    eventually(lambda: sum(len(batch["ids"]) for batch in host.records("batch")) >= len(ids))
    batches = host.records("batch")
    assert [one for batch in batches for one in batch["ids"]] == ids
    assert len(batches) < len(ids)
    assert [one for batch in batches for one in batch["bodies"]] == [f"body {one}" for one in ids]
    assert [one["n"] for batch in batches for one in batch["properties"]] == list(range(20))
    assert all(count == 1 for batch in batches for count in batch["deliveries"])


def test_the_broker_may_die_and_come_back(start_host: StartHost, broker: Broker) -> None:
    host = start_host(Bus=broker.connection, QUEUE="stop")
    eventually(lambda: host.logs(category="Host.ServiceBus", message="receiving from stop"))
    broker.kill()
    eventually(lambda: host.logs(category="Host.ServiceBus", level="WARNING"))
    broker.start()
    broker.send("stop", message("after the restart", "restart"))
    assert eventually(lambda: of(host, "restart"))[0]["body"] == "after the restart"
    cut_off = [line["message"] for line in host.logs(category="Host.ServiceBus", level="WARNING")]
    assert not any("secret" in line for line in cut_off)
    host.child.stop()


def test_a_stop_gives_unfinished_messages_back_at_once(start_host: StartHost, broker: Broker) -> None:
    first = start_host(Bus=broker.connection, QUEUE="stop")
    broker.send("stop", message("sleep 20", "given-back"))
    eventually(lambda: of(first, "given-back"))
    assert first.child.stop() == 0
    began = time.monotonic()
    second = start_host(Bus=broker.connection, QUEUE="stop")
    record = eventually(lambda: of(second, "given-back"))[0]
    assert record["deliveries"] == 2
    assert time.monotonic() - began < 4.5  # the lock alone would have kept it for 5 s
