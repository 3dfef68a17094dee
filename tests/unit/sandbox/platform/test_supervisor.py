"""Children started, kept and stopped together."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.platform import supervisor as supervisor_module
from sandbox.platform.process import ChildFailed, Spec
from sandbox.platform.supervisor import Supervisor

type Make = Callable[..., Spec]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():  # noqa: ASYNC110  # other processes' doings have no event
            await asyncio.sleep(0.02)


async def test_a_child_starts_after_those_it_needs(spec: Make, tmp_path: Path) -> None:
    said: list[str] = []
    specs = [spec("last", needs=("middle",)), spec("middle", "job", needs=("first",)), spec("first")]
    supervisor = Supervisor(specs, tmp_path, said.append)
    await supervisor.start()
    await supervisor.stop()
    assert [line.split()[0] for line in said] == ["first", "middle", "last"]


async def test_one_failure_stops_everything_and_names_the_child(spec: Make, tmp_path: Path) -> None:
    supervisor = Supervisor(
        [spec("good"), spec("bad", "broken"), spec("late", needs=("bad",))], tmp_path, print
    )
    with pytest.raises(ChildFailed) as caught:
        await supervisor.start()
    assert caught.value.name == "bad"
    assert [child.pid for child in supervisor.children.values()] == [None, None, None]


async def test_a_child_that_dies_is_started_again_and_said_so(spec: Make, tmp_path: Path) -> None:
    said: list[str] = []
    changes: list[int | None] = []
    supervisor = Supervisor([spec("one")], tmp_path, said.append, lambda: changes.append(child.pid))
    child = supervisor.children["one"]
    await supervisor.start()
    try:
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.restarts["one"] == 1)
        assert child.pid not in (None, first)
        assert changes[-1] == child.pid
        assert any("has ended (killed by SIGKILL)" in line for line in said)
        assert "runs again" in said[-1]
    finally:
        await supervisor.stop()


async def test_pauses_between_restarts_grow(
    spec: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "FIRST_PAUSE_S", 0.01)
    said: list[str] = []
    supervisor = Supervisor([spec("one")], tmp_path, said.append)
    await supervisor.start()
    child = supervisor.children["one"]
    child.spec = spec("one", "broken")
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    await until(lambda: len(said) >= 4)
    await supervisor.stop()
    assert [line.rpartition(" in ")[2] for line in said[1:4]] == ["0.01 s", "0.02 s", "0.04 s"]


async def test_children_stop_before_those_they_need(spec: Make, tmp_path: Path) -> None:
    note = tmp_path / "order"
    chain = (("store", ()), ("host", ("store",)), ("page", ("host",)))
    specs = [spec(name, "noting", needs, (str(note), name)) for name, needs in chain]
    supervisor = Supervisor(specs, tmp_path, print)
    await supervisor.start()
    await supervisor.stop()
    assert note.read_text().split() == ["page", "host", "store"]


async def test_a_start_that_is_cancelled_leaves_nothing(spec: Make, tmp_path: Path) -> None:
    supervisor = Supervisor([spec("good"), spec("slow", "silent")], tmp_path, print)
    starting = asyncio.create_task(supervisor.start())
    await until(lambda: bool(supervisor.children["good"].facts and supervisor.children["slow"].pid))
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert [child.pid for child in supervisor.children.values()] == [None, None]
