"""What every process of the platform shares: say when it is ready, and never outlive its parent.

A child is started with a pipe for stdin and stdout. It writes exactly one line of JSON to stdout when it
accepts work, logs to stderr, ends cleanly on SIGTERM, and ends when stdin closes (its parent has gone).
"""

import contextlib
import json
import os
import signal
import stat
import sys
import threading


def announce(**facts: object) -> None:
    """Tell the parent this process is ready: one JSON line such as {"ready": true, "port": 5672}."""
    sys.stdout.write(json.dumps({"ready": True, **facts}) + "\n")
    sys.stdout.flush()


def end_with_parent() -> None:
    """Send this process SIGTERM once stdin, when it is a pipe, reaches its end."""
    with contextlib.suppress(OSError, ValueError):
        if stat.S_ISFIFO(os.fstat(0).st_mode):
            threading.Thread(target=_watch_stdin, name="parent-watch", daemon=True).start()


def _watch_stdin() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
