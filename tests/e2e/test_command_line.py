"""`python -m sandbox` from outside: starts, refusals, stops, restarts."""

import asyncio
import json
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.demo.stage import Stage, operation_of
from sandbox.platform.ports import NAMES
from sandbox.platform.story import world
from sandbox.vendors.names import NAMES as VENDORS
from tests.e2e.conftest import ROOT, Document, processes_of, running_platform, sandbox, until

pytestmark = pytest.mark.timeout(500)


@dataclass
class Lives:
    """What was seen of one platform: started, restarted, its supervisor killed in the end."""

    first: Document
    second: Document
    starts_s: list[float] = field(default_factory=list)
    operation_id: str = ""
    commands: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    stopped: dict[str, Any] = field(default_factory=dict)
    waiting_before: dict[str, Any] = field(default_factory=dict)
    waiting_after: dict[str, Any] = field(default_factory=dict)
    queued: list[int] = field(default_factory=list)
    ended: dict[str, Any] = field(default_factory=dict)
    left_after_sigterm: dict[int, str] = field(default_factory=dict)
    left_after_sigkill: dict[int, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Lives:
    state = tmp_path_factory.mktemp("lives") / "state"
    seen = Lives({}, {})
    with running_platform(state) as running:
        seen.first = running.document
        seen.starts_s.append(running.document["started_in_s"])
        seen.answers = asyncio.run(_answers(running.document))
        seen.commands["status"] = sandbox("status", "--json", state=state)
        seen.commands["status in words"] = sandbox("status", state=state)
        seen.commands["second up"] = sandbox("up", state=state)
        seen.commands["reset"] = sandbox("reset", state=state)
        seen.commands["fault"] = sandbox(
            "fault", "teams", "post_card", "status", "--status", "429", "--retry-after", "2", "--times", "3",
            state=state,
        )  # fmt: skip
        seen.commands["fault --list"] = sandbox("fault", "--list", state=state)
        seen.commands["fault wrong"] = sandbox("fault", "teams", "brew_coffee", "drop", state=state)
        seen.commands["fault --clear"] = sandbox("fault", "--clear", state=state)
        asyncio.run(_leave_work_undone(running.document, seen))
        began = time.monotonic()
        status = running.stop(signal.SIGINT)
        seen.stopped = {"status": status, "within_s": time.monotonic() - began}
    seen.left_after_sigterm = processes_of(state)
    seen.commands["status when stopped"] = sandbox("status", state=state)
    with running_platform(state) as running:
        seen.second = running.document
        seen.starts_s.append(running.document["started_in_s"])
        asyncio.run(_finish(running.document, seen))
        running.process.kill()
        running.process.wait()
        until(lambda: not processes_of(state), 20)
        seen.left_after_sigkill = processes_of(state)
    seen.commands["reset when stopped"] = sandbox("reset", state=state)
    seen.commands["left"] = sorted(path.name for path in state.iterdir())
    return seen


async def _answers(document: Document) -> dict[str, int]:
    """What each address says to somebody with the right key."""
    app, vendors = document["app"], document["vendors"]
    key = {"x-functions-key": app["master_key"]}
    asked = {
        "console": (document["console"]["url"], {}),
        "health": (f"{app['url']}/api/health", {}),
        "openapi": (f"{app['url']}/api/openapi.json", {}),
        "admin": (f"{app['url']}/admin/functions", key),
        "stats": (document["servicebus"]["stats_url"], {}),
        "warehouse": (f"{document['warehouse']['url']}/_sandbox/tables", {}),
        "issuer": (f"{vendors['entra']['issuer']}/.well-known/openid-configuration", {}),
        "openai": (
            f"{vendors['openai']['base_url']}models",
            {"Authorization": f"Bearer {vendors['openai']['api_key']}"},
        ),
        "dynatrace": (
            f"{vendors['dynatrace']['url']}/api/v2/problems",
            {"Authorization": f"Api-Token {vendors['dynatrace']['token']}"},
        ),
        **{name: (f"{vendors[name]['url']}/_sandbox/operations", {}) for name in VENDORS},
    }
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        answers = await asyncio.gather(*(http.get(url, headers=headers) for url, headers in asked.values()))
    return {name: answer.status_code for name, answer in zip(asked, answers, strict=True)}


async def _leave_work_undone(document: Document, seen: Lives) -> None:
    """An operation that waits for a person, and a message that nobody receives."""
    async with world(document) as stands_on:
        stage = Stage(stands_on, print)
        problem_id = await stage.open_problem("Failure rate increase")
        seen.operation_id = operation_of(problem_id)
        seen.waiting_before = await stage.decision_wanted(problem_id)
        await _send(document, "demand.created")
        waiting = await stage.until(
            "a message in demands",
            lambda: stands_on.messages_waiting("demands"),
            lambda count: count == 1,
        )
        seen.queued.append(waiting)


async def _finish(document: Document, seen: Lives) -> None:
    async with world(document) as stands_on:
        stage = Stage(stands_on, print)
        seen.queued.append(await stands_on.messages_waiting("demands"))
        seen.waiting_after = await stage.operation(seen.operation_id) or {}
        await stage.approve(seen.operation_id)
        seen.ended = await stage.ended(seen.operation_id)


async def _send(document: Document, kind: str) -> None:
    from azure.servicebus import ServiceBusMessage
    from azure.servicebus.aio import ServiceBusClient

    connection = document["servicebus"]["connection_string"]
    async with (
        ServiceBusClient.from_connection_string(connection) as client,
        client.get_topic_sender("events") as sender,
    ):
        await sender.send_messages(ServiceBusMessage(b"{}", application_properties={"type": kind}))


def test_the_document_holds_every_address_and_key(lives: Lives) -> None:
    assert set(lives.first["ports"]) == set(NAMES)
    assert set(lives.first["vendors"]) == set(VENDORS)
    assert set(lives.first["processes"]) == {
        "servicebus", "durable", "vendors", "blob", "warehouse", "host", "console",
    }  # fmt: skip
    assert {name: status for name, status in lives.answers.items() if status != 200} == {}


def test_it_starts_quickly(lives: Lives) -> None:
    # Ten seconds on an idle machine with two cores; machines that run tests are busy.
    assert lives.starts_s[1] < 60


def test_status_tells_what_runs_and_how_well(lives: Lives) -> None:
    told = json.loads(lives.commands["status"].stdout)
    assert told["running"]
    assert told["health"]["state"] == "up"
    assert lives.commands["status"].returncode == 0
    words = lives.commands["status in words"].stdout
    assert lives.first["app"]["url"] in words
    assert "Health: up" in words
    stopped = lives.commands["status when stopped"]
    assert (stopped.returncode, stopped.stdout.startswith("No platform runs on ")) == (3, True)


def test_status_shows_no_key(lives: Lives) -> None:
    words = lives.commands["status in words"].stdout
    app = lives.first["app"]
    assert [key for key in (app["master_key"], app["webhook_secret"]) if key in words] == []


def test_a_second_platform_on_the_same_folder_is_refused_in_one_sentence(lives: Lives) -> None:
    second = lives.commands["second up"]
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert "runs already" in second.stderr
    assert lives.answers["health"] == 200


def test_reset_is_refused_while_it_runs_and_empties_afterwards(lives: Lives) -> None:
    assert lives.commands["reset"].returncode == 2
    assert lives.commands["reset when stopped"].returncode == 0
    kept = ["host-keys.json", "lock", "ports.json", "secrets.json", "vendor-secrets.json"]
    assert lives.commands["left"] == kept


def test_faults_are_ordered_listed_and_ended(lives: Lives) -> None:
    assert lives.commands["fault"].returncode == 0
    listed = lives.commands["fault --list"].stdout
    assert "in force: post_card status status=429 retry_after_s=2.0 times=3" in listed
    assert "create_incident" in listed
    assert lives.commands["fault wrong"].returncode == 2
    assert "operation must be" in lives.commands["fault wrong"].stderr
    assert lives.commands["fault --clear"].returncode == 0


def test_ctrl_c_stops_everything_within_seconds(lives: Lives) -> None:
    assert lives.stopped["status"] == 0
    assert lives.stopped["within_s"] < 20
    assert lives.left_after_sigterm == {}


def test_a_restart_keeps_addresses_and_keys(lives: Lives) -> None:
    assert lives.second["ports"] == lives.first["ports"]
    assert lives.second["app"] == lives.first["app"]
    assert lives.second["vendors"] == lives.first["vendors"]


def test_a_restart_keeps_undelivered_messages(lives: Lives) -> None:
    assert lives.queued == [1, 1]


def test_a_restart_keeps_running_orchestrations(lives: Lives) -> None:
    assert lives.waiting_after["state"] == "running"
    for name in ("steps", "approval"):
        assert lives.waiting_after[name] == lives.waiting_before[name]
    assert lives.ended["outcome"] == "resolved"


def test_killing_the_supervisor_ends_all_its_processes(lives: Lives) -> None:
    assert lives.left_after_sigkill == {}


def test_a_child_that_cannot_start_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "durable").mkdir(parents=True)
    (state / "durable" / "durable.db").write_bytes(b"this is no database" * 100)
    failed = sandbox("up", state=state, within_s=120)
    assert failed.returncode == 1
    assert "The platform cannot start: durable ended before it was ready" in failed.stderr
    assert failed.stderr.count("  durable: ") >= 1
    assert processes_of(state) == {}
    # The folder is free for the next try.
    assert sandbox("status", state=state).returncode == 3


