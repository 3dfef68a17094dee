"""POST /_sandbox/changes: somebody planned a change and walked it as far as it is."""

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from sandbox.vendors.clock import now_ms, plain
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, object_body, reply
from sandbox.vendors.servicenow.change_rules import CANCELLED, IMPLEMENT, NEW, REVIEW, SCHEDULED
from sandbox.vendors.servicenow.records import Records
from sandbox.vendors.servicenow.tables import TABLES

_HOUR_MS = 60 * 60 * 1000
_WAYS = {
    NEW: (),
    SCHEDULED: (SCHEDULED,),
    IMPLEMENT: (SCHEDULED, IMPLEMENT),
    REVIEW: (SCHEDULED, IMPLEMENT, REVIEW),
    CANCELLED: (CANCELLED,),
}
"""How a standard change comes to a state."""


class Planning:
    """user: sys_id of who plans."""

    def __init__(self, records: Records, user: str) -> None:
        self._records, self._user = records, user

    def controls(self) -> Sequence[Operation]:
        return [Operation("plan_change", "POST", "/changes", self._plan)]

    async def _plan(self, request: web.Request) -> web.Response:
        """{"title", "cmdb_ci", "start_ms"?: now, "end_ms"?: an hour later, "state"?: "-1"} -> the change."""
        body = await object_body(request, wrong)
        if not body.get("title") or not body.get("cmdb_ci"):
            raise wrong("title and cmdb_ci are needed")
        start = body.get("start_ms", now_ms())
        end = body.get("end_ms", start + _HOUR_MS if isinstance(start, int) else None)
        if not isinstance(start, int) or not isinstance(end, int) or end < start:
            raise wrong("start_ms and end_ms must be whole numbers in this order")
        way = _WAYS.get(str(body.get("state", IMPLEMENT)))
        if way is None:
            raise wrong(f"state must be one of {', '.join(_WAYS)}")
        table = TABLES["change_request"]
        row = {
            "type": "standard",
            "short_description": str(body["title"]),
            "cmdb_ci": str(body["cmdb_ci"]),
            "start_date": plain(start),
            "end_date": plain(end),
        }
        made = self._records.create(table, row, self._user)
        for state in way:
            made = self._records.update(table, made["sys_id"], {"state": state}, self._user)
        return reply(made, HTTPStatus.CREATED)
