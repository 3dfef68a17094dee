"""What these tests turn by hand: the clock, a receiver, and a client that speaks frames without a network."""

import asyncio
import base64
import hashlib
import heapq
import hmac
import itertools
import urllib.parse
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from sandbox.servicebus.amqp import frames
from sandbox.servicebus.amqp.encoding import described
from sandbox.servicebus.amqp.frames import (
    AMQP_HEADER,
    ATTACH,
    BEGIN,
    FLOW,
    OPEN,
    TRANSFER,
    Frame,
    FrameReader,
)
from sandbox.servicebus.amqp.performatives import Performative, parse, performative
from sandbox.servicebus.amqp.types import Described, Symbol, Timestamp, UInt, ULong
from sandbox.servicebus.broker.config import read_config
from sandbox.servicebus.broker.destinations import Destination
from sandbox.servicebus.broker.messages import (
    APPLICATION_PROPERTIES,
    DATA,
    HEADER,
    MESSAGE_ANNOTATIONS,
    PROPERTIES,
    VALUE,
    Entry,
    Message,
    sections,
)
from sandbox.servicebus.broker.namespace import Namespace
from sandbox.servicebus.broker.queues import Queue
from sandbox.servicebus.broker.store import Store
from sandbox.servicebus.broker.turn import Turn
from sandbox.servicebus.protocol.connection import Connection
from sandbox.servicebus.server import Server

START_MS = 1_800_000_000_000
KEY_NAME, KEY = "RootManageSharedAccessKey", "a-key-for-tests"

CONFIG = {
    "UserConfig": {
        "Namespaces": [
            {
                "Name": "tests",
                "Queues": [
                    {"Name": "work", "Properties": {"LockDuration": "PT30S", "MaxDeliveryCount": 3}},
                    {
                        "Name": "once",
                        "Properties": {
                            "RequiresDuplicateDetection": True,
                            "DuplicateDetectionHistoryTimeWindow": "PT1M",
                        },
                    },
                    {"Name": "short", "Properties": {"DefaultMessageTimeToLive": "PT1M"}},
                    {"Name": "mourned", "Properties": {"DeadLetteringOnMessageExpiration": True}},
                ],
                "Topics": [
                    {
                        "Name": "news",
                        "Properties": {"RequiresDuplicateDetection": True},
                        "Subscriptions": [
                            {"Name": "all"},
                            {
                                "Name": "red",
                                "Rules": [
                                    {
                                        "Name": "is-red",
                                        "Properties": {
                                            "FilterType": "Correlation",
                                            "CorrelationFilter": {"Properties": {"colour": "red"}},
                                        },
                                    }
                                ],
                            },
                        ],
                    }
                ],
            }
        ]
    }
}


