"""One child process."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.platform.process import Child, ChildFailed, Spec, describe_end

type Make = Callable[..., Spec]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_child_is_started_when_it_says_it_is_ready(spec: Make, tmp_path: Path) -> None:
    child = Child(spec("one"), tmp_path)
    await child.start()
    try:
        assert child.facts == {"ready": True, "port": 7}
        assert child.pid is not None
        assert is_alive(child.pid)
    finally:
        await child.stop()
    assert child.pid is None


async def test_a_child_that_ends_too_early_is_reported_with_what_it_said(spec: Make, tmp_path: Path) -> None:
    (tmp_path / "one.log").write_text("what an earlier start said\n")
    child = Child(spec("one", "broken"), tmp_path)
    with pytest.raises(ChildFailed) as caught:
        await child.start()
    assert str(caught.value) == "one ended before it was ready (exit status 3)"
    assert caught.value.lines == ["one", "the port is taken"]


async def test_a_child_that_is_never_ready_is_stopped(spec: Make, tmp_path: Path) -> None:
    child = Child(spec("one", "silent"), tmp_path)
    with pytest.raises(ChildFailed, match="not ready within"):
        await child.start(within_s=0.5)
    assert child.pid is None


async def test_a_child_that_ignores_sigterm_is_killed(spec: Make, tmp_path: Path) -> None:
    child = Child(spec("one", "stubborn"), tmp_path)
    await child.start()
    await child.stop(within_s=0.2)
    assert await child.ended() == -9


async def test_a_child_that_prints_much_is_not_blocked(spec: Make, tmp_path: Path) -> None:
    child = Child(spec("one", "chatty"), tmp_path)
    await child.start()
    async with asyncio.timeout(10):
        await child.stop()
    assert await child.ended() == -15


async def test_a_job_is_done_when_it_has_ended_well(spec: Make, tmp_path: Path) -> None:
    await Child(spec("one", "job"), tmp_path).start()
    with pytest.raises(ChildFailed) as caught:
        await Child(spec("two", "bad_job"), tmp_path).start()
    assert caught.value.lines == ["cannot migrate"]


async def test_a_child_ends_when_its_parent_has_gone(spec: Make, tmp_path: Path) -> None:
    child = Child(spec("one"), tmp_path)
    await child.start()
    assert child._process is not None
    assert child._process.stdin is not None
    child._process.stdin.close()
    async with asyncio.timeout(10):
        assert await child.ended() == -15
    await child.stop()


def test_an_end_is_described_in_words() -> None:
    assert describe_end(2) == "exit status 2"
    assert describe_end(-9) == "killed by SIGKILL"
    assert describe_end(-250) == "killed by signal 250"
