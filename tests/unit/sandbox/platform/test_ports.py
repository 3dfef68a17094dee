"""Ports."""

import socket
from collections.abc import Iterator

import pytest

from sandbox.platform import ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_every_name_gets_a_port_of_its_own() -> None:
    chosen, told = ports.choose({}, {})
    assert set(chosen) == set(ports.NAMES)
    assert len(set(chosen.values())) == len(ports.NAMES)
    assert all(ports.LOWEST <= port <= ports.HIGHEST for port in chosen.values())
    assert told == []


def test_ports_stay_the_same() -> None:
    first, _ = ports.choose({}, {})
    again, told = ports.choose(first, {})
    assert again == first
    assert told == []


def test_a_remembered_port_that_is_taken_is_replaced_and_said_so(taken: int) -> None:
    chosen, told = ports.choose({"app": taken}, {})
    assert chosen["app"] != taken
    assert told == [f"app: port {taken} is taken now, {chosen['app']} is used instead"]


def test_a_port_that_was_asked_for_must_be_free(taken: int) -> None:
    with pytest.raises(ports.PortTaken, match=str(taken)):
        ports.choose({}, {"app": taken})


def test_a_port_that_was_asked_for_is_used() -> None:
    free = ports.choose({}, {})[0]["app"]
    assert ports.choose({"app": 1}, {"app": free})[0]["app"] == free
