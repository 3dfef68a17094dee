"""The vendors as a process: ready line, sudden death, clean end."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.sandbox.vendors.rig import DEADLINE_S

ROOT = Path(__file__).parents[4]
NAMES = {
    "dynatrace",
    "servicenow",
    "azure_devops",
    "github",
    "teams",
    "openai",
    "entra",
    "app_configuration",
}


async def used_up(process: "Process") -> None:
    """Until entra's fault hit a request."""
    until = time.monotonic() + DEADLINE_S
    while time.monotonic() < until:
        if not process.control("entra", "GET", "/faults"):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("no request came")


class Process:
    """`python -m sandbox.vendors` on one state file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._child: subprocess.Popen[str] | None = None
        self.urls: dict[str, str] = {}
        self.http = httpx.Client(verify=False, trust_env=False)

    def start(self, *more: str) -> dict[str, Any]:
        files = ["--state", str(self.folder / "v.db"), "--secrets", str(self.folder / "s.json")]
        self._child = subprocess.Popen(
            [sys.executable, "-m", "sandbox.vendors", *files, *more],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._child.stdout
        ready: dict[str, Any] = json.loads(self._child.stdout.readline())
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in ready["ports"].items()}
        return ready

    def end(self, number: int) -> int:
        assert self._child
        if self._child.poll() is None:
            os.kill(self._child.pid, number)
        code = self._child.wait(DEADLINE_S)
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe
            pipe.close()
        return code

    def close_stdin(self) -> int:
        assert self._child
        assert self._child.stdin
        self._child.stdin.close()
        return self._child.wait(DEADLINE_S)

    def control(self, vendor: str, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"{self.urls[vendor]}/_sandbox{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    yield process
    process.end(signal.SIGKILL)
    process.http.close()


def test_the_ready_line_names_a_port_for_each_vendor_the_wanted_one_where_one_is(process: Process) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    ready = process.start("--ports", json.dumps({"entra": port}))

    assert ready["ready"] is True
    assert set(ready["ports"]) == NAMES
    assert len(set(ready["ports"].values())) == len(NAMES)
    assert ready["ports"]["entra"] == port


def test_a_run_under_way_at_sudden_death_ends_with_its_consequences_after_the_restart(
    process: Process,
) -> None:
    process.start()
    entity = process.control("dynatrace", "POST", "/entities", {"name": "checkout"})["entityId"]
    problem = {"title": "Failure rate increase", "service_entity_id": entity}
    problem_id = process.control("dynatrace", "POST", "/problems", problem)["problemId"]
    pipeline = process.control("azure_devops", "POST", "/pipelines", {"project": "shop", "name": "deploy"})[
        "id"
    ]
    run = process.control("azure_devops", "POST", "/runs", {"pipeline_id": pipeline})
    consequence = {"pipeline_id": pipeline, "resolves_problem": problem_id, "heals_service": entity}
    process.control("azure_devops", "PUT", "/consequences", [consequence])
    process.control("azure_devops", "PUT", "/config", {"run_seconds": 1.0})
    started = process.http.post(
        f"{process.urls['azure_devops']}/contoso/shop/_apis/pipelines/{pipeline}/runs?api-version=7.1",
        json={"resources": {"repositories": {"self": {"version": run["version"]}}}},
        auth=("", json.loads((process.folder / "s.json").read_text())["azure_devops"]["token"]),
    )
    assert started.json()["state"] == "inProgress"

    process.end(signal.SIGKILL)
    process.start()

    until = time.monotonic() + DEADLINE_S
    status = "OPEN"
    while status == "OPEN" and time.monotonic() < until:
        time.sleep(0.05)
        (found,) = process.control("dynatrace", "GET", "/state")["problem"]
        status = found["status"]
    assert status == "CLOSED"
    (window,) = process.control("dynatrace", "GET", "/state")["window"]
    assert window["to_ms"] >= window["from_ms"]


def test_sigterm_ends_it_within_two_seconds_while_a_request_hangs(process: Process) -> None:
    process.start()
    process.control("entra", "PUT", "/faults", [{"kind": "latency", "seconds": 60, "times": 1}])

    async def hang() -> float:
        async with httpx.AsyncClient(trust_env=False, verify=False) as http:
            hanging = asyncio.create_task(http.get(f"{process.urls['entra']}/t/discovery/v2.0/keys"))
            await used_up(process)
            began = time.monotonic()
            assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0
            took_s = time.monotonic() - began
            with pytest.raises(httpx.TransportError):
                await hanging
            return took_s

    assert asyncio.run(hang()) < 2.0


def test_it_ends_when_its_parent_goes(process: Process) -> None:
    process.start()

    assert process.close_stdin() == 0


def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = json.dumps({"teams": taken.getsockname()[1]})
        ended = subprocess.run(
            [sys.executable, "-m", "sandbox.vendors", "--state", str(tmp_path / "v.db"), "--ports", ports],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    assert ended.returncode == 1
    assert ended.stderr.startswith("sandbox.vendors cannot listen")
    assert len(ended.stderr.splitlines()) == 1