class FakeTimer:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """Stands still until `advance`; `settle` ends the turn of the event loop."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms
        self._later: list[tuple[float, int, FakeTimer, Callable[[], None]]] = []
        self._soon: list[Callable[[], None]] = []
        self._order = itertools.count()

    def now_ms(self) -> int:
        return self._now_ms

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer()
        due = self._now_ms + max(0.0, delay_s) * 1000
        heapq.heappush(self._later, (due, next(self._order), timer, callback))
        return timer

    def call_soon(self, callback: Callable[[], None]) -> None:
        self._soon.append(callback)

    def settle(self) -> None:
        while self._soon:
            self._soon.pop(0)()

    def advance(self, seconds: float) -> None:
        until = self._now_ms + round(seconds * 1000)
        self.settle()
        while self._later and self._later[0][0] <= until:
            due, _, timer, callback = heapq.heappop(self._later)
            self._now_ms = max(self._now_ms, round(due))
            if not timer.cancelled:
                callback()
                self.settle()
        self._now_ms = until


class FakeConsumer:
    """A receiver with room for `credit` messages."""

    def __init__(self, credit: int = 1000, *, deletes: bool = False) -> None:
        self.credit, self.deletes = credit, deletes
        self.taken: list[Entry] = []

    def can_take(self) -> bool:
        return self.credit > 0

    def take(self, entry: Entry) -> None:
        self.credit -= 1
        self.taken.append(entry)

    @property
    def bodies(self) -> list[bytes]:
        return [body_of(entry.encoded()) for entry in self.taken]

    @property
    def last_token(self) -> uuid.UUID:
        token = self.taken[-1].token
        assert token
        return token


class Broker:
    """A namespace over a file; `restart` throws away what only memory knew, as SIGKILL does."""

    def __init__(self, path: Path, config: Any = CONFIG) -> None:
        self._path, self._config = path, config
        self.failures: list[BaseException] = []
        self._open(FakeClock())

    def _open(self, clock: FakeClock) -> None:
        self.clock = clock
        self.store = Store(self._path)
        turn = Turn(self.store, clock, self.failures.append)
        self.namespace = Namespace(read_config(self._config), self.store, clock, turn)
        clock.settle()

    def restart(self, after_s: float = 0, config: Any = None) -> None:
        self.abandon()
        self._config = config or self._config
        self._open(FakeClock(self.clock.now_ms() + round(after_s * 1000)))

    def abandon(self) -> None:
        """Let go of the file without committing."""
        self.store._db.close()

    def find(self, path: str) -> Destination:
        return self.namespace.find(path)

    def queue(self, path: str) -> Queue:
        queue = self.find(path)
        assert isinstance(queue, Queue)
        return queue

    def send(self, path: str, *bodies: bytes, **parts: Any) -> list[int]:
        numbers = self.find(path).send([Message(encoded(body, **parts)) for body in bodies])
        self.clock.settle()
        return numbers

    def consume(self, path: str, credit: int = 1000, *, deletes: bool = False) -> FakeConsumer:
        consumer = FakeConsumer(credit, deletes=deletes)
        self.queue(path).add_consumer(consumer)
        self.queue(path).pump()
        self.clock.settle()
        return consumer

    def peek(self, path: str) -> list[bytes]:
        return [body_of(content) for content in self.find(path).peek(0, 1000)]


def encoded(
    body: bytes = b"x",
    *,
    message_id: Any = None,
    ttl_ms: int | None = None,
    due_ms: int | None = None,
    properties: dict[str, Any] | None = None,
    system: dict[int, Any] | None = None,
) -> bytes:
    """A message as a client encodes it. system: more of its properties by index."""
    listed = [message_id, *[None] * 12]
    for index, value in (system or {}).items():
        listed[index] = value
    parts = b""
    if ttl_ms:
        parts += described(HEADER, [None, None, UInt(ttl_ms)])
    if due_ms:
        parts += described(MESSAGE_ANNOTATIONS, {Symbol("x-opt-scheduled-enqueue-time"): Timestamp(due_ms)})
    if any(value is not None for value in listed):
        parts += described(PROPERTIES, listed)
    if properties:
        parts += described(APPLICATION_PROPERTIES, properties)
    return parts + described(DATA, body)


def section(content: bytes, code: int) -> Any:
    return next((value for found, _, _, value in sections(content) if found == code), None)


def body_of(content: bytes) -> bytes:
    body = section(content, DATA)
    assert isinstance(body, bytes)
    return body


def application_properties(content: bytes) -> dict[str, Any]:
    return section(content, APPLICATION_PROPERTIES) or {}


def batch(*contents: bytes) -> bytes:
    return b"".join(described(DATA, content) for content in contents)


def token(
    audience: str = "sb://localhost",
    key: str = KEY,
    name: str = KEY_NAME,
    expiry_s: int = START_MS // 1000 + 3600,
) -> str:
    """A shared access signature, made as the SDK makes it."""
    resource = urllib.parse.quote_plus(audience)
    digest = hmac.new(key.encode(), f"{resource}\n{expiry_s}".encode(), hashlib.sha256).digest()
    fields = {"sr": audience, "sig": base64.b64encode(digest).decode(), "se": str(expiry_s), "skn": name}
    return "SharedAccessSignature " + urllib.parse.urlencode(fields)


class FakeTransport:
    def __init__(self) -> None:
        self.written = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.written += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed


class WireClient:
    """Speaks frames to a Connection, one turn at a time. Handles and ids are the test's own."""

    def __init__(self, server: Server, clock: FakeClock) -> None:
        self.server, self.clock = server, clock
        self.connection = Connection(server)
        self.transport = FakeTransport()
        self._reader = FrameReader()
        self._requests = itertools.count(1)
        self.connection.connection_made(cast("asyncio.Transport", self.transport))

    def give(self, data: bytes) -> list[Performative]:
        """Send bytes; the performatives that come back by the end of the turn."""
        self.connection.data_received(data)
        self.clock.settle()
        return self.heard()

    def heard(self) -> list[Performative]:
        return [parse(frame.body) for frame in self.heard_frames() if frame.kind == 0 and frame.body]

    def heard_frames(self) -> list[Frame]:
        written, self.transport.written = self.transport.written, b""
        return list(self._reader.feed(written))

    def stay(self, seconds: float) -> list[Performative]:
        """Let time pass, saying only that one is there; what was heard meanwhile."""
        heard: list[Performative] = []
        until_ms = self.clock.now_ms() + seconds * 1000
        while self.clock.now_ms() < until_ms:
            self.clock.advance(min(200, (until_ms - self.clock.now_ms()) / 1000))
            heard += self.heard()
            if not self.transport.closed:
                heard += self.give(frames.frame(0, b""))
        return heard

    def say(self, code: int, fields: list[Any], payload: bytes = b"", channel: int = 1) -> list[Performative]:
        return self.give(frames.frame(channel, performative(code, fields) + payload))

    def open(self, max_frame: int | None = None, window: int = 5000, idle_ms: int | None = None) -> None:
        """Header, open and begin."""
        self.give(AMQP_HEADER)
        size = None if max_frame is None else UInt(max_frame)
        idle = None if idle_ms is None else UInt(idle_ms)
        self.say(OPEN, ["client", "localhost", size, None, idle], channel=0)
        self.say(BEGIN, [None, UInt(0), UInt(window), UInt(5000)])

    def open_authorized(self, **kwargs: Any) -> "WireClient":
        self.open(**kwargs)
        assert self.put_token(token()) == 202
        return self

    def put_token(self, value: Any, audience: str = "sb://localhost") -> int:
        """The status."""
        options = {"operation": "put-token", "type": "servicebus.windows.net:sastoken", "name": audience}
        return int(self.request("$cbs", options, value, handles=(100, 101))[0])

    def manage(self, entity: str, operation: str, body: Any) -> tuple[int, Any]:
        """(status, value) of a management request."""
        options = {"operation": f"com.microsoft:{operation}"}
        return self.request(f"{entity}/$management", options, body, handles=(102, 103))

    def request(self, address: str, options: Any, body: Any, handles: tuple[int, int]) -> tuple[int, Any]:
        outgoing, incoming = handles
        self.attach_receiver(address, handle=incoming)
        self.credit(10, handle=incoming)
        refused = [
            said for said in self.attach_sender(address, handle=outgoing) if said.code == frames.DETACH
        ]
        assert not refused, refused
        content = (
            described(PROPERTIES, [f"request-{next(self._requests)}", None, None, None, f"me-{incoming}"])
            + described(APPLICATION_PROPERTIES, options)
            + described(VALUE, body)
        )
        answers = self.transfer(content, handle=outgoing)
        answer = next(said for said in answers if said.code == TRANSFER).payload
        self.say(frames.DETACH, [UInt(outgoing), True])
        self.say(frames.DETACH, [UInt(incoming), True])
        return application_properties(answer)["statusCode"], section(answer, VALUE)

    def attach_sender(self, address: str, handle: int = 0) -> list[Performative]:
        target = Described(ULong(frames.TARGET), [address])
        source = Described(ULong(frames.SOURCE), [f"me-{handle}"])
        return self.say(
            ATTACH, [f"sender-{handle}", UInt(handle), False, None, None, source, target, None, None, UInt(0)]
        )

    def attach_receiver(
        self, address: str, handle: int = 1, *, deletes: bool = False, filters: Any = None
    ) -> list[Performative]:
        source = Described(ULong(frames.SOURCE), [address, *[None] * 6, filters])
        target = Described(ULong(frames.TARGET), [f"me-{handle}"])
        settle = UInt(1 if deletes else 0)
        return self.say(ATTACH, [f"receiver-{handle}", UInt(handle), True, settle, UInt(1), source, target])

    def raw_credit(self, credit: int) -> bytes:
        """What comes back on the wire for credit on the receiver."""
        fields = [UInt(0), UInt(5000), UInt(0), UInt(5000), UInt(1), UInt(0), UInt(credit)]
        self.connection.data_received(frames.frame(1, performative(FLOW, fields)))
        self.clock.settle()
        written, self.transport.written = self.transport.written, b""
        return written

    def credit(self, credit: int, handle: int = 1, seen: int = 0, **flags: Any) -> list[Performative]:
        fields = [UInt(flags.get("known", 0)), UInt(flags.get("window", 5000)), UInt(0), UInt(5000)]
        link = [UInt(handle), UInt(seen), UInt(credit), None, flags.get("drain"), flags.get("echo")]
        return self.say(FLOW, fields + link)

    def transfer(
        self, content: bytes, handle: int = 0, delivery: int = 0, message_format: int = 0, **flags: Any
    ) -> list[Performative]:
        fields = [UInt(handle), UInt(delivery), b"tag", UInt(message_format)]
        fields += [flags.get("settled", False), flags.get("more", False), None, flags.get("state")]
        return self.say(TRANSFER, [*fields, None, flags.get("aborted")], content)


def make_server(path: Path, clock: FakeClock, config: Any = CONFIG) -> Server:
    failures: list[BaseException] = []
    return Server(read_config(config), path, {KEY_NAME: KEY}, failures.append, clock)
