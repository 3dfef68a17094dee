"""`python -m sandbox env`: what a shell needs to call the running platform, as lines to evaluate."""

import argparse
import asyncio
import shlex
import sys

from sandbox.platform.assembly import DOCUMENT
from sandbox.platform.document import Document
from sandbox.platform.folder import StateFolder
from sandbox.platform.printing import say
from sandbox.platform.story import world


def environment(arguments: argparse.Namespace) -> int:
    """The command. Exit status 3 when no platform runs on the folder."""
    folder = StateFolder.chosen(arguments.state)
    document = folder.read(DOCUMENT) if folder.is_taken() else {}
    if not document.get("ready"):
        say(f"No platform is ready on {folder.path}.", sys.stderr)
        return 3
    for name, value in asyncio.run(_variables({"demo": {}, **document}, arguments.client)).items():
        say(f"export {name}={shlex.quote(value)}")
    return 0


async def _variables(document: Document, client: str) -> dict[str, str]:
    """The app's address, and a token that holds for an hour."""
    async with world(document) as there:
        return {"VALUEFLOW_URL": document["app"]["url"], "VALUEFLOW_TOKEN": await there.token(client)}
