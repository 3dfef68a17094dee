"""A tap on the line between the app and a store of ours (Blob, Service Bus): it can stop one request at a moment.

It passes bytes on as they come. A trap waits for a request that holds certain words, and then keeps it from the
store, or lets it through and keeps the answer back, so that a worker can be killed before or after the work.
"""

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

_CHUNK = 65_536
_TAIL = 8_192
_LOOK_EVERY_S = 0.02
_STOP_S = 5.0


@dataclass(eq=False)
class Trap:
    """What to do with the next request whose bytes hold all the words.

    passes: whether the store gets the request. answers: an HTTP status to answer with, 0 to hang up once `released`.
    skip: so many such requests are let through first. times: so many suffer it; None is all that come.
    caught: set when the moment has come: the request was seen, or its answer was there.
    """

    words: tuple[bytes, ...]
    passes: bool
    answers: int = 0
    skip: int = 0
    times: int | None = 1
    caught: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    waiting: list[socket.socket] = field(default_factory=list)

    def still_waits(self) -> bool:
        """Whether a caller is still there, without an answer."""
        return any(not _has_hung_up(caller) for caller in self.waiting)


class Tap:
    """Listens on 127.0.0.1:port and passes on to the store's port, which may be known later."""

    def __init__(self, upstream: Callable[[], int]) -> None:
        self._upstream = upstream
        self._traps: list[Trap] = []
        self._sprung: list[Trap] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, trap: Trap) -> Trap:
        with self._lock:
            self._traps.append(trap)
        return trap

    def clear(self) -> None:
        """Take all traps away and let go whom they hold."""
        with self._lock:
            traps = {*self._traps, *self._sprung}
            self._traps, self._sprung = [], []
        for trap in traps:
            trap.released.set()

    def close(self) -> None:
        self.clear()
        self._listener.close()
        for one in list(self._open):
            _hang_up(one)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        try:
            store = socket.create_connection(("127.0.0.1", self._upstream()), timeout=_STOP_S)
        except OSError:
            _hang_up(caller)
            return
        store.settimeout(None)
        self._open |= {caller, store}
        try:
            # One that was hung up meanwhile cannot be waited for: select calls that a ValueError.
            with contextlib.suppress(OSError, ValueError):
                self._pass_on(caller, store)
        finally:
            self._open -= {caller, store}
            _hang_up(caller)
            _hang_up(store)

    def _pass_on(self, caller: socket.socket, store: socket.socket) -> None:
        """Both ways until one side ends, or a trap takes the connection."""
        said, trap = b"", None
        while True:
            for ready in select.select([caller, store], [], [])[0]:
                chunk = ready.recv(_CHUNK)
                if not chunk:
                    return
                if ready is store:
                    if trap is not None:
                        self._spring(trap, caller)
                        return
                    # What is said after an answer is another request.
                    said = b""
                    caller.sendall(chunk)
                    continue
                said = (said + chunk)[-_TAIL - len(chunk) :]
                if trap is None and (fitting := self._fitting(said)):
                    said = b""
                    trap = self._take(fitting)
                    if trap is not None and not trap.passes:
                        self._spring(trap, caller)
                        return
                store.sendall(chunk)

    def _fitting(self, said: bytes) -> Trap | None:
        with self._lock:
            return next((trap for trap in self._traps if all(word in said for word in trap.words)), None)

    def _take(self, trap: Trap) -> Trap | None:
        """The trap, unless it lets this request through; it is used up by it."""
        with self._lock:
            if trap not in self._traps:
                return None
            if trap.skip:
                trap.skip -= 1
                return None
            self._sprung.append(trap)
            if trap.times is not None:
                trap.times -= 1
                if not trap.times:
                    self._traps.remove(trap)
            return trap

    def _spring(self, trap: Trap, caller: socket.socket) -> None:
        trap.waiting.append(caller)
        trap.caught.set()
        if trap.answers:
            head = f"HTTP/1.1 {trap.answers} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            caller.sendall(head.encode())
            caller.shutdown(socket.SHUT_WR)
            while caller.recv(_CHUNK):
                pass
            return
        while not trap.released.wait(_LOOK_EVERY_S) and not _has_hung_up(caller):
            pass


def _has_hung_up(caller: socket.socket) -> bool:
    """Whether the other side has closed the connection."""
    try:
        readable = select.select([caller], [], [], 0)[0]
        return bool(readable) and not caller.recv(1, socket.MSG_PEEK)
    except (OSError, ValueError):
        return True


def _hang_up(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
