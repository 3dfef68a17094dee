"""The tap stops the request it is to stop, at the moment it is to stop it, and no other."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.e2e.matrix.tap import Tap, Trap

WITHIN_S = 5.0


class Store:
    """Answers every request with "done <request>"; got: what reached it."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # A thread that waits in accept keeps the listener open until it is shut down.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        try:
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(caller,), daemon=True).start()
        except OSError:
            return

    def _answer(self, caller: socket.socket) -> None:
        with caller:
            try:
                while request := caller.recv(1000):
                    self.got.append(request)
                    caller.sendall(b"done " + request)
            except OSError:
                return


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    store.close()


@pytest.fixture
def tap(store: Store) -> Iterator[Tap]:
    tap = Tap(lambda: store.port)
    yield tap
    tap.close()


@pytest.fixture
def caller(tap: Tap) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", tap.port), timeout=WITHIN_S) as caller:
        yield caller


def asked(caller: socket.socket, request: bytes) -> bytes:
    caller.sendall(request)
    return caller.recv(1000)


def test_what_no_trap_waits_for_passes(tap: Tap, caller: socket.socket) -> None:
    tap.set(Trap((b"PUT",), passes=False))
    assert asked(caller, b"GET 1") == b"done GET 1"
    assert asked(caller, b"GET 2") == b"done GET 2"


def test_a_trap_keeps_a_request_from_the_store_until_it_is_released(
    tap: Tap, store: Store, caller: socket.socket
) -> None:
    trap = tap.set(Trap((b"PUT", b"orders"), passes=False))
    caller.sendall(b"PUT /orders")
    assert trap.caught.wait(WITHIN_S)
    assert trap.still_waits()
    tap.clear()
    assert caller.recv(1000) == b""
    assert store.got == []


def test_a_trap_keeps_back_the_answer_to_a_request_that_was_done(
    tap: Tap, store: Store, caller: socket.socket
) -> None:
    trap = tap.set(Trap((b"PUT",), passes=True))
    caller.sendall(b"PUT /orders")
    assert trap.caught.wait(WITHIN_S)
    assert store.got == [b"PUT /orders"]
    tap.clear()
    assert caller.recv(1000) == b""


def test_who_hangs_up_waits_no_longer(tap: Tap, store: Store) -> None:
    trap = tap.set(Trap((b"PUT",), passes=False))
    with socket.create_connection(("127.0.0.1", tap.port), timeout=WITHIN_S) as caller:
        caller.sendall(b"PUT")
        assert trap.caught.wait(WITHIN_S)
    assert not trap.still_waits()


def test_a_trap_answers_in_the_stores_place_so_many_times(tap: Tap, store: Store) -> None:
    tap.set(Trap((b"PUT",), passes=False, answers=503, times=2))
    answers = []
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", tap.port), timeout=WITHIN_S) as caller:
            answers.append(asked(caller, b"PUT")[:12])
    assert answers == [b"HTTP/1.1 503", b"HTTP/1.1 503", b"done PUT"]
    assert store.got == [b"PUT"]


def test_requests_that_are_skipped_pass_first_also_in_pieces(
    tap: Tap, store: Store, caller: socket.socket
) -> None:
    trap = tap.set(Trap((b"PUT /orders",), passes=True, answers=403, skip=1))
    assert asked(caller, b"PUT /orders") == b"done PUT /orders"
    assert not trap.caught.is_set()
    caller.sendall(b"PUT /or")
    assert caller.recv(1000) == b"done PUT /or"
    assert asked(caller, b"ders") == b"done ders"
    assert asked(caller, b"PUT /orders")[:12] == b"HTTP/1.1 403"
    assert trap.caught.is_set()
