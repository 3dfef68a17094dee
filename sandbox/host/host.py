"""The host put together: one function app, its triggers, its front door."""

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.host.admin import AdminApi
from sandbox.host.config import HostConfig
from sandbox.host.durable_client import client_payload
from sandbox.host.faults import StartRefused
from sandbox.host.http import HttpTriggers, RouteTable
from sandbox.host.index import Function, load_functions
from sandbox.host.invoke import Invoker
from sandbox.host.keys import DURABLE_KEY, load_keys
from sandbox.host.server import Front
from sandbox.host.settings import connection_string
from sandbox.host.timers import Timer

# Imported where an app needs them: they bring the Service Bus SDK, gRPC and cryptography.
if TYPE_CHECKING:
    from sandbox.host.durable_pump import Pump
    from sandbox.host.service_bus import Listener
    from sandbox.host.signin import SignIn

GRACE_S = 1.2
_BUILT_IN = "BuiltIn__"  # every durable app carries these; they alone need no backend


class Host:
    """Runs one app.

    app_dir: folder of function_app.py; keys_file: made when absent; backend: host:port of the durable
    backend; issuer: OpenID issuer for sign-in.
    """

    def __init__(
        self, app_dir: Path, config: HostConfig, keys_file: Path, backend: str | None, issuer: str | None
    ) -> None:
        """Load and index the app. Raises: StartRefused with all faults."""
        self._config, self._backend, self._issuer = config, backend, issuer
        self._keys = load_keys(keys_file)
        faults: list[str] = []
        self.functions = load_functions(app_dir, faults)
        self._invoker = Invoker()
        self._timers = self._make_timers(faults)
        self._routes = self._make_routes(faults)
        if backend is None and any(_needs_backend(function) for function in self.functions):
            faults.append("the app has durable functions: give the backend's address with --durable")
        if faults:
            raise StartRefused(faults)
        self._listeners = self._make_listeners()
        self._stopping = asyncio.Event()
        self._timer_tasks: list[asyncio.Task[None]] = []
        self._pump: Pump | None = None
        self._sign_in: SignIn | None = None
        self._front: Front | None = None

    async def start(self, port: int) -> int:
        """Take work: HTTP first, then all else. Returns the port in use."""
        admin = AdminApi(self.functions, self._keys, self._run_now, self._config.route_prefix)
        functions = HttpTriggers(self._routes, self._config, self._keys, self._invoker)
        if self._issuer is not None:
            from sandbox.host.signin import SignIn

            self._sign_in = SignIn(self._issuer)
        self._front = Front(self._config, functions, admin, self._sign_in)
        port = await self._front.start(port)
        if self._backend is not None:
            self._start_durable(self._front, port, self._backend)
        for function in self.functions:
            if function.disabled:
                continue
            if function.name in self._listeners:
                self._listeners[function.name].start()
            elif function.name in self._timers:
                timer = self._timers[function.name].run(self._stopping)
                self._timer_tasks.append(asyncio.create_task(timer))
        return port

    async def stop(self) -> bool:
        """Take no more, let what runs finish for GRACE_S seconds, give the rest back.

        Returns whether nothing is left that the end of the process would wait for.
        """
        self._stopping.set()
        if self._front is not None:
            await self._front.refuse_new()
        if self._pump is not None:
            self._pump.stop_taking()
        await asyncio.gather(*(one.stop_receiving() for one in self._listeners.values()))
        finishing = [asyncio.create_task(one.finish(GRACE_S)) for one in self._listeners.values()]
        if self._pump is not None:
            finishing.append(asyncio.create_task(self._pump.finish(GRACE_S)))
        await self._invoker.drain(GRACE_S)
        in_order = await asyncio.gather(*finishing, return_exceptions=True)
        finished = not self._invoker.running and all(one is True for one in in_order)
        for task in self._timer_tasks:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                if self._front is not None:
                    await self._front.stop()
                if self._sign_in is not None:
                    await self._sign_in.close()
        return finished

    def _start_durable(self, front: Front, port: int, backend: str) -> None:
        from sandbox.host.durable_api import DurableApi
        from sandbox.host.durable_pump import Pump

        hub, key = self._config.durable.hub_name, self._keys.system[DURABLE_KEY]
        payload = client_payload(port, backend, hub, key)
        self._invoker.client_payload = payload
        front.durable = DurableApi(payload, self.functions, self._keys)
        self._pump = Pump(self.functions, backend, self._config.durable, self._invoker)
        self._pump.start()

    async def _run_now(self, function: Function, text: str) -> None:
        from azure.functions.meta import Datum

        if function.name in self._timers:
            await self._timers[function.name].fire()
        elif function.name in self._listeners:
            await self._listeners[function.name].run_now(text)
        else:
            await self._invoker.run(function, Datum(text, "string"))

    def _make_timers(self, faults: list[str]) -> dict[str, Timer]:
        timers = {}
        for function in self._of_kind("timerTrigger"):
            try:
                timers[function.name] = Timer(function, self._invoker)
            except ValueError as error:
                faults.append(f"function {function.name}: {error}")
        return timers

    def _make_routes(self, faults: list[str]) -> RouteTable:
        table = RouteTable(self._of_kind("httpTrigger"), self._config.route_prefix)
        faults += table.faults
        return table

    def _make_listeners(self) -> "dict[str, Listener]":
        functions = self._of_kind("serviceBusTrigger")
        if not functions:
            return {}
        from sandbox.host.service_bus import Listener

        return {
            function.name: Listener(
                function,
                connection_string(function.trigger.get("connection") or "AzureWebJobsServiceBus") or "",
                self._config.service_bus,
                self._invoker,
            )
            for function in functions
        }

    def _of_kind(self, kind: str) -> list[Function]:
        return [function for function in self.functions if function.kind == kind]


def _needs_backend(function: Function) -> bool:
    client = any(binding["type"] == "durableClient" for binding in function.bindings)
    return client or (function.is_durable and not function.name.startswith(_BUILT_IN))
