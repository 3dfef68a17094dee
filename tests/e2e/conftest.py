"""A whole platform, started as a person starts it, and a browser."""

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
START_WITHIN_S = 240.0
STOP_WITHIN_S = 30.0
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

type Document = dict[str, Any]


@dataclass
class Running:
    """One `python -m sandbox up --json`. document: what it printed when it was ready."""

    process: subprocess.Popen[str]
    document: Document

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and wait; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(STOP_WITHIN_S)


def sandbox(*arguments: str, state: Path, within_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run a command of the platform to its end."""
    command = [sys.executable, "-m", "sandbox", *arguments, "--state", str(state)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=within_s, check=False)


@contextlib.contextmanager
def running_platform(state: Path, *arguments: str) -> Iterator[Running]:
    """A platform on this folder; stopped afterwards whatever the test did with it."""
    options = ["--json", "--with-parent", "--state", str(state), *arguments]
    command = [sys.executable, "-m", "sandbox", "up", *options]
    with (state.parent / f"{state.name}.stderr").open("a+") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
        )
        try:
            yield Running(process, _first_line(process, said.name))
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(STOP_WITHIN_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()


def _first_line(process: subprocess.Popen[str], said: str) -> Document:
    assert process.stdout is not None
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(
        target=lambda out: lines.put(out.readline()), args=(process.stdout,), daemon=True
    )
    reader.start()
    line = lines.get(timeout=START_WITHIN_S)
    assert line, f"the platform did not start:\n{Path(said).read_text()[-3000:]}"
    document: Document = json.loads(line)
    return document


def processes_of(state: Path) -> dict[int, str]:
    """Command lines of the processes that were started for this state folder, by process id."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(state) in command and int(entry.name) != os.getpid():
                found[int(entry.name)] = command.strip()
    return found


def until(holds: Callable[[], Any], within_s: float = 60.0) -> Any:
    """What `holds` gives once that is true. Fails when it does not become so."""
    end = time.monotonic() + within_s
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {within_s:g} s: last {found!r}"
        time.sleep(0.1)
    return found


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Document]:
    """The document of one platform that the tests of a worker share."""
    with running_platform(tmp_path_factory.mktemp("platform") / "state") as running:
        yield running.document


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium. Skips, in one line, where there is none.

    For one module: while it lives, Playwright's event loop occupies the thread, and no other can run there.
    """
    from playwright.sync_api import Error, sync_playwright

    path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        try:
            started = playwright.chromium.launch(executable_path=path, args=arguments)
        except Error:
            pytest.skip("no Chromium or Chrome: the browser tests are left out (apt-get install chromium)")
        yield started
        started.close()
