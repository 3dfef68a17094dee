"""The processes a measurement needs, started the way the embedded platform starts them, on free ports."""

import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bench.meter import Meter
from sandbox.platform.process import Child, Spec
from sandbox.platform.story import World, read_document, world

ROOT = Path(__file__).parents[1]
KEY_NAME, KEY = "RootManageSharedAccessKey", "a-key-for-measuring"
EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]


class Host(NamedTuple):
    """A running Functions host. key: a function key."""

    url: str
    key: str
    pid: int


@contextlib.asynccontextmanager
async def running(
    folder: Path, name: str, module: str, *arguments: str, **environment: str
) -> AsyncIterator[dict[str, Any]]:
    """Start `python -m module arguments`; gives its ready line, with its process id."""
    variables = {**_inherited(), "PYTHONPATH": str(ROOT), **environment}
    child = Child(Spec(name, (sys.executable, "-m", module, *arguments), environment=variables), folder)
    await child.start()
    try:
        yield {**child.facts, "pid": child.pid}
    finally:
        await child.stop()


@contextlib.asynccontextmanager
async def service_bus(folder: Path) -> AsyncIterator[str]:
    """A Service Bus endpoint with the platform's topic; gives its connection string."""
    config = str(ROOT / "sandbox" / "servicebus" / "Config.json")
    arguments = ("--port", "0", "--config", config, "--state", str(folder / "servicebus.db"))
    async with running(
        folder, "servicebus", "sandbox.servicebus", *arguments, "--key-name", KEY_NAME, f"--key={KEY}"
    ) as facts:
        yield (
            f"Endpoint=sb://127.0.0.1:{facts['port']};SharedAccessKeyName={KEY_NAME};SharedAccessKey={KEY};"
            "UseDevelopmentEmulator=true"
        )


@contextlib.asynccontextmanager
async def durable(folder: Path) -> AsyncIterator[str]:
    """A durable backend; gives its address."""
    arguments = ("--port", "0", "--state", str(folder / "durable.db"))
    async with running(folder, "durable", "sandbox.durable", *arguments) as facts:
        yield f"127.0.0.1:{facts['port']}"


@contextlib.asynccontextmanager
async def host(
    folder: Path, app: Path, durable_address: str, environment: dict[str, str]
) -> AsyncIterator[Host]:
    """The Functions host over `app`."""
    keys = folder / f"{app.name}.keys.json"
    arguments = ("--app", str(app), "--port", "0", "--keys", str(keys), "--durable", durable_address)
    async with running(folder, app.name, "sandbox.host", *arguments, **environment) as facts:
        key = json.loads(keys.read_text())["functionKeys"]["default"]
        yield Host(f"http://127.0.0.1:{facts['port']}", key, facts["pid"])


@contextlib.asynccontextmanager
async def platform(folder: Path, settings: Mapping[str, str] | None = None) -> AsyncIterator[World]:
    """The whole embedded platform, its vendors as quick as they can be, so that they are not what is measured.

    settings: of the app, beside the platform's own.
    """
    state = folder / "state"
    given = [f"--setting={name}={value}" for name, value in (settings or {}).items()]
    command = (sys.executable, "-m", "sandbox", "up", "--json", "--with-parent", f"--state={state}", *given)
    environment = {**_inherited(), "PYTHONPATH": str(ROOT)}
    child = Child(Spec("platform", command, environment=environment), folder)
    await child.start(within_s=90)
    try:
        async with world(read_document(state)) as there:
            await there.control("teams", "PUT", "config", {"requests_per_second": 10_000})
            await there.control("dynatrace", "PUT", "config", {"sample_seconds": 60.0})
            await there.control("azure_devops", "PUT", "config", {"run_seconds": 0})
            await there.control("azure_devops", "PUT", "service_hooks", {})
            yield there
    finally:
        await child.stop(within_s=20)


def _inherited() -> dict[str, str]:
    """This process's environment; what is measured may keep its bytecode, as an installed app does."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def meter_of(there: World, name: str) -> Meter:
    """The meter of one of the platform's processes, such as "host"."""
    return Meter(there.document["processes"][name]["pid"])
