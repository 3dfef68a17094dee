"""gRPC calls over HTTP/2 connections: a request message in, answer messages out, a status at the end.

A method is a coroutine function of (request, call). It answers a message; or it sends messages with call.send
and answers None. What it raises becomes the status: Refused its own code, anything else UNKNOWN, logged.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import grpc
from google.protobuf.message import DecodeError, Message

from sandbox.durable.commits import Refused
from sandbox.durable.wire.hpack import encode
from sandbox.durable.wire.http2 import Connection, Exchange

_log = logging.getLogger("durable")
_PREFIX = 5  # a flag and the length before each message
_BEGIN = encode([(b":status", b"200"), (b"content-type", b"application/grpc")])
_OK = encode([(b"grpc-status", b"0")])


@dataclass(frozen=True, slots=True)
class Method:
    """How a request is decoded and what runs for it. What is begun is finished, client or not, unless
    stops_with_client."""

    decode: Callable[[bytes], Any]
    run: Callable[[Any, "Call"], Awaitable[Message | None]]
    stops_with_client: bool = False


class Call:
    """One call, towards its client."""

    __slots__ = ("_begun", "_exchange")

    def __init__(self, exchange: Exchange) -> None:
        self._exchange, self._begun = exchange, False

    def send(self, message: bytes) -> None:
        """Send one message, encoded."""
        if not self._begun:
            self._begun = True
            self._exchange.headers(_BEGIN)
        self._exchange.data(b"\0" + len(message).to_bytes(4) + message)

    def end(self, code: grpc.StatusCode = grpc.StatusCode.OK, message: str = "") -> None:
        """End the call."""
        if code is grpc.StatusCode.OK and self._begun:
            self._exchange.headers(_OK, last=True)
            return
        number: int = code.value[0]
        status = encode(
            [(b"grpc-status", b"%d" % number), (b"grpc-message", quote(message, safe=" ,.:;'()/").encode())]
        )
        self._exchange.headers(status if self._begun else _BEGIN + status, last=True)


class RpcServer:
    """Serves one gRPC service on 127.0.0.1. methods: by name.

    on_read: called when all requests that arrived together have begun.
    """

    def __init__(
        self, service: str, methods: dict[str, Method], on_read: Callable[[], None] = lambda: None
    ) -> None:
        self._on_read = on_read
        self._methods = {f"/{service}/{name}".encode(): method for name, method in methods.items()}
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Listen; port 0: any free one; answers the one taken. Raises: OSError, it is in use."""
        self._server = await asyncio.get_running_loop().create_server(self._connect, "127.0.0.1", port)
        taken: int = self._server.sockets[0].getsockname()[1]
        return taken

    async def stop(self) -> None:
        """End all calls and close all connections."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self._connections):
            connection.close()
        await asyncio.sleep(0)

    def _connect(self) -> Connection:
        connection = Connection(self._begin, self._on_read, self._connections.discard)
        self._connections.add(connection)
        return connection

    def _begin(self, exchange: Exchange) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(exchange))
        if not task.done():
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            method = self._methods.get(exchange.path)
            if method is not None and method.stops_with_client:
                exchange.on_reset = task.cancel

    async def _serve(self, exchange: Exchange) -> None:
        call = Call(exchange)
        try:
            method = self._methods.get(exchange.path)
            if method is None:
                raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"There is no method {exchange.path.decode()}.")
            answer = await method.run(_request(method, exchange.body), call)
        except Refused as refused:
            call.end(refused.code, str(refused))
        except asyncio.CancelledError:
            call.end(grpc.StatusCode.UNAVAILABLE, "The backend is stopping.")
        except Exception as error:
            _log.exception("%s failed", exchange.path.decode())
            call.end(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")
        else:
            if answer is not None:
                call.send(answer.SerializeToString())
            call.end()


def _request(method: Method, body: bytearray) -> Any:
    if len(body) < _PREFIX or int.from_bytes(body[1:_PREFIX]) != len(body) - _PREFIX:
        raise Refused(grpc.StatusCode.INTERNAL, "The call has not exactly one request message.")
    if body[0]:
        raise Refused(grpc.StatusCode.UNIMPLEMENTED, "Compressed messages are not taken.")
    try:
        return method.decode(bytes(body[_PREFIX:]))
    except DecodeError:
        raise Refused(grpc.StatusCode.INTERNAL, "The request message cannot be decoded.") from None
