"""HTTP triggers: find the function, check the key, hand the request over, write the answer, as Azure does.

404 when no route and method fit (Azure does not answer 405), 401 without a fitting key, 413 over the body
limit, 500 with an empty body when the function raises.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from azure.functions.meta import Datum
from multidict import CIMultiDict

from sandbox.host.config import HostConfig
from sandbox.host.index import Function
from sandbox.host.invoke import Invoker
from sandbox.host.keys import Keys
from sandbox.host.routes import Template, parse_template

_RESERVED = ("admin", "runtime")


@dataclass(frozen=True)
class Route:
    """One HTTP function. methods: upper case, None for all."""

    template: Template
    methods: frozenset[str] | None
    level: str
    function: Function


class RouteTable:
    """All routes of the app, the more specific first."""

    def __init__(self, functions: list[Function], prefix: str) -> None:
        self.routes: list[Route] = []
        self.faults: list[str] = []
        """What is malformed, reserved or in conflict: an app with faults must not start."""
        for function in functions:
            try:
                self._add(function, prefix)
            except ValueError as error:
                self.faults.append(f"function {function.name}: {error}")
        self.routes.sort(key=lambda route: route.template.precedence)

    def _add(self, function: Function, prefix: str) -> None:
        methods = function.trigger.get("methods")
        route = Route(
            parse_template(prefix, function.trigger.get("route") or function.name),
            frozenset(method.upper() for method in methods) if methods else None,
            str(function.trigger.get("authLevel") or "FUNCTION").lower(),
            function,
        )
        if route.template.text.split("/")[0].lower() in _RESERVED:
            raise ValueError(f"the route {route.template.text!r} conflicts with the host's own routes")
        for other in self.routes:
            if _conflict(route, other):
                raise ValueError(
                    f"the route {route.template.text!r} conflicts with the one of {other.function.name}"
                )
        if not function.disabled:
            self.routes.append(route)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for a method and a raw path, with its parameters."""
        for route in self.routes:
            if route.methods is None or method in route.methods:
                parameters = route.template.match(path)
                if parameters is not None:
                    return route, parameters
        return None


def _conflict(one: Route, other: Route) -> bool:
    if one.template.text.lower() != other.template.text.lower():
        return False
    return one.methods is None or other.methods is None or bool(one.methods & other.methods)


class HttpTriggers:
    """The app's HTTP functions."""

    def __init__(self, table: RouteTable, config: HostConfig, keys: Keys, invoker: Invoker) -> None:
        self._table, self._limit_bytes, self._keys, self._invoker = (
            table,
            config.body_limit_bytes,
            keys,
            invoker,
        )

    async def handle(
        self, request: web.BaseRequest, path: str, query: str, headers: Mapping[str, str]
    ) -> web.Response:
        """Answer one request. headers: names in lower case, as the function shall see them."""
        found = self._table.find(request.method, path)
        if found is None:
            return web.Response(status=404)
        route, parameters = found
        values = query_values(query)
        presented = headers.get("x-functions-key") or values.get("code", "")
        if not self._keys.opens(route.level, route.function.name, presented):
            return web.Response(status=401)
        if (request.content_length or 0) > self._limit_bytes:
            return too_large()
        if request.body_exists:
            if headers.get("expect", "").lower() == "100-continue" and request.transport is not None:
                request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            try:
                body = await request.read()
            except web.HTTPRequestEntityTooLarge:
                return too_large()
        else:
            body = b""
        datum = _request_datum(request, headers, values, parameters, body)
        try:
            returned, outputs = await self._invoker.run(
                route.function, datum, trace_parent=headers.get("traceparent", "")
            )
        except Exception:  # logged by the invoker, with its trace
            return web.Response(status=500)
        answer = returned or next((value for _, value in outputs if value.type == "http"), None)
        return web.Response(status=204) if answer is None else _response(answer)


def too_large() -> web.Response:
    """413, and the connection ends: the rest of the body is not worth reading."""
    return web.Response(status=413, headers={"Connection": "close"})


def query_values(query: str) -> dict[str, str]:
    """Parameters as Azure hands them on: repeated ones joined by commas, empty ones left out."""
    values: dict[str, str] = {}
    for name, value in parse_qsl(query) if query else ():
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def joined_headers(headers: Any) -> dict[str, str]:
    """A request's headers with lower-case names, repeated ones joined by commas."""
    joined: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined


def _request_datum(
    request: web.BaseRequest,
    headers: Mapping[str, str],
    values: Mapping[str, str],
    parameters: Mapping[str, str],
    body: bytes,
) -> Datum:
    target = request.raw_path
    if not target.startswith("http"):
        target = f"{request.scheme}://{headers.get('host', 'localhost')}{target}"
    return Datum(
        {
            "method": Datum(request.method, "string"),
            "url": Datum(target, "string"),
            "headers": {name: Datum(value, "string") for name, value in headers.items()},
            "query": {name: Datum(value, "string") for name, value in values.items()},
            "params": {name: Datum(value, "string") for name, value in parameters.items()},
            "body": Datum(body, "bytes"),
        },
        "http",
    )


def _response(answer: Any) -> web.Response:
    if answer.type != "http":
        return web.Response(text=str(answer.value))
    value = answer.value
    headers = CIMultiDict((name, item.value) for name, item in value["headers"].items())
    for cookie in value["cookies"] or ():
        for morsel in cookie.values():
            headers.add("Set-Cookie", morsel.OutputString())
    headers.pop("Content-Length", None)
    headers.pop("Transfer-Encoding", None)
    return web.Response(status=int(value["status_code"].value), headers=headers, body=value["body"].value)
