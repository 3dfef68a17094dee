"""The least a webhook can be: send the body as it came, with the bare SDK, one sender for all, one send at a time.

The SDK's sender takes one send at a time, so the lock is not ours to leave out.
"""

import asyncio
import os

import azure.durable_functions as df
import azure.functions as func
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusSender

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
lock = asyncio.Lock()
senders: list[ServiceBusSender] = []


@app.route(route="webhooks/{source}", methods=["POST"])
async def receive(req: func.HttpRequest) -> func.HttpResponse:
    async with lock:
        if not senders:
            client = ServiceBusClient.from_connection_string(os.environ["ServiceBusConnection"])  # noqa: SIM112
            senders.append(client.get_topic_sender("events"))
        await senders[0].send_messages(ServiceBusMessage(req.get_body()))
    return func.HttpResponse(status_code=202)
