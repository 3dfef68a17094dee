"""The platform as one thing: a state folder, its addresses and keys, its children, and what it begins with."""

import asyncio
import hashlib
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from sandbox.platform import keys, ports, seed
from sandbox.platform.children import ROOT, children
from sandbox.platform.document import Document, describe
from sandbox.platform.folder import StateFolder
from sandbox.platform.supervisor import Supervisor, Tell

DOCUMENT = "platform.json"
PORTS = "ports.json"
DONE = "done"

type Prepare = Callable[[Document], Awaitable[dict[str, Any]]]


class Platform:
    """One platform on one state folder.

    wanted: ports a person asked for. fresh: forget what an earlier start left. settings: of the app, instead of
    the platform's own. document: every address and key, once `start` has been called.
    """

    def __init__(
        self,
        folder: StateFolder,
        tell: Tell,
        wanted: Mapping[str, int | None] | None = None,
        language: str = "pt-BR",
        prepare: Prepare = seed.prepare,
        fresh: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder, self._tell, self._wanted = folder, tell, wanted or {}
        self._language, self._prepare, self._fresh = language, prepare, fresh
        self._settings = dict(settings or {})
        self._supervisor: Supervisor | None = None
        self.document: Document = {}

    async def start(self) -> Document:
        """Start everything and fill what is empty; the document.

        Raises: InUse, PortTaken, NotSetUp, ChildFailed. Nothing is left running then.
        """
        began = time.monotonic()
        self.folder.take()
        try:
            if self._fresh:
                self.folder.empty()
            self.document = self._describe()
            migrations = _digest(ROOT / "warehouse" / "migrations")
            migrate = self._done("migrated") != migrations
            specs = children(self.document, self.folder, migrate=migrate)
            self._supervisor = Supervisor(specs, self.folder.data("logs"), self._tell, self._keep)
            self._keep()
            await self._supervisor.start()
            self._keep()
            if migrate:
                self._mark("migrated", migrations)
            self.document["demo"] = await self._prepare(self.document)
        except BaseException:
            await self.stop()
            raise
        self.document["started_in_s"] = round(time.monotonic() - began, 2)
        self.document["ready"] = True
        self._keep()
        return self.document

    async def stop(self) -> None:
        """Stop all children; afterwards nothing of the platform runs and the folder is free."""
        try:
            if self._supervisor is not None:
                await self._supervisor.stop()
                self._supervisor = None
                self.document |= {"ready": False, "processes": {}}
                self.folder.write(DOCUMENT, self.document)
        finally:
            self.folder.release()

    def kill(self) -> None:
        """End all children at once."""
        if self._supervisor is not None:
            self._supervisor.kill()

    def _describe(self) -> Document:
        chosen, told = ports.choose(self.folder.read(PORTS), self._wanted)
        for sentence in told:
            self._tell(sentence)
        self.folder.write(PORTS, dict(chosen))
        document = describe(str(self.folder.path), chosen, keys.load(self.folder))
        about = {"language": self._language, "supervisor": os.getpid(), "started_at": time.time()}
        return document | about | {"settings": self._settings}

    def _keep(self) -> None:
        """Write the document with the process ids as they are now."""
        assert self._supervisor is not None
        self.document["processes"] = {
            name: {"pid": child.pid, "restarts": self._supervisor.restarts[name]}
            for name, child in self._supervisor.children.items()
            if not child.spec.job
        }
        self.folder.write(DOCUMENT, self.document)

    def _done(self, what: str) -> str:
        marker = self.folder.path / DONE / what
        return marker.read_text() if marker.exists() else ""

    def _mark(self, what: str, value: str) -> None:
        (self.folder.data(DONE) / what).write_text(value)


async def run_until(stop: asyncio.Event, platform: Platform, ready: Callable[[Document], None]) -> None:
    """Start the platform, tell `ready`, and stop it when `stop` is set, even while it starts."""
    starting = asyncio.create_task(platform.start())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return
        ready(starting.result())
        await stopping
    finally:
        stopping.cancel()
        await platform.stop()


def _digest(folder: Path) -> str:
    sha = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            sha.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return sha.hexdigest()
