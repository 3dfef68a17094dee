"""`python -m sandbox.durable`: run the durable backend in this process.

Prints {"ready": true, "port": N} on stdout once it answers; logs to stderr; stops on SIGTERM. Exit status 2:
the state file cannot be used, or the port is taken; stderr says which.
"""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from sandbox.child import announce, end_with_parent
from sandbox.durable.hub import Leases, TaskHub
from sandbox.durable.server import make_server
from sandbox.durable.store import StateInUse, StateUnknown


def main() -> int:
    """Read the command line and serve until told to stop."""
    options = _parser().parse_args()
    logging.basicConfig(level=options.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        return asyncio.run(
            _serve(options.port, options.state, Leases(options.lease_s, options.activity_lease_s))
        )
    except (StateInUse, StateUnknown) as error:
        sys.stderr.write(f"{error}\n")
        return 2


async def _serve(port: int, state: Path, leases: Leases) -> int:
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # fewer turns of the loop a call
    hub = TaskHub(state, leases)
    try:
        hub.start()
        server = make_server(hub)
        try:
            port = await server.start(port)
        except OSError:
            sys.stderr.write(f"Port {port} is taken. Free it, or name another with --port.\n")
            return 2
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        end_with_parent()
        announce(port=port)
        await stopping.wait()
        await server.stop()
    finally:
        hub.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.durable", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one (default)")
    parser.add_argument("--state", type=Path, required=True, help="the SQLite file that holds everything")
    parser.add_argument(
        "--lease-s", type=float, default=Leases.turn_s, help="for an orchestrator or entity (default 60)"
    )
    parser.add_argument(
        "--activity-lease-s", type=float, default=Leases.activity_s, help="for an activity (default 300)"
    )
    parser.add_argument("--log-level", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