def test_ctrl_c_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    import subprocess
    import sys

    state = tmp_path / "state"
    command = [sys.executable, "-m", "sandbox", "up", "--state", str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        until(lambda: len(processes_of(state)) > 3)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert processes_of(state) == {}


def test_a_platform_that_a_program_started_ends_with_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with running_platform(state) as running:
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert running.process.wait(30) == 0
    assert processes_of(state) == {}


def test_the_demo_tells_what_it_found_and_leaves_nothing(tmp_path: Path) -> None:
    state, report = tmp_path / "state", tmp_path / "report.json"
    played = sandbox("demo", "--only", "forged", "--report", str(report), state=state, within_s=240)
    assert played.returncode == 0, played.stderr
    assert "Everything held" in played.stdout
    assert "\x1b" not in played.stdout
    (scenario,) = json.loads(report.read_text())["scenarios"]
    assert (scenario["name"], scenario["passed"]) == ("forged", True)
    assert processes_of(state) == {}


def test_the_demo_refuses_a_scenario_it_does_not_know(tmp_path: Path) -> None:
    refused = sandbox("demo", "--only", "forgery", state=tmp_path)
    assert refused.returncode == 2
    assert "there are incident, redelivery, killed_worker" in refused.stdout


def test_a_port_that_is_taken_is_refused_in_one_sentence(tmp_path: Path) -> None:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        refused = sandbox("up", "--port", str(port), state=tmp_path / "state")
    assert refused.returncode == 2
    assert refused.stderr == f"Port {port}, asked for as the app's, is used by another process.\n"
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["lock"]
