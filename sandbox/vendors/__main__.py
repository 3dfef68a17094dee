"""`python -m sandbox.vendors --state FILE.db [--ports JSON] [--secrets FILE.json]`: all vendors in one process.

Ready: {"ready": true, "ports": {"dynatrace": n, "servicenow": n, "azure_devops": n, "github": n, "teams": n,
"openai": n, "entra": n, "app_configuration": n}}.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

from sandbox.child import announce, end_with_parent
from sandbox.vendors.credentials import load
from sandbox.vendors.names import NAMES
from sandbox.vendors.server import Server
from sandbox.vendors.store import Store
from sandbox.vendors.world import build


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.vendors", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="SQLite file of the vendors' state")
    parser.add_argument(
        "--ports", type=_ports, default={}, help='JSON such as {"teams": 8080}; 0: any free port'
    )
    parser.add_argument("--secrets", type=Path, help="JSON file of credentials; default: beside the state")
    options = parser.parse_args()

    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    secrets = options.secrets or options.state.with_suffix(".secrets.json")
    try:
        asyncio.run(_serve(options.state, secrets, options.ports))
    except OSError as error:
        sys.exit(f"sandbox.vendors cannot listen: {error.strerror}")


async def _serve(state: Path, secrets: Path, ports: dict[str, int]) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    end_with_parent()
    store = Store(state)
    server = Server(build(store, load(secrets)))
    try:
        announce(ports=await server.start(ports))
        await stopped.wait()
    finally:
        await server.stop()
        store.close()


def _ports(text: str) -> dict[str, int]:
    try:
        ports = json.loads(text)
    except ValueError:
        raise argparse.ArgumentTypeError("not JSON") from None
    if not isinstance(ports, dict) or not all(
        name in NAMES and isinstance(port, int) and 0 <= port < 65536 for name, port in ports.items()
    ):
        raise argparse.ArgumentTypeError(f"an object of ports for {', '.join(NAMES)}")
    return ports


if __name__ == "__main__":
    main()
