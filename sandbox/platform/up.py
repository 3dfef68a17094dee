"""`python -m sandbox up`: start the platform and keep it until Ctrl-C."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator

from sandbox.child import end_with_parent
from sandbox.platform.assembly import Platform, run_until
from sandbox.platform.children import NotSetUp
from sandbox.platform.document import Document
from sandbox.platform.folder import InUse, StateFolder
from sandbox.platform.ports import PortTaken
from sandbox.platform.printing import say, welcome
from sandbox.platform.process import ChildFailed


def up(arguments: argparse.Namespace) -> int:
    """The command. --json: the document on stdout when ready, everything else on stderr.

    --with-parent is for programs that start a platform: it must not outlive them, even when they are killed.
    """
    folder = StateFolder.chosen(arguments.state)
    talk = sys.stderr if arguments.json else sys.stdout
    wanted = {"app": arguments.port, "console": arguments.console_port}
    platform = Platform(
        folder,
        lambda line: say(f"  {line}", talk),
        wanted,
        arguments.language,
        settings=dict(arguments.setting),
    )

    def ready(document: Document) -> None:
        if arguments.json:
            say(json.dumps(document))
            return
        say(welcome(document))
        say(f"The platform is up after {document['started_in_s']:.1f} s. Ctrl-C stops it.")

    async def run() -> None:
        with stops_on_signals(platform) as stop:
            if arguments.with_parent:
                end_with_parent()
            await run_until(stop, platform, ready)

    say(f"Starting the platform on {folder.path}", talk)
    with telling_failures() as failed:
        asyncio.run(run())
        say("The platform is stopped.", talk)
    return failed()


@contextlib.contextmanager
def stops_on_signals(platform: Platform) -> Iterator[asyncio.Event]:
    """An event that Ctrl-C, SIGTERM or a closed terminal sets; a second one ends the children at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set():
            platform.kill()
        stop.set()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        numbers.append(signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, on_signal)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def telling_failures() -> Iterator[Callable[[], int]]:
    """Turn what keeps the platform from starting into sentences on stderr; gives the exit status."""
    status = 0
    try:
        yield lambda: status
    except (InUse, PortTaken, NotSetUp) as refusal:
        say(str(refusal), sys.stderr)
        status = 2
    except ChildFailed as failure:
        say(f"The platform cannot start: {failure}.", sys.stderr)
        say(os.linesep.join(f"  {failure.name}: {line}" for line in failure.lines), sys.stderr)
        status = 1
