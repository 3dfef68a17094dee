"""The vendors on the wire: one aiohttp site each, on 127.0.0.1."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from sandbox.vendors.control import control_operations
from sandbox.vendors.framework import Vendor, application

HOST = "127.0.0.1"
_SHUTDOWN_S = 0.5


class Server:
    """Start it inside a running event loop; stop it there, too."""

    def __init__(self, vendors: Mapping[str, Vendor]) -> None:
        self._vendors = vendors
        self._runners: list[web.AppRunner] = []

    async def start(self, ports: Mapping[str, int]) -> dict[str, int]:
        """Listen; return each vendor's port. ports: wanted ones, 0 or absent for any free one. Raises: OSError."""
        for name, vendor in self._vendors.items():
            runner = web.AppRunner(
                application(vendor, control_operations(vendor)), access_log=None, shutdown_timeout=_SHUTDOWN_S
            )
            await runner.setup()
            self._runners.append(runner)
            await web.TCPSite(runner, HOST, ports.get(name, 0), backlog=512).start()
            vendor.port = int(runner.addresses[0][1])
        # Only when all listen: what a vendor takes up again may need another one.
        for vendor in self._vendors.values():
            vendor.start()
        return {name: vendor.port for name, vendor in self._vendors.items()}

    async def stop(self) -> None:
        for vendor in self._vendors.values():
            vendor.stop_tasks()
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))
