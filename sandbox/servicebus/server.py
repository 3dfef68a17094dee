"""The server: one listening socket, one namespace, one store."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from sandbox.servicebus.broker.clock import Clock, LoopClock
from sandbox.servicebus.broker.config import Settings
from sandbox.servicebus.broker.namespace import Namespace
from sandbox.servicebus.broker.store import Store
from sandbox.servicebus.broker.turn import Turn
from sandbox.servicebus.protocol.connection import Connection

log = logging.getLogger(__name__)


class Server:
    """keys: SAS key name to key; on_failure: called once the disk refused, when nothing is to be trusted.

    Raises while it is made: StoreInUse, sqlite3.Error.
    """

    def __init__(
        self,
        settings: Settings,
        state: Path,
        keys: dict[str, str],
        on_failure: Callable[[BaseException], None],
        clock: Clock | None = None,
    ) -> None:
        self.keys, self.clock = keys, clock or LoopClock()
        self.store = Store(state)
        self.turn = Turn(self.store, self.clock, on_failure)
        self.namespace = Namespace(settings, self.store, self.clock, self.turn)
        self.connections: set[Connection] = set()
        self._all_left = asyncio.Event()
        self._listener: asyncio.Server | None = None

    async def listen(self, port: int) -> int:
        """Accept connections on 127.0.0.1; the port, a free one for 0. Raises: OSError."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Connection(self), "127.0.0.1", port, backlog=512)
        return int(self._listener.sockets[0].getsockname()[1])

    def left(self, connection: Connection) -> None:
        """The connection is closed."""
        self.connections.discard(connection)
        if not self.connections:
            self._all_left.set()

    async def stop(self, patience_s: float = 0.5) -> None:
        """Say goodbye to every client, and put everything on disk."""
        if self._listener:
            self._listener.close()
        self._all_left.clear()
        for connection in list(self.connections):
            connection.end("amqp:connection:forced", "The server is stopping.")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s if self.connections else 0):
                await self._all_left.wait()
        for connection in list(self.connections):
            connection.abort()
        self.turn.end()
        self.store.close()
