"""A connection, frame by frame."""

import asyncio
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.durable.wire import frames as f
from sandbox.durable.wire.hpack import encode
from sandbox.durable.wire.http2 import Connection, Exchange

BLOCK = encode([(b":method", b"POST"), (b":path", b"/s/m")])
GOAWAY = f.GOAWAY


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.closed = bytearray(), False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def frames(self) -> list[tuple[int, int, int, bytes]]:
        """What was written since the last look: type, flags, stream, payload."""
        found, at = [], 0
        while at < len(self.written):
            high, low, kind, flags, stream = f.HEADER.unpack_from(self.written, at)
            end = at + 9 + (high << 8 | low)
            found.append((kind, flags, stream, bytes(self.written[at + 9 : end])))
            at = end
        self.written.clear()
        return found


class Peer:
    """The other side of a connection."""

    def __init__(self) -> None:
        self.requests: list[Exchange] = []
        self.transport = Transport()
        self.connection = Connection(self.requests.append, lambda: None, lambda _: None)
        self.connection.connection_made(self.transport)

    def receive(self, data: bytes) -> None:
        """Let the connection read those bytes."""
        while data:
            buffer = self.connection.get_buffer(len(data))
            size = min(len(buffer), len(data))
            buffer[:size] = data[:size]
            self.connection.buffer_updated(size)
            data = data[size:]

    def greet(self) -> None:
        self.receive(f.PREFACE + f.frame(f.SETTINGS, 0, 0, b""))

    def send(self, kind: int, flags: int, stream: int, payload: bytes = b"") -> None:
        self.receive(f.frame(kind, flags, stream, payload))

    def ask(self, stream: int = 1, body: bytes = b"hello") -> Exchange:
        self.send(f.HEADERS, f.END_HEADERS, stream, BLOCK)
        self.send(f.DATA, f.END_STREAM, stream, body)
        return self.requests[-1]

    async def got(self) -> list[tuple[int, int, int, bytes]]:
        await asyncio.sleep(0)
        return self.transport.frames()


@pytest.fixture
async def peer() -> Peer:
    peer = Peer()
    peer.greet()
    await peer.got()
    return peer


async def test_a_greeting_in_pieces_is_answered_with_settings() -> None:
    peer = Peer()
    for byte in f.PREFACE + f.frame(f.SETTINGS, 0, 0, b""):
        peer.receive(bytes([byte]))
    kinds = [(kind, flags) for kind, flags, _, _ in await peer.got()]
    assert kinds == [(f.SETTINGS, 0), (f.WINDOW_UPDATE, 0), (f.SETTINGS, f.ACK)]


async def test_what_is_not_http2_is_sent_away() -> None:
    peer = Peer()
    peer.receive(b"GET / HTTP/1.1\r\n\r\n")
    assert (await peer.got())[-1][0] == GOAWAY
    assert peer.transport.closed


async def test_a_request_is_handed_over_whole(peer: Peer) -> None:
    peer.send(f.HEADERS, 0, 1, BLOCK[:5])
    peer.send(f.CONTINUATION, f.END_HEADERS, 1, BLOCK[5:])
    peer.send(f.DATA, f.PADDED, 1, b"\x02he\0\0")
    assert peer.requests == []
    peer.send(f.DATA, f.END_STREAM, 1, b"llo")
    (request,) = peer.requests
    assert (request.path, bytes(request.body)) == (b"/s/m", b"hello")


async def test_a_ping_is_answered(peer: Peer) -> None:
    peer.send(f.PING, 0, 0, b"12345678")
    assert await peer.got() == [(f.PING, f.ACK, 0, b"12345678")]


