"""`python -m sandbox status` and `reset`: look at a platform from outside, and empty its state."""

import argparse
import contextlib
import json
import os
import signal
import sys
import time
from typing import Any

import httpx

from sandbox.platform.assembly import DOCUMENT
from sandbox.platform.folder import StateFolder
from sandbox.platform.printing import Rows, say, table

_STOPS_WITHIN_S = 20.0


def status(arguments: argparse.Namespace) -> int:
    """The command. Exit status 0 when it runs and is well, 1 when something is down, 3 when it does not run."""
    folder = StateFolder.chosen(arguments.state)
    document = folder.read(DOCUMENT) if folder.is_taken() else {}
    if not document:
        if arguments.json:
            say(json.dumps({"state": str(folder.path), "running": False}))
        else:
            say(f"No platform runs on {folder.path}.")
        return 3
    health = _health(document)
    if arguments.json:
        say(json.dumps({**document, "running": True, "health": health}))
    else:
        _show(document, health)
    return 0 if health["state"] == "up" else 1


def reset(arguments: argparse.Namespace) -> int:
    """The command: empty the state folder; ports and keys stay, so that addresses do."""
    folder = StateFolder.chosen(arguments.state)
    if folder.is_taken():
        if not arguments.force:
            say(
                f"The platform runs on {folder.path}; stop it first, or `reset --force` stops it.", sys.stderr
            )
            return 2
        if not _stop(folder):
            say(f"The supervisor (process {folder.supervisor()}) does not stop.", sys.stderr)
            return 1
    folder.empty()
    say(f"The state in {folder.path} is empty now; ports and keys are kept.")
    return 0


def _show(document: dict[str, Any], health: dict[str, Any]) -> None:
    since = time.strftime("%H:%M:%S", time.localtime(document["started_at"]))
    words = "is up" if document.get("ready") else "is starting"
    say(f"The platform {words} since {since} on {document['state']} (process {document['supervisor']})")
    rows: Rows = [("the page", document["console"]["url"]), ("the function app", document["app"]["url"])]
    say(table(rows))
    say("Processes")
    say(table([(name, _process(process)) for name, process in document["processes"].items()]))
    say(f"Health: {health['state']}")
    probes: Rows = [
        (probe["name"], f"{probe['state']}  {probe['took_ms']} ms  {probe['reason']}")
        for probe in health.get("probes", [])
    ]
    say(table(probes))


def _process(process: dict[str, Any]) -> str:
    if not process["pid"]:
        return "being started again"
    restarts = f", started again {process['restarts']} times" if process["restarts"] else ""
    return f"process {process['pid']}{restarts}"


def _health(document: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = httpx.get(f"{document['app']['url']}/api/health", timeout=10)
        found: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError):
        return {"state": "down", "probes": []}
    return found


def _stop(folder: StateFolder) -> bool:
    """SIGTERM to the supervisor; whether the folder became free."""
    supervisor = folder.supervisor()
    if supervisor is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(supervisor, signal.SIGTERM)
    deadline = time.monotonic() + _STOPS_WITHIN_S
    while folder.is_taken():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
