"""One HTTP/2 connection (RFC 9113), the server's side, as an asyncio protocol.

Incoming requests are collected and handed over whole. Outgoing data respects the peer's windows; what does
not fit waits for them. What is sent in one turn of the event loop leaves in one write.
"""

import asyncio
import struct
from collections.abc import Callable

from sandbox.durable.wire import frames as f
from sandbox.durable.wire.hpack import Decoder
from sandbox.durable.wire.huffman import HeaderError

_OUR_FRAME = 2**20
_REFILL = 2**30
_READ_BYTES = 2**16


class Exchange:
    """One stream: a request coming in, and the answer going out. path and body are the request's."""

    __slots__ = ("body", "connection", "ended", "number", "on_reset", "path", "waiting", "window")

    def __init__(self, connection: "Connection", number: int, window: int) -> None:
        self.connection, self.number, self.window = connection, number, window
        self.path = b""
        self.body = bytearray()
        self.waiting: list[tuple[int, bytes]] = []  # (kind and flags, payload) the window has no room for
        self.on_reset: Callable[[], object] | None = None
        self.ended = False

    def headers(self, block: bytes, *, last: bool = False) -> None:
        """Send a header block."""
        self._send(f.HEADERS, f.END_HEADERS | (f.END_STREAM if last else 0), block)

    def data(self, payload: bytes) -> None:
        """Send data, in frames no larger than the peer takes."""
        size = self.connection.peer_frame
        if len(payload) <= size:
            self._send(f.DATA, 0, payload)
        else:
            for at in range(0, len(payload), size):
                self._send(f.DATA, 0, payload[at : at + size])

    def _send(self, kind: int, flags: int, payload: bytes) -> None:
        if self.ended:
            return
        self.waiting.append((kind << 8 | flags, payload))
        if len(self.waiting) == 1:
            self.connection.advance(self)


