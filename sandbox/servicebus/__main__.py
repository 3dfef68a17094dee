"""python -m sandbox.servicebus: the embedded Service Bus as a process of its own.

Ready line: {"ready": true, "port": ..., "stats_port": ...} (stats_port only with --stats-port).
Ends with status 1 and one line on stderr when it cannot start.
"""

import argparse
import asyncio
import json
import logging
import signal
import sqlite3
import sys
from pathlib import Path

from sandbox.child import announce, end_with_parent
from sandbox.servicebus.broker.config import Settings, read_config
from sandbox.servicebus.broker.errors import BadConfig
from sandbox.servicebus.broker.store import StoreInUse
from sandbox.servicebus.server import Server
from sandbox.servicebus.stats import serve_stats

log = logging.getLogger("sandbox.servicebus")

DEFAULT_CONFIG = Path(__file__).with_name("Config.json")
DATABASE = "servicebus.db"


def main() -> int:
    arguments = _arguments()
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    try:
        return asyncio.run(_serve(arguments, _settings(arguments.config)))
    except (BadConfig, StoreInUse) as fault:
        print(f"The Service Bus cannot start: {fault}", file=sys.stderr)
    except (OSError, sqlite3.Error) as fault:
        print(f"The Service Bus cannot start: {type(fault).__name__}: {fault}", file=sys.stderr)
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.servicebus", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="AMQP port on 127.0.0.1; 0: a free one")
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, help="in the official emulator's shape"
    )
    parser.add_argument("--state", type=Path, required=True, help=f"folder (of {DATABASE}) or file")
    parser.add_argument("--key-name", default="RootManageSharedAccessKey")
    parser.add_argument("--key", required=True, help="shared access key")
    parser.add_argument("--stats-port", type=int, help="also serve GET /stats; 0: on a free port")
    return parser.parse_args()


def _settings(path: Path) -> Settings:
    try:
        return read_config(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as fault:
        raise BadConfig(f"{path.name} is not JSON: {fault}") from None
    except BadConfig as fault:
        raise BadConfig(f"{path.name}: {fault}") from None


def _database(state: Path) -> Path:
    return state if state.suffix and not state.is_dir() else state / DATABASE


async def _serve(arguments: argparse.Namespace, settings: Settings) -> int:
    stopped: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def stop(status: int) -> None:
        if not stopped.done():
            stopped.set_result(status)

    def fail(fault: BaseException) -> None:
        log.critical("the state cannot be written, so this process ends: %s", fault)
        stop(1)

    server = Server(settings, _database(arguments.state), {arguments.key_name: arguments.key}, fail)
    port = await server.listen(arguments.port)
    facts = {"port": port}
    stats = None
    if arguments.stats_port is not None:
        stats, facts["stats_port"] = await serve_stats(arguments.stats_port, server.namespace.statistics)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop, 0)
    announce(**facts)
    end_with_parent()
    status = await stopped
    if stats:
        stats.close()
    if status == 0:
        await server.stop()
    return status


if __name__ == "__main__":
    sys.exit(main())
