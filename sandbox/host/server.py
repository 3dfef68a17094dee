"""The front door: one HTTP server that sorts requests by their first path segment.

/ is the home page, /admin the host's own API, /runtime/webhooks/durabletask the durable management API,
/.auth App Service Authentication; everything else may be a function of the app.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.host.admin import AdminApi
from sandbox.host.config import HostConfig
from sandbox.host.durable_client import ROOT as DURABLE_ROOT
from sandbox.host.faults import StartRefused
from sandbox.host.http import HttpTriggers, joined_headers

if TYPE_CHECKING:
    from sandbox.host.durable_api import DurableApi
    from sandbox.host.signin import SignIn

_HOME = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Function app</title>
<h1>Your function app is up and running</h1></html>"""
_NO_HOME_SETTING = "AzureWebJobsDisableHomepage"
_PRINCIPAL_HEADERS = ("x-ms-client-principal", "x-ms-token-")
_log = logging.getLogger("Host.Http")


class Front:
    """Takes every request. durable, sign_in: None where the host runs without them."""

    durable: "DurableApi | None" = None

    def __init__(
        self,
        config: HostConfig,
        functions: HttpTriggers,
        admin: AdminApi,
        sign_in: "SignIn | None",
    ) -> None:
        self._limit_bytes = config.body_limit_bytes
        self._functions, self._admin, self._sign_in = functions, admin, sign_in
        self._runner: web.ServerRunner | None = None

    async def start(self, port: int) -> int:
        """Listen on 127.0.0.1; return the port (a free one when port is 0).

        Raises: StartRefused when the port is taken.
        """
        server = web.Server(
            self.handle,
            request_factory=self._request,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=120,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=0.5)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", port, backlog=512).start()
        except OSError as error:
            raise StartRefused([f"cannot listen on 127.0.0.1:{port}: {error.strerror}"]) from error
        return int(self._runner.addresses[0][1])

    async def refuse_new(self) -> None:
        """Close the listening socket; requests under way go on."""
        if self._runner:
            for site in list(self._runner.sites):
                await site.stop()

    async def stop(self) -> None:
        """Close what is left."""
        if self._runner:
            await self._runner.cleanup()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; a fault of the host itself is logged and answered 500."""
        try:
            return await self._route(request)
        except web.HTTPException as answer:
            return answer
        except asyncio.CancelledError:
            raise
        except Exception:
            _log.exception("request failed")
            return web.Response(status=500)

    async def _route(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if not path.startswith("/"):  # absolute-form, as a proxy sends it
            path = request.rel_url.raw_path
        headers = joined_headers(request.headers)
        for name in [name for name in headers if name.startswith(_PRINCIPAL_HEADERS)]:
            del headers[name]
        if self._sign_in is not None:
            if path.startswith("/.auth/"):
                return await self._sign_in.handle(request, path)
            headers |= self._sign_in.principal_headers(request)
        own = self._own(path)
        if own is not None:
            return await own(request, path)
        return await self._functions.handle(request, path, query, headers)

    def _own(self, path: str) -> Callable[[web.BaseRequest, str], Awaitable[web.StreamResponse]] | None:
        if path == "/":
            return _home
        if path.startswith("/admin/"):
            return self._admin.handle
        if self.durable is not None and path.startswith(DURABLE_ROOT + "/"):
            return self.durable.handle
        return None

    def _request(self, *arguments: object) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        return web.BaseRequest(*arguments, loop, client_max_size=self._limit_bytes)  # type: ignore[arg-type]


async def _home(request: web.BaseRequest, path: str) -> web.Response:
    if request.method not in ("GET", "HEAD"):
        return web.Response(status=404)
    if os.environ.get(_NO_HOME_SETTING, "").lower() == "true":
        return web.Response(status=204)
    return web.Response(text=_HOME, content_type="text/html")
