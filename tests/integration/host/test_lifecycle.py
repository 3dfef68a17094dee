"""How the host starts, refuses to start, keeps time and stops."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.integration.host.harness import ROOT, StartHost, eventually

FAULTY = """
import azure.functions as func

app = func.FunctionApp()


@app.timer_trigger(schedule="not a schedule", arg_name="timer")
def wrong_schedule(timer: func.TimerRequest) -> None: ...


@app.route(route="a/{id:nonsense}")
def wrong_route(req: func.HttpRequest) -> func.HttpResponse: ...


@app.route(route="b")
def extra_parameter(req: func.HttpRequest, other: str) -> func.HttpResponse: ...


@app.service_bus_queue_trigger(arg_name="message", queue_name="%NO_SUCH_SETTING%", connection="NoSuchConnection")
def wrong_settings(message: func.ServiceBusMessage) -> None: ...


@app.blob_trigger(arg_name="blob", path="c/{name}", connection="Blob")
def unknown_binding(blob: func.InputStream) -> None: ...
"""


def refused(app: Path, folder: Path, *arguments: str) -> str:
    """What a host that does not start says."""
    keys = str(folder / "keys.json")
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.host", "--app", app, "--port", "0", "--keys", keys, *arguments],
        capture_output=True,
        cwd=ROOT,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert all(json.loads(line) for line in done.stderr.splitlines())
    return done.stderr


def write_app(folder: Path, code: str) -> Path:
    (folder / "host.json").write_text('{"version": "2.0"}')
    (folder / "function_app.py").write_text(code)
    return folder


def test_all_that_is_wrong_with_an_app_is_told_at_once(tmp_path: Path) -> None:
    said = refused(write_app(tmp_path, FAULTY), tmp_path)
    for fault in (
        "function wrong_schedule: 'not a schedule'",
        "function wrong_route: unknown route constraint 'nonsense'",
        "extra_parameter",
        "the setting NO_SUCH_SETTING",
        "the connection setting NoSuchConnection is missing",
        "no binding of type blobTrigger",
    ):
        assert fault in said


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("x = 1", "Could not find top level function app"),
        ("raise RuntimeError('settings are missing: A, B')", "settings are missing: A, B"),
    ],
)
def test_an_app_that_cannot_be_loaded_says_why(tmp_path: Path, code: str, fault: str) -> None:
    assert fault in refused(write_app(tmp_path, code), tmp_path)


def test_durable_functions_need_a_backend(tmp_path: Path) -> None:
    code = """
import azure.durable_functions as df
app = df.DFApp()
@app.activity_trigger(input_name="n")
def act(n: int) -> int: return n
"""
    assert "--durable" in refused(write_app(tmp_path, code), tmp_path)


def test_an_app_of_its_own_folder_imports_its_own_modules(start_host: StartHost, tmp_path: Path) -> None:
    code = """
import os, sys
import azure.functions as func
import words
app = func.FunctionApp()
@app.route(route="where", auth_level="anonymous")
def where(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"{words.HELLO} {os.getcwd()} {sys.path[0]}")
"""
    (tmp_path / "words.py").write_text("HELLO = 'hello'")
    host = start_host(write_app(tmp_path, code), durable="")
    assert httpx.get(f"{host.url}/api/where").text == f"hello {tmp_path} {tmp_path}"


def test_a_failing_timer_goes_on_and_runs_at_the_start_when_told(start_host: StartHost) -> None:
    host = start_host(TICK_SCHEDULE="* * * * * *", **{"AzureWebJobs.tick.Disabled": "false"})
    ticks = eventually(lambda: len(found := host.records("tick")) >= 3 and found)
    assert ticks
    assert not any(tick["past_due"] for tick in ticks)
    failed = host.logs(category="Function.tick", message="Executed", status="Failed")
    assert len(failed) >= 2


STOPS_WITHIN_S = 15.0
"""Far less than the minutes a host would take that waits for a request forever; far more than a slow machine needs."""


def test_a_stop_lets_a_running_request_finish_and_takes_no_new_one(start_host: StartHost) -> None:
    host = start_host()
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(httpx.get(f"{host.url}/api/slow?s=0.6")))
    asking.start()
    eventually(lambda: host.records("slow"))
    began = time.monotonic()
    assert host.child.stop() == 0
    took_s = time.monotonic() - began
    asking.join()
    assert [answer.text for answer in answers] == ["late"]
    assert took_s < STOPS_WITHIN_S
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{host.url}/api/ping")


def test_a_stop_does_not_wait_for_ever(start_host: StartHost) -> None:
    host = start_host()
    asking = threading.Thread(target=_ask_and_be_cut_off, args=(f"{host.url}/api/slow?s=30",))
    asking.start()
    eventually(lambda: host.records("slow"))
    began = time.monotonic()
    assert host.child.stop() == 0
    assert time.monotonic() - began < 4
    asking.join()


def test_a_taken_port_is_said_so_and_the_end_of_its_parent_ends_the_host(
    start_host: StartHost, tmp_path: Path
) -> None:
    host = start_host()
    app = write_app(tmp_path, "import azure.functions as func\napp = func.FunctionApp()")
    assert "cannot listen" in refused(app, tmp_path, "--port", str(host.child.ready["port"]))
    assert host.child.process.stdin is not None
    host.child.process.stdin.close()
    assert host.child.process.wait(5) == 0


def _ask_and_be_cut_off(url: str) -> None:
    with pytest.raises(httpx.HTTPError):
        httpx.get(url)
