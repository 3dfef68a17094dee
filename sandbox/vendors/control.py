"""/_sandbox/ on each vendor's port: look into the simulator and tell it to misbehave. Loopback only.

GET /state (all documents by kind; ?limit=n: the newest n of each), GET /journal (?operation=&after=&limit=),
GET/PUT/DELETE /faults, GET /waiting (requests that a fault keeps waiting now), GET /operations, POST /reset; vendors
add their own.
"""

import ipaddress
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.vendors.faults import KINDS
from sandbox.vendors.framework import Handler, Operation, Refusal, Vendor, json_body, reply
from sandbox.vendors.journal import KEPT

_NAMES = {"localhost", "127.0.0.1", "::1"}


def wrong(message: str, status: int = HTTPStatus.BAD_REQUEST) -> Refusal:
    """A refusal of the control API."""
    return Refusal(reply({"error": message}, status))


def control_operations(vendor: Vendor) -> Sequence[Operation]:
    """What every vendor has, and what it adds."""

    async def state(request: web.Request) -> web.Response:
        limit = _number(request, "limit", 0)  # 0 leaves none out: [-0:] is the whole list
        kinds = vendor.store.shown(vendor.name)
        return reply({kind: found.all()[-limit:] for kind, found in kinds.items()})

    async def journal(request: web.Request) -> web.Response:
        entries = vendor.journal.entries(
            request.query.get("operation", ""), _number(request, "after", 0), _number(request, "limit", KEPT)
        )
        return reply(entries)

    async def faults(_: web.Request) -> web.Response:
        return reply(vendor.faults.listed())

    async def set_faults(request: web.Request) -> web.Response:
        wanted = await json_body(request, wrong)
        try:
            vendor.faults.replace(wanted, vendor.operation_names())
        except ValueError as error:
            raise wrong(str(error)) from None
        return reply(vendor.faults.listed())

    async def clear_faults(_: web.Request) -> web.Response:
        vendor.faults.replace([], frozenset())
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def waiting(_: web.Request) -> web.Response:
        return reply(vendor.waiting)

    async def operations(_: web.Request) -> web.Response:
        return reply({"operations": sorted(vendor.operation_names()), "faults": KINDS})

    async def reset(_: web.Request) -> web.Response:
        vendor.reset()
        return web.Response(status=HTTPStatus.NO_CONTENT)

    common = [
        Operation("state", "GET", "/state", state),
        Operation("journal", "GET", "/journal", journal),
        Operation("faults", "GET", "/faults", faults),
        Operation("set_faults", "PUT", "/faults", set_faults),
        Operation("clear_faults", "DELETE", "/faults", clear_faults),
        Operation("waiting", "GET", "/waiting", waiting),
        Operation("operations", "GET", "/operations", operations),
        Operation("reset", "POST", "/reset", reset),
    ]
    every = [*common, *vendor.controls()]
    return [Operation(each.name, each.method, each.path, _guarded(each.handle)) for each in every]


def _guarded(handle: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.Response:
        try:
            _from_this_machine(request)
            return await handle(request)
        except Refusal as refusal:
            return refusal.answer

    return guarded


def _from_this_machine(request: web.Request) -> None:
    """A web page elsewhere must not steer the sandbox through somebody's browser."""
    peer = request.remote or ""
    hosts = [urlsplit(f"//{request.headers.get('Host', '')}").hostname]
    if origin := request.headers.get("Origin"):
        hosts.append(urlsplit(origin).hostname)
    if not ipaddress.ip_address(peer).is_loopback or not _NAMES.issuperset(hosts):
        raise wrong("only for this machine", HTTPStatus.FORBIDDEN)


def _number(request: web.Request, name: str, default: int) -> int:
    value = request.query.get(name, str(default))
    if not value.isdecimal():
        raise wrong(f"{name} must be a whole number")
    return int(value)
