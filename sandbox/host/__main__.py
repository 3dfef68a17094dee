"""python -m sandbox.host --app DIR --port 0 --keys KEYS.json [--durable 127.0.0.1:PORT] [--sign-in URL]

Prints {"ready": true, "port": N, "functions": [names]} when it takes work; logs JSON lines to stderr. App
settings are environment variables. Exit status 1 when the app cannot be run, with each fault on a log line.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path

from sandbox.child import announce, end_with_parent
from sandbox.host import logs
from sandbox.host.config import HostConfig, read_config
from sandbox.host.faults import StartRefused


def main() -> None:
    """Parse the arguments, run until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.host", description="The embedded Functions host")
    parser.add_argument("--app", type=Path, required=True, help="folder of function_app.py and host.json")
    parser.add_argument("--port", type=int, default=7071, help="0: a free one")
    parser.add_argument("--keys", type=Path, required=True, help="access keys; made when absent")
    parser.add_argument("--durable", metavar="HOST:PORT", help="the durable backend's gRPC address")
    parser.add_argument("--sign-in", metavar="URL", help="OpenID issuer for App Service Authentication")
    arguments = parser.parse_args()
    ready_pipe, sys.stdout = sys.stdout, logs.LineLog()
    logs.configure()
    end_with_parent()
    arguments.keys = arguments.keys.resolve()
    app_dir = arguments.app.resolve()
    try:
        config = read_config(app_dir)
        logs.set_levels(config.log_levels)
        asyncio.run(_run(app_dir, config, arguments, ready_pipe))
    except StartRefused as refused:
        log = logging.getLogger("Host.Startup")
        for fault in refused.faults:
            log.critical("%s", fault, extra={"facts": {"fault": True}})
        raise SystemExit(1) from None


async def _run(app_dir: Path, config: HostConfig, arguments: argparse.Namespace, ready_pipe: object) -> None:
    from sandbox.host.host import Host

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    host = Host(app_dir, config, arguments.keys, arguments.durable, arguments.sign_in)
    port = await host.start(arguments.port)
    with contextlib.redirect_stdout(ready_pipe):  # type: ignore[type-var]
        announce(port=port, functions=[function.name for function in host.functions])
    await stop.wait()
    if not await host.stop():  # threads of the app, or the SDK's way to close, would be waited for
        logging.shutdown()
        os._exit(0)


if __name__ == "__main__":
    main()
