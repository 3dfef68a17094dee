"""python -m sandbox.console --port 0 --platform platform.json: the page as a process of its own.

Ready line: {"ready": true, "port": ...}.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

import httpx
from aiohttp import web

from sandbox.child import announce, end_with_parent
from sandbox.console.server import build_app
from sandbox.console.sources import Sources


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.console", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0: a free one")
    parser.add_argument("--platform", type=Path, required=True, help="the platform's addresses and keys")
    arguments = parser.parse_args()
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    document = json.loads(arguments.platform.read_text("utf-8"))
    asyncio.run(_serve(arguments.port, document))


async def _serve(port: int, document: dict[str, object]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # Loopback addresses alone: a proxy of the environment has no part in this.
    async with httpx.AsyncClient(trust_env=False) as http:
        runner = web.AppRunner(build_app(Sources(document, http)), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        announce(port=runner.addresses[0][1])
        end_with_parent()
        await stop.wait()
        await runner.cleanup()


if __name__ == "__main__":
    main()
