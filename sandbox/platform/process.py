"""One child process: started with pipes, ready when it says so, its stderr in a file of bounded size."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY_WITHIN_S = 45.0
STOP_WITHIN_S = 4.0
_TOLD_LINES = 12


@dataclass(frozen=True)
class Spec:
    """A child as it is to be: its name, how to start it, and which others must be ready before.

    job: runs to its end (exit status 0) instead of staying.
    """

    name: str
    command: Sequence[str]
    needs: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    job: bool = False


class ChildFailed(Exception):
    """A child did not become ready. lines: the last of what it said."""

    def __init__(self, name: str, reason: str, lines: Sequence[str]) -> None:
        super().__init__(f"{name} {reason}")
        self.name, self.reason, self.lines = name, reason, lines


class Child:
    """One child. facts: what its ready line said, {} before. took_s: from its start to that line."""

    def __init__(self, spec: Spec, logs: Path) -> None:
        self.spec, self.log = spec, logs / f"{spec.name}.log"
        self.facts: dict[str, Any] = {}
        self.took_s = 0.0
        self._process: asyncio.subprocess.Process | None = None
        self._drain: asyncio.Task[None] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self, within_s: float = READY_WITHIN_S) -> None:
        """Start it and wait until it is ready; a job until it has ended well. Raises: ChildFailed."""
        began = time.monotonic()
        self.facts = {}
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.spec.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=dict(self.spec.environment),
                # Ctrl-C in a terminal reaches the supervisor alone, which stops its children in order.
                start_new_session=True,
            )
        finally:
            os.close(log)
        try:
            async with asyncio.timeout(within_s):
                await (self._ends_well() if self.spec.job else self._says_ready())
        except TimeoutError:
            await self.stop()
            raise self._failure(f"was not ready within {within_s:g} s") from None
        except BaseException:
            await self.stop()
            raise
        self.took_s = time.monotonic() - began

    async def ended(self) -> int:
        """Wait for its end; its status, negative for a signal."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """SIGTERM, then SIGKILL to it and what it started."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(within_s):
                    await process.wait()
            except TimeoutError:
                self.kill()
                await process.wait()
        if self._drain is not None:
            await self._drain
        if process.stdin is not None:
            process.stdin.close()

    def kill(self) -> None:
        """End it at once."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def last_lines(self) -> list[str]:
        """The last of what it wrote to stderr since it was started last."""
        with contextlib.suppress(OSError), self.log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._log_start if self._log_start <= size else 0, size - 16_384))
            return file.read().decode("utf-8", "replace").splitlines()[-_TOLD_LINES:]
        return []

    async def _says_ready(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            with contextlib.suppress(ValueError):
                facts = json.loads(line)
                if isinstance(facts, dict) and facts.get("ready"):
                    self.facts = facts
                    self._drain = asyncio.create_task(_read_on(self._process.stdout))
                    return
        raise self._failure(f"ended before it was ready ({describe_end(await self._process.wait())})")

    async def _ends_well(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self._drain = asyncio.create_task(_read_on(self._process.stdout))
        status = await self._process.wait()
        if status != 0:
            raise self._failure(f"failed ({describe_end(status)})")

    def _failure(self, reason: str) -> ChildFailed:
        return ChildFailed(self.spec.name, reason, self.last_lines())


async def _read_on(stream: asyncio.StreamReader) -> None:
    """Nobody reads what a child prints after its ready line; it must not block on a full pipe."""
    while await stream.read(65_536):
        pass


def describe_end(status: int) -> str:
    """An exit status in words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