class Connection(asyncio.BufferedProtocol):
    """on_request: called with each complete request; on_read: after all that one read brought.

    on_close: called once, at the end.
    """

    def __init__(
        self,
        on_request: Callable[[Exchange], None],
        on_read: Callable[[], None],
        on_close: Callable[["Connection"], None],
    ) -> None:
        self._on_request, self._on_read, self._on_close = on_request, on_read, on_close
        self._arrived = memoryview(bytearray(_READ_BYTES))
        self._buffer = bytearray()
        self._greeted = False
        self._decoder = Decoder()
        self._exchanges: dict[int, Exchange] = {}
        self._block: tuple[int, int, bytes] | None = None  # a header block to be continued
        self._last_stream = 0
        self._window, self._stream_window, self.peer_frame = f.FIRST_WINDOW, f.FIRST_WINDOW, f.FIRST_FRAME
        self._received = 0
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    # The transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        settings = struct.pack(">HLHL", f.SET_INITIAL_WINDOW, f.LARGEST_WINDOW, f.SET_MAX_FRAME, _OUR_FRAME)
        grant = struct.pack(">L", f.LARGEST_WINDOW - f.FIRST_WINDOW)
        self.write(f.frame(f.SETTINGS, 0, 0, settings) + f.frame(f.WINDOW_UPDATE, 0, 0, grant))

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._arrived

    def buffer_updated(self, nbytes: int) -> None:
        self._buffer += self._arrived[:nbytes]
        try:
            self._read()
            self._on_read()
        except HeaderError as error:
            self._fail(f.COMPRESSION_ERROR, str(error))
        except f.ProtocolError as error:
            self._fail(error.code, str(error))

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        for exchange in list(self._exchanges.values()):
            self._reset(exchange)
        self._on_close(self)

    def write(self, data: bytes) -> None:
        """Send bytes at the end of this turn of the loop."""
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(data)

    def close(self) -> None:
        """Take no more requests; what has been answered is still sent."""
        if self._transport is not None:
            self.write(f.frame(f.GOAWAY, 0, 0, struct.pack(">LL", self._last_stream, 0)))
            self._flush()
            self._transport.close()

    def _flush(self) -> None:
        if self._transport is not None and self._out:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def _fail(self, code: int, message: str) -> None:
        if self._transport is not None:
            self._out.append(
                f.frame(f.GOAWAY, 0, 0, struct.pack(">LL", self._last_stream, code) + message.encode())
            )
            self._flush()
            self._transport.close()
        self._buffer.clear()

    # Frames in

    def _read(self) -> None:
        buffer, at = self._buffer, 0
        if not self._greeted:
            if not f.PREFACE.startswith(bytes(buffer[: len(f.PREFACE)])):
                raise f.ProtocolError("this is not HTTP/2")
            if len(buffer) < len(f.PREFACE):
                return
            self._greeted, at = True, len(f.PREFACE)
        while len(buffer) - at >= 9:
            high, low, kind, flags, stream = f.HEADER.unpack_from(buffer, at)
            size = high << 8 | low
            if size > _OUR_FRAME:
                raise f.ProtocolError("a frame is larger than allowed", f.FRAME_SIZE_ERROR)
            if len(buffer) - at - 9 < size:
                break
            at += 9
            self._take(kind, flags, stream & f.LARGEST_WINDOW, bytes(buffer[at : at + size]))
            at += size
        if at:
            del buffer[:at]

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if self._block is not None and (kind != f.CONTINUATION or stream != self._block[0]):
            raise f.ProtocolError("a header block is interrupted")
        if kind == f.DATA:
            self._take_data(flags, stream, payload)
        elif kind == f.HEADERS:
            payload = f.unpadded(flags, payload)
            self._take_block(flags, stream, flags, payload[5:] if flags & f.PRIORITY else payload)
        elif kind == f.CONTINUATION:
            if self._block is None:
                raise f.ProtocolError("nothing is to be continued")
            _, first_flags, begun = self._block
            self._block = None
            self._take_block(flags, stream, first_flags, begun + payload)
        elif kind == f.RST_STREAM:
            exchange = self._exchanges.get(stream)
            if exchange is not None:
                self._reset(exchange)
        elif kind == f.SETTINGS:
            if not flags & f.ACK:
                self._take_settings(payload)
        elif kind == f.PING:
            if not flags & f.ACK:
                self.write(f.frame(f.PING, f.ACK, 0, payload))
        elif kind == f.WINDOW_UPDATE:
            self._take_window(stream, payload)

    def _take_block(self, flags: int, stream: int, first_flags: int, block: bytes) -> None:
        if not flags & f.END_HEADERS:
            if len(block) > _OUR_FRAME:
                raise f.ProtocolError("a header block is too large")
            self._block = (stream, first_flags, block)
            return
        headers = self._decoder.decode(block)
        exchange = self._exchanges.get(stream)
        if exchange is None:
            if stream <= self._last_stream or not stream & 1:
                return  # the trailers of what has been reset
            self._last_stream = stream
            exchange = self._exchanges[stream] = Exchange(self, stream, self._stream_window)
            exchange.path = headers.get(b":path", b"")
        if first_flags & f.END_STREAM:
            self._on_request(exchange)

    def _take_data(self, flags: int, stream: int, payload: bytes) -> None:
        self._received += len(payload)
        if self._received >= _REFILL:
            self.write(f.frame(f.WINDOW_UPDATE, 0, 0, struct.pack(">L", self._received)))
            self._received = 0
        exchange = self._exchanges.get(stream)
        if exchange is None:
            return
        exchange.body += f.unpadded(flags, payload)
        if flags & f.END_STREAM:
            self._on_request(exchange)

    def _take_settings(self, payload: bytes) -> None:
        if len(payload) % 6:
            raise f.ProtocolError("a setting is cut short", f.FRAME_SIZE_ERROR)
        for identifier, value in struct.iter_unpack(">HL", payload):
            if identifier == f.SET_INITIAL_WINDOW:
                change, self._stream_window = value - self._stream_window, value
                for exchange in self._exchanges.values():
                    exchange.window += change
            elif identifier == f.SET_MAX_FRAME:
                self.peer_frame = value
        self.write(f.frame(f.SETTINGS, f.ACK, 0, b""))
        self._advance_all()

    def _take_window(self, stream: int, payload: bytes) -> None:
        grant = int.from_bytes(payload) & f.LARGEST_WINDOW
        if stream == 0:
            self._window += grant
            if self._window > f.LARGEST_WINDOW:
                raise f.ProtocolError("the window is too large", f.FLOW_CONTROL_ERROR)
            self._advance_all()
        elif stream in self._exchanges:
            exchange = self._exchanges[stream]
            exchange.window += grant
            self.advance(exchange)

    def _reset(self, exchange: Exchange) -> None:
        exchange.ended = True
        exchange.waiting.clear()
        self._exchanges.pop(exchange.number, None)
        if exchange.on_reset is not None:
            exchange.on_reset()

    # Frames out

    def advance(self, exchange: Exchange) -> None:
        """Send what an exchange has waiting, as far as the windows allow."""
        waiting = exchange.waiting
        while waiting:
            what, payload = waiting[0]
            if what >> 8 == f.DATA:
                room = min(exchange.window, self._window)
                if len(payload) > room:
                    if room > 0:
                        self._emit(exchange, what, payload[:room])
                        waiting[0] = (what, payload[room:])
                    return
            waiting.pop(0)
            self._emit(exchange, what, payload)

    def _emit(self, exchange: Exchange, what: int, payload: bytes) -> None:
        kind, flags = what >> 8, what & 0xFF
        if kind == f.DATA:
            exchange.window -= len(payload)
            self._window -= len(payload)
        self.write(f.frame(kind, flags, exchange.number, payload))
        if flags & f.END_STREAM:
            exchange.ended = True
            self._exchanges.pop(exchange.number, None)

    def _advance_all(self) -> None:
        for exchange in list(self._exchanges.values()):
            if exchange.waiting:
                self.advance(exchange)
