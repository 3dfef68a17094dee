"""The platform of the matrix: quick to give up and to try again, with a tap on the way to each store of ours."""

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from sandbox.platform import keys
from sandbox.platform.document import Document, blob_connection, servicebus_connection
from sandbox.platform.folder import StateFolder
from tests.e2e.conftest import ROOT, running_platform
from tests.e2e.matrix.tap import Tap

TIMEOUT_S = 2.0
"""How long the app waits for a vendor; three times that it lets pass before it looks for an unanswered write."""
SETTINGS = {
    "RETRY_FIRST_S": "0.2",
    "RETRY_MAX_S": "1",
    "RETRY_FOR_MINUTES": "0.17",
    "RUN_POLL_S": "0.1",
    "ACTION_TIMEOUT_MINUTES": "0.3",
    "MONITORING_WAIT_MINUTES": "0.2",
    "VENDOR_TIMEOUT_S": str(TIMEOUT_S),
    "GATE_SETTLE_MINUTES": "0",
    "GATE_PATIENCE_MINUTES": "0.3",
    "GATE_POLL_S": "0.5",
    "VERIFICATION_POLL_S": "0.5",
    "VERIFICATION_TIMEOUT_MINUTES": "0.4",
}


_LISTENERS = ("on_delivery_event", "note_delivery")
_TIMER = re.compile(r"timer_trigger\(.*\)\n(?:@.*\n)*async def (\w+)")


def bystanders() -> list[str]:
    """What looks at the vendors by itself must not meet the faults meant for a saga: timers, and who hears facts."""
    files = (ROOT / "functions").rglob("*.py")
    found = [name for file in files for name in _TIMER.findall(file.read_text())]
    assert len(found) > len(_LISTENERS), "functions with a timer trigger are not written as they were"
    return [*found, *_LISTENERS]


@dataclass(frozen=True)
class Place:
    """A platform that runs, and the taps on its lines. ended: operations that have ended there."""

    state: Path
    document: Document
    blob: Tap
    servicebus: Tap
    ended: set[str] = field(default_factory=set)


def tell_nobody(document: Document) -> None:
    """No service hooks: as with timers, what they set off must not meet the faults that are meant for a saga."""
    hooks = f"{document['vendors']['azure_devops']['url']}/_sandbox/service_hooks"
    httpx.put(hooks, json={}, trust_env=False).raise_for_status()


@contextlib.contextmanager
def running_place(state: Path) -> Iterator[Place]:
    """A platform on this folder, stopped afterwards."""

    def port(name: str) -> int:
        return int(json.loads((state / "ports.json").read_text())[name])

    own = keys.load(StateFolder(state))["own"]
    with contextlib.ExitStack() as stack:
        blob, servicebus = Tap(lambda: port("blob")), Tap(lambda: port("servicebus"))
        stack.callback(blob.close)
        stack.callback(servicebus.close)
        settings = {
            **SETTINGS,
            "BLOB_CONNECTION_STRING": blob_connection(f"http://127.0.0.1:{blob.port}", own["blob_key"]),
            **{f"AzureWebJobs.{name}.Disabled": "true" for name in bystanders()},
            "ServiceBusConnection": servicebus_connection(servicebus.port, own["servicebus_key"]),
        }
        given = [part for name, value in settings.items() for part in ("--setting", f"{name}={value}")]
        running = stack.enter_context(running_platform(state, *given))
        tell_nobody(running.document)
        yield Place(state, running.document, blob, servicebus)
