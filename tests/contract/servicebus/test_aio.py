"""The asynchronous SDK speaks to it as well."""

from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusClient

from tests.contract.servicebus.bus import WAIT_S, message


async def test_sending_receiving_and_settling(connection_string: str) -> None:
    async with (
        ServiceBusClient.from_connection_string(connection_string, retry_total=0) as client,
        client.get_queue_sender("aio") as sender,
        client.get_queue_receiver("aio") as receiver,
    ):
        await sender.send_messages([message(str(number)) for number in range(3)])
        got: list[ServiceBusReceivedMessage] = []
        while len(got) < 3:
            more = await receiver.receive_messages(max_message_count=3 - len(got), max_wait_time=WAIT_S)
            assert more
            got += more
        assert [str(item) for item in got] == ["0", "1", "2"]
        await receiver.complete_message(got[0])
        await receiver.dead_letter_message(got[1], reason="why")
        await receiver.abandon_message(got[2])
        (again,) = await receiver.receive_messages(max_wait_time=WAIT_S)
        assert (str(again), again.delivery_count) == ("2", 1)
        await receiver.renew_message_lock(again)
        await receiver.complete_message(again)
        async with client.get_queue_receiver("aio", sub_queue="deadletter") as dead_letters:
            (dead,) = await dead_letters.receive_messages(max_wait_time=WAIT_S)
            assert (str(dead), dead.dead_letter_reason) == ("1", "why")
            await dead_letters.complete_message(dead)
