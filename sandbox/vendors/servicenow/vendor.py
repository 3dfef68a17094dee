"""ServiceNow put together: the Table API at /api/now/table/{table}, and who may use it."""

import hashlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, override

from aiohttp import web

from sandbox.vendors.framework import Operation, Vendor, note, object_body, reply
from sandbox.vendors.servicenow import answers, queries
from sandbox.vendors.servicenow.oauth import OAuth
from sandbox.vendors.servicenow.planning import Planning
from sandbox.vendors.servicenow.records import Records
from sandbox.vendors.servicenow.rules import Row
from sandbox.vendors.servicenow.tables import TABLES, Table
from sandbox.vendors.servicenow.views import shown
from sandbox.vendors.store import Store

_PATH = "/api/now/table/{table}"
_DEFAULT_LIMIT = 10_000
_PEOPLE = ("Ana Souza", "Bruno Lima", "Carla Dias", "Davi Rocha")


def _sys_id(name: str) -> str:
    """The same id in every instance, so that what refers to a seeded row survives a reset."""
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


_SERVICE_ACCOUNT = _sys_id("valueflow")


class ServiceNow(Vendor):
    """One instance."""

    name = "servicenow"

    def __init__(self, store: Store, credentials: Mapping[str, str]) -> None:
        super().__init__(store, credentials)
        self._oauth = OAuth(self.collection("_token"), credentials)
        self._records = Records(store, self.collection, self.collection("_counter"))
        self._planning = Planning(self._records, _SERVICE_ACCOUNT)

    @override
    def operations(self) -> Sequence[Operation]:
        one = _PATH + "/{sys_id}"
        return [
            *self._oauth.operations(),
            _operation("list", "GET", _PATH, self._list),
            _operation("create", "POST", _PATH, self._create),
            _operation("get", "GET", one, self._get),
            _operation("update", "PATCH", one, self._update),
            _operation("update", "PUT", one, self._update),
            _operation("delete", "DELETE", one, self._delete),
        ]

    @override
    def controls(self) -> Sequence[Operation]:
        return [*self._oauth.controls(), *self._planning.controls()]

    @override
    def authenticate(self, request: web.Request) -> None:
        self._oauth.check(request)

    @override
    def error(self, status: int, message: str) -> web.Response:
        return answers.error(status, message)

    @override
    def seed(self) -> None:
        self._add_user("valueflow", "ValueFlow")
        self._add_user("admin", "System Administrator")
        for name in _PEOPLE:
            self._add_user(name.lower().replace(" ", "."), name)
        group = {"sys_id": _sys_id("platform"), "name": "Platform", "description": "Platform engineering"}
        self._records.create(TABLES["sys_user_group"], group, _SERVICE_ACCOUNT)

    def _add_user(self, user_name: str, name: str) -> None:
        first, _, last = name.partition(" ")
        row = {"sys_id": _sys_id(user_name), "user_name": user_name, "name": name}
        row |= {"first_name": first, "last_name": last, "email": f"{user_name}@sandbox.example"}
        self._records.create(TABLES["sys_user"], row, _SERVICE_ACCOUNT)

    async def _list(self, request: web.Request) -> web.Response:
        table = _table(request)
        query = queries.parse(request.query.get("sysparm_query", ""), table.defaults)
        limit = _number(request, "sysparm_limit", _DEFAULT_LIMIT)
        offset = _number(request, "sysparm_offset", 0)
        found = self._records.find(table, query)
        headers = {"X-Total-Count": str(len(found))}
        if links := _links(request, self.url, len(found), limit, offset):
            headers["Link"] = links
        rows = [self._shown(request, table, row) for row in found[offset : offset + limit]]
        return reply({"result": rows}, headers=headers)

    async def _get(self, request: web.Request) -> web.Response:
        table = _table(request)
        row = self._records.get(table, request.match_info["sys_id"])
        return reply({"result": self._shown(request, table, row)})

    async def _create(self, request: web.Request) -> web.Response:
        table = _table(request)
        row = self._records.create(table, await _fields(request), _SERVICE_ACCOUNT)
        _note(request, row)
        location = {"Location": f"{self.url}/api/now/table/{table.name}/{row['sys_id']}"}
        return reply({"result": self._shown(request, table, row)}, HTTPStatus.CREATED, location)

    async def _update(self, request: web.Request) -> web.Response:
        table, sys_id = _table(request), request.match_info["sys_id"]
        row = self._records.update(table, sys_id, await _fields(request), _SERVICE_ACCOUNT)
        _note(request, row)
        return reply({"result": self._shown(request, table, row)})

    async def _delete(self, request: web.Request) -> web.Response:
        self._records.delete(_table(request), request.match_info["sys_id"])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _shown(self, request: web.Request, table: Table, row: Mapping[str, str]) -> dict[str, Any]:
        return shown(table, row, request.query, self.url, self._display_name)

    def _display_name(self, table: str, sys_id: str) -> str:
        target = TABLES.get(table)
        row = self.collection(target.name).get(sys_id) if target else None
        return str(row.get("name") or row.get("number")) if row else sys_id


def _operation(verb: str, method: str, path: str, handle: Any) -> Operation:
    """`create_incident` and so on; `list_incident` reads many."""
    names = [f"{verb}_{table}" for table in TABLES]

    def name(request: web.Request) -> str:
        wanted = f"{verb}_{request.match_info['table']}"
        return wanted if wanted in names else "unknown"

    return Operation(name, method, path, handle, names=names)


def _table(request: web.Request) -> Table:
    name = request.match_info["table"]
    if name not in TABLES:
        raise answers.refuse(HTTPStatus.BAD_REQUEST, f"Invalid table {name}")
    return TABLES[name]


async def _fields(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        detail = f"Content type {request.content_type} is not supported"
        raise answers.refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type", detail)
    return await object_body(request, answers.unreadable)


def _note(request: web.Request, row: Row) -> None:
    note(
        request,
        sys_id=row["sys_id"],
        number=row.get("number"),
        correlation_id=row.get("correlation_id"),
        state=row.get("state"),
    )


def _number(request: web.Request, name: str, default: int) -> int:
    """ServiceNow falls back to its default for what is no number."""
    value = request.query.get(name, "")
    return int(value) if value.isdecimal() else default


def _links(request: web.Request, url: str, total: int, limit: int, offset: int) -> str:
    """The pages around this one, as RFC 8288 writes them."""
    if limit <= 0:
        return ""
    last = max(0, (total - 1) // limit * limit)
    targets = {"first": 0, "prev": offset - limit, "next": offset + limit, "last": last}
    return ",".join(
        f'<{url}{request.rel_url.update_query(sysparm_limit=limit, sysparm_offset=at)}>;rel="{rel}"'
        for rel, at in targets.items()
        if 0 <= at <= last and not (rel == "next" and at >= total)
    )
