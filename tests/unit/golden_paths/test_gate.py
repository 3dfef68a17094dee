"""The gate in pipelines: asks once, waits, obeys; optional by a variable, and never judges what ValueFlow started."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.golden_paths.catalogue import GoldenPath, all_paths
from shared.golden_paths.rendering import render
from tests.unit.golden_paths.parameters import ORDINARY
from tests.unit.golden_paths.pipelines import expand

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "golden_paths" / "layers" / "service" / "pipelines" / "gate.sh"
GITHUB = ROOT / "quality_gates" / "github"
OBJECTIVE = {
    "name": "latency",
    "status": "pass",
    "value": 101.0,
    "unit": "ms",
    "reason": "",
    "baseline": None,
}
each_path = pytest.mark.parametrize("path", all_paths(), ids=lambda path: path.name)


class Platform:
    """ValueFlow as a pipeline sees it. answers: of each look, in their order, then the last one again.

    status: of asking.
    """

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.looks, self.status = 0, 202
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.url = ""

    def decided(self, verdict: str, decision: str) -> None:
        gate = {"state": "decided", "verdict": verdict, "decision": decision, "score": None}
        self.answers.append((200, {**gate, "objectives": [OBJECTIVE]}))


@pytest.fixture
def platform() -> Iterator[Platform]:
    there = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            there.tokens.add(self.headers["Authorization"])
            there.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._say(there.status, {"operation_id": "gate-1", "detail": "this role is missing"})

        def do_GET(self) -> None:
            assert self.path == "/api/quality-gates/gate-1"
            there.tokens.add(self.headers["Authorization"])
            self._say(*there.answers[min(there.looks, len(there.answers) - 1)])
            there.looks += 1

        def _say(self, status: int, body: dict[str, Any]) -> None:
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield there
    server.shutdown()
    thread.join()
    server.server_close()


def run(platform: Platform, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {
        "PATH": os.environ["PATH"],
        "NO_PROXY": "*",
        "VALUEFLOW_URL": platform.url,
        "VALUEFLOW_TOKEN": "secret-token",
        "SERVICE": "checkout",
        "ENVIRONMENT": "production",
        "VERSION": "20261121.3",
        "FIRST_PAUSE_S": "0",
        "LONGEST_WAIT_S": "60",
    }
    return subprocess.run(
        ["bash", str(SCRIPT)], env={**given, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("verdict", "decision", "status"),
    [
        ("pass", "proceed", 0),
        ("warn", "proceed", 0),
        ("inconclusive", "proceed", 0),
        ("inconclusive", "hold", 1),
        ("fail", "stop", 1),
    ],
)
def test_the_job_ends_as_the_gate_decides(
    platform: Platform, verdict: str, decision: str, status: int
) -> None:
    platform.decided(verdict, decision)
    ended = run(platform, COMMIT="b" * 40, RUN_ID="104", WINDOW_MINUTES="0.5")

    assert ended.returncode == status, ended.stderr
    assert f"Verdict: {verdict}" in ended.stdout
    assert "secret-token" not in ended.stdout + ended.stderr
    assert platform.tokens == {"Bearer secret-token"}
    assert platform.asked == [
        {
            "service": "checkout",
            "environment": "production",
            "version": "20261121.3",
            "dry_run": False,
            "commit": "b" * 40,
            "run_id": 104,
            "window_minutes": 0.5,
        }
    ]


def test_it_waits_while_the_gate_runs_and_over_answers_that_fail(platform: Platform) -> None:
    platform.answers = [(200, {"state": "running"}), (503, {}), (200, {"state": "running"})]
    platform.decided("pass", "proceed")

    assert run(platform).returncode == 0
    assert platform.looks == 4


def test_no_verdict_in_time_is_no_pass(platform: Platform) -> None:
    platform.answers = [(200, {"state": "running"})]
    ended = run(platform, LONGEST_WAIT_S="1")

    assert ended.returncode == 1
    assert "no pass" in ended.stderr


def test_a_gate_that_failed_stops_the_job(platform: Platform) -> None:
    gate = {"state": "failed", "verdict": "inconclusive", "decision": "hold", "objectives": []}
    platform.answers = [(200, gate)]

    assert run(platform).returncode == 1


def test_what_is_refused_stops_the_job(platform: Platform) -> None:
    platform.status = 403
    ended = run(platform)

    assert ended.returncode == 1
    assert "The gate was not taken: this role is missing" in ended.stderr
    assert platform.looks == 0


def stages(path: GoldenPath, environment: str, action: str = "apply") -> list[dict[str, Any]]:
    files = render(path, {**ORDINARY, "environment": environment})
    told = expand(files, "azure-pipelines.yml", {"action": action, "environment": environment})
    found: list[dict[str, Any]] = told["stages"]
    return found


@each_path
def test_only_a_deployment_to_production_has_a_gate_and_it_comes_last(path: GoldenPath) -> None:
    assert [stage["stage"] for stage in stages(path, "production")][-2:] == ["deploy", "gate"]
    assert "gate" not in [stage["stage"] for stage in stages(path, "preview")]
    assert [stage["stage"] for stage in stages(path, "production", "stop")] == ["stop"]


@each_path
def test_a_pipeline_without_an_address_goes_on_and_our_own_runs_are_not_judged(path: GoldenPath) -> None:
    condition = stages(path, "production")[-1]["condition"]

    assert "ne(variables['VALUEFLOW_URL'], '')" in condition
    assert "eq(variables['VALUEFLOW_KEY'], '')" in condition
    assert "ne(variables['Build.Reason'], 'PullRequest')" in condition


@each_path
def test_the_gate_signs_in_as_its_environment_and_runs_the_script(path: GoldenPath) -> None:
    (job,) = stages(path, "production")[-1]["jobs"]
    _, task = job["steps"]

    assert task["inputs"]["azureSubscription"] == "azure-production"
    assert task["inputs"]["inlineScript"] == "bash pipelines/gate.sh"
    assert render(path, ORDINARY)["pipelines/gate.sh"] == SCRIPT.read_bytes()


def test_the_action_of_github_runs_the_same_script_and_is_optional() -> None:
    action = yaml.safe_load((GITHUB / "action.yml").read_text())
    (step,) = action["runs"]["steps"]

    assert (GITHUB / "gate.sh").read_bytes() == SCRIPT.read_bytes()
    assert step["if"] == "inputs.url != ''"
    assert "${{" not in step["run"], (
        "what comes from outside is data of the environment, not part of a script"
    )
    given = {value.split("inputs.")[1].split(" ")[0] for value in step["env"].values()}
    assert given == set(action["inputs"])
