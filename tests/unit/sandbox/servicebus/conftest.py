"""A broker on disk, and a client on a wire that is only in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.sandbox.servicebus.fakes import Broker, FakeClock, WireClient, make_server


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path / "servicebus.db")
    yield broker
    broker.abandon()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def stranger(tmp_path: Path, clock: FakeClock) -> Iterator[WireClient]:
    """A client that has said nothing yet."""
    server = make_server(tmp_path / "servicebus.db", clock)
    yield WireClient(server, clock)
    server.store.close()


@pytest.fixture
def client(stranger: WireClient) -> WireClient:
    """A client with a session and a token for everything."""
    return stranger.open_authorized()
