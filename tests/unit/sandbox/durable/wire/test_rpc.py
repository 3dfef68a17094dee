"""Calls, made by grpcio's own clients."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from sandbox.durable.commits import Refused
from sandbox.durable.wire.rpc import Call, Method, RpcServer

LARGE = "x" * 20_000_000
_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Service:
    def __init__(self) -> None:
        self.waiting = asyncio.Event()
        self.stopped = asyncio.Event()
        self.finished = asyncio.Event()

    async def echo(self, request: StringValue, _: Call) -> StringValue:
        return request

    async def many(self, request: StringValue, call: Call) -> None:
        for number in range(int(request.value)):
            call.send(StringValue(value=str(number)).SerializeToString())

    async def refuse(self, _: StringValue, __: Call) -> StringValue:
        raise Refused(grpc.StatusCode.NOT_FOUND, "não existe: 100 %")

    async def crash(self, _: StringValue, __: Call) -> StringValue:
        raise ZeroDivisionError("by accident")

    async def wait(self, _: StringValue, __: Call) -> None:
        self.waiting.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.stopped.set()

    async def persist(self, request: StringValue, _: Call) -> StringValue:
        self.waiting.set()
        await asyncio.sleep(0.05)
        self.finished.set()
        return request


class Client:
    def __init__(self, port: int, **more: Any) -> None:
        self.channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=_OPTIONS, **more)

    def call(self, name: str, value: str = "", **more: Any) -> Any:
        method = self.channel.unary_unary(
            f"/test/{name}",
            request_serializer=StringValue.SerializeToString,
            response_deserializer=StringValue.FromString,
        )
        return method(StringValue(value=value), **more)

    def stream(self, name: str, value: str = "") -> Any:
        method = self.channel.unary_stream(
            f"/test/{name}",
            request_serializer=StringValue.SerializeToString,
            response_deserializer=StringValue.FromString,
        )
        return method(StringValue(value=value))


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def server(service: Service) -> AsyncIterator[RpcServer]:
    names = ("echo", "many", "refuse", "crash", "wait", "persist")
    methods = {
        name: Method(StringValue.FromString, getattr(service, name), stops_with_client=name == "wait")
        for name in names
    }
    server = RpcServer("test", methods)
    yield server
    await server.stop()


@pytest.fixture
async def port(server: RpcServer) -> int:
    return await server.start(0)


@pytest.fixture
async def client(port: int) -> AsyncIterator[Client]:
    client = Client(port)
    yield client
    await client.channel.close(None)


async def test_a_message_comes_back_whatever_its_size(client: Client) -> None:
    for value in ("", "ü", LARGE):
        assert (await client.call("echo", value)).value == value


async def test_calls_on_one_connection_do_not_mix(client: Client) -> None:
    answers = await asyncio.gather(*(client.call("echo", str(number)) for number in range(200)))
    assert [answer.value for answer in answers] == [str(number) for number in range(200)]


async def test_a_stream_brings_all_its_messages_in_order(client: Client) -> None:
    assert [int(message.value) async for message in client.stream("many", "5000")] == list(range(5000))
    assert [message async for message in client.stream("many", "0")] == []


async def code_and_details(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), caught.value.details() or ""


async def test_a_refusal_brings_its_code_and_its_words(client: Client) -> None:
    assert await code_and_details(client.call("refuse")) == (grpc.StatusCode.NOT_FOUND, "não existe: 100 %")


async def test_a_crash_is_unknown_and_the_next_call_works(client: Client) -> None:
    code, _ = await code_and_details(client.call("crash"))
    assert code is grpc.StatusCode.UNKNOWN
    assert (await client.call("echo", "still here")).value == "still here"


async def test_a_method_that_is_not_there_is_unimplemented(client: Client) -> None:
    code, details = await code_and_details(client.call("nothing"))
    assert code is grpc.StatusCode.UNIMPLEMENTED
    assert "/test/nothing" in details


async def test_a_compressed_message_is_refused(port: int) -> None:
    client = Client(port, compression=grpc.Compression.Gzip)
    code, _ = await code_and_details(client.call("echo", LARGE[:10_000]))
    assert code is grpc.StatusCode.UNIMPLEMENTED
    await client.channel.close(None)


async def test_waiting_ends_with_the_clients_deadline(client: Client, service: Service) -> None:
    code, _ = await code_and_details(client.call("wait", timeout=0.1))
    assert code is grpc.StatusCode.DEADLINE_EXCEEDED
    await asyncio.wait_for(service.stopped.wait(), 5)


async def test_what_changes_something_is_finished_although_the_client_left(
    client: Client, service: Service
) -> None:
    call = client.call("persist")
    await asyncio.wait_for(service.waiting.wait(), 5)
    call.cancel()
    await asyncio.wait_for(service.finished.wait(), 5)


async def test_those_who_wait_are_told_when_the_server_stops(
    client: Client, service: Service, server: RpcServer
) -> None:
    call = client.call("wait")
    await asyncio.wait_for(service.waiting.wait(), 5)
    await server.stop()
    code, _ = await code_and_details(call)
    assert code is grpc.StatusCode.UNAVAILABLE


async def test_a_port_that_is_taken_is_an_error(server: RpcServer, port: int) -> None:
    with pytest.raises(OSError, match="in use"):
        await RpcServer("test", {}).start(port)
