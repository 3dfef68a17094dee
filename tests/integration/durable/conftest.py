"""A backend for all tests of a process, and one for a test that breaks it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.durable.harness import App, Backend, wait_for_workers


@pytest.fixture(scope="session")
def shared_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """A backend nobody harms."""
    backend = Backend(tmp_path_factory.mktemp("durable") / "hub.db", "--log-level", "WARNING")
    yield backend
    wait_for_workers()
    assert backend.stop() == 0


@pytest.fixture
def app(shared_backend: Backend) -> Iterator[App]:
    """A client and a worker of the shared backend."""
    app = App(shared_backend.address)
    yield app
    app.close()


@pytest.fixture
def start_backend(tmp_path: Path) -> Iterator[Callable[..., Backend]]:
    """Starts backends of the test's own, with options."""
    started: list[Backend] = []

    def start(*options: object) -> Backend:
        started.append(Backend(tmp_path / "hub.db", *options))
        return started[-1]

    yield start
    for backend in started:
        backend.close()
