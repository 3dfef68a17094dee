"""The host's own API under /admin, as Azure has it; every call but the ping needs the master key.

GET  /admin/host/ping             200
GET  /admin/host/status           {"state": "Running", ...}
GET  /admin/functions[/{name}]    the functions and their bindings
POST /admin/functions/{name}      {"input": "..."}: runs a function that no HTTP request triggers, now; 202
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

from aiohttp import web

from sandbox.host.http import query_values
from sandbox.host.index import Function
from sandbox.host.keys import Keys

RunNow = Callable[[Function, str], Awaitable[object]]
_log = logging.getLogger("Host.Admin")


class AdminApi:
    """run_now: calls a function with the text a caller gave as its trigger's input."""

    def __init__(self, functions: list[Function], keys: Keys, run_now: RunNow, route_prefix: str) -> None:
        self._functions = {function.name.lower(): function for function in functions}
        self._keys, self._run_now, self._prefix = keys, run_now, route_prefix
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.BaseRequest, path: str) -> web.Response:
        """Answer one request under /admin/."""
        parts = path.strip("/").split("/")[1:]
        if parts == ["host", "ping"]:
            return web.Response()
        presented = request.headers.get("x-functions-key") or query_values(request.query_string).get("code")
        if not self._keys.opens_admin(presented or ""):
            return web.Response(status=401)
        if parts == ["host", "status"] and request.method == "GET":
            return web.json_response(
                {"id": "embedded", "state": "Running", "version": version("azure-functions-runtime")}
            )
        if parts == ["functions"] and request.method == "GET":
            origin = _origin(request)
            return web.json_response(
                [self._describe(function, origin) for function in self._functions.values()]
            )
        if len(parts) == 2 and parts[0] == "functions":
            return await self._function(request, parts[1])
        return web.Response(status=404)

    async def _function(self, request: web.BaseRequest, name: str) -> web.Response:
        function = self._functions.get(name.lower())
        if function is None:
            return web.Response(status=404)
        if request.method == "GET":
            return web.json_response(self._describe(function, _origin(request)))
        if request.method != "POST":
            return web.Response(status=404)
        try:
            given = json.loads(await request.read())["input"]
        except (ValueError, KeyError, TypeError):
            return web.json_response({"error": 'send {"input": "..."}'}, status=400)
        if function.kind == "httpTrigger":
            return web.json_response({"error": f"call {function.name} by its own address"}, status=400)
        text = given if isinstance(given, str) else json.dumps(given)
        task = asyncio.create_task(self._run(function, text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return web.Response(status=202)

    async def _run(self, function: Function, text: str) -> None:
        try:
            await self._run_now(function, text)
        except Exception as error:  # the function's own are in the log already
            _log.warning("%s, run on request, failed: %s", function.name, type(error).__name__)

    def _describe(self, function: Function, origin: str) -> dict[str, Any]:
        description: dict[str, Any] = {
            "name": function.name,
            "language": "python",
            "isDisabled": function.disabled,
            "config": {"bindings": function.bindings, "scriptFile": "function_app.py"},
        }
        if function.kind == "httpTrigger":
            route = function.trigger.get("route") or function.name
            description["invoke_url_template"] = "/".join(
                part for part in (origin, self._prefix, route) if part
            )
        return description


def _origin(request: web.BaseRequest) -> str:
    return f"{request.scheme}://{request.host}"