async def test_data_waits_for_room_in_both_windows_and_leaves_in_order(peer: Peer) -> None:
    exchange = peer.ask()
    exchange.headers(b"\x88")
    exchange.data(b"x" * 100_000)
    exchange.headers(b"\x88", last=True)
    sent = await peer.got()
    assert sum(len(payload) for kind, _, _, payload in sent if kind == f.DATA) == f.FIRST_WINDOW
    peer.send(f.WINDOW_UPDATE, 0, 0, struct.pack(">L", 100_000))
    assert await peer.got() == []
    peer.send(f.WINDOW_UPDATE, 0, 1, struct.pack(">L", 100_000))
    sent = await peer.got()
    assert sum(len(payload) for kind, _, _, payload in sent if kind == f.DATA) == 100_000 - f.FIRST_WINDOW
    assert sent[-1][:2] == (f.HEADERS, f.END_HEADERS | f.END_STREAM)


async def test_no_frame_is_larger_than_the_peer_takes(peer: Peer) -> None:
    exchange = peer.ask()
    exchange.data(b"x" * 40_000)
    assert max(len(payload) for _, _, _, payload in await peer.got()) == f.FIRST_FRAME


async def test_a_larger_window_for_all_streams_moves_what_waits(peer: Peer) -> None:
    exchange = peer.ask()
    exchange.data(b"x" * 70_000)
    await peer.got()
    peer.send(f.WINDOW_UPDATE, 0, 0, struct.pack(">L", 100_000))
    peer.send(f.SETTINGS, 0, 0, struct.pack(">HL", f.SET_INITIAL_WINDOW, 80_000))
    assert sum(len(payload) for kind, _, _, payload in await peer.got() if kind == f.DATA) == 70_000 - 65_535


async def test_a_stream_that_waits_does_not_hold_up_another(peer: Peer) -> None:
    peer.send(f.WINDOW_UPDATE, 0, 0, struct.pack(">L", 1_000_000))
    peer.ask(1).data(b"x" * 100_000)
    await peer.got()
    peer.ask(3).data(b"quick")
    assert [(stream, payload) for _, _, stream, payload in await peer.got()] == [(3, b"quick")]


async def test_a_reset_stops_the_answer_and_is_told(peer: Peer) -> None:
    exchange = peer.ask()
    told: list[str] = []
    exchange.on_reset = lambda: told.append("reset")
    peer.send(f.RST_STREAM, 0, 1, b"\0\0\0\x08")
    exchange.data(b"too late")
    assert told == ["reset"]
    assert await peer.got() == []


async def test_a_lost_connection_resets_what_is_open(peer: Peer) -> None:
    exchange = peer.ask()
    told: list[str] = []
    exchange.on_reset = lambda: told.append("reset")
    peer.connection.connection_lost(None)
    assert told == ["reset"]


@pytest.mark.parametrize(
    ("kind", "flags", "stream", "payload"),
    [
        (f.HEADERS, f.END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff\xff"),
        (f.CONTINUATION, f.END_HEADERS, 1, BLOCK),
        (f.HEADERS, f.END_HEADERS | f.PADDED, 1, b"\xff"),
        (f.WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"),
        (f.SETTINGS, 0, 0, b"\0\0\0"),
    ],
    ids=["headers", "continuation", "padding", "window", "settings"],
)
async def test_a_malformed_frame_ends_the_connection(
    peer: Peer, kind: int, flags: int, stream: int, payload: bytes
) -> None:
    peer.send(kind, flags, stream, payload)
    assert (await peer.got())[-1][0] == GOAWAY
    assert peer.transport.closed


async def test_an_interrupted_header_block_ends_the_connection(peer: Peer) -> None:
    peer.send(f.HEADERS, 0, 1, BLOCK)
    peer.send(f.PING, 0, 0, b"12345678")
    assert peer.transport.closed


async def test_a_frame_that_is_too_large_ends_the_connection(peer: Peer) -> None:
    peer.receive(b"\xff\xff\xff\0\0\0\0\0\x01")
    assert peer.transport.closed


@given(
    st.lists(st.tuples(st.integers(0, 10), st.integers(0, 255), st.integers(0, 9), st.binary(max_size=30)))
)
def test_no_sequence_of_frames_raises(sent: list[tuple[int, int, int, bytes]]) -> None:
    async def play() -> None:
        peer = Peer()
        peer.greet()
        for kind, flags, stream, payload in sent:
            peer.send(kind, flags, stream, payload)

    asyncio.run(play())
