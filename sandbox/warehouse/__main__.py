"""`python -m sandbox.warehouse --port 0 --state DIR --user U --password P`: the embedded warehouse."""

import argparse
import asyncio
import logging
import signal
import socket
import warnings
from pathlib import Path

import uvicorn

from sandbox.child import announce, end_with_parent
from sandbox.warehouse.limits import IDLE_TRANSACTION_S
from sandbox.warehouse.loading import TEMPORARY, keep_temporary_files_in, without_cloud_sdks


class _Server(uvicorn.Server):
    """Announces itself once it accepts connections."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            announce(port=sockets[0].getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.warehouse", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--state", type=Path, required=True, help="folder of the database files")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument(
        "--idle-transaction-s",
        type=float,
        default=IDLE_TRANSACTION_S,
        help="end a transaction that blocks another one and has been silent for so long",
    )
    options = parser.parse_args()

    keep_temporary_files_in(options.state / TEMPORARY)
    with without_cloud_sdks():
        from sandbox.warehouse.engine import Engine
        from sandbox.warehouse.server import build_app

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # its warnings quote the statement
    # fakesnow fetches each result as an Arrow table, which DuckDB calls an extra copy.
    warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")
    end_with_parent()
    # uvicorn raises the signal again once it has stopped; the files are still to be closed then.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    # With the protocol named, asyncio switches Nagle's algorithm off; else each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", options.port))
    engine = Engine(options.state, options.idle_transaction_s)
    app = build_app(engine, options.user, options.password)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    asyncio.run(_Server(config).serve(sockets=[listener]))
    engine.close()


if __name__ == "__main__":
    main()
