"""Changes planned for a configuration item, whoever opened them, for the room `changes`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypedDict

from shared.clients.http import Params
from shared.clients.idempotency import retrying
from shared.clients.servicenow.tables import Api, queryable

CANCELLED = "4"
_FIELDS = "sys_id,number,state,type,short_description,cmdb_ci,start_date,end_date"
_MOST = 100


class PlannedChange(TypedDict):
    """A change with its planned time. type: normal, standard, emergency.

    state: ServiceNow's number, as text: "-5" New, "-4" Assess, "-3" Authorize, "-2" Scheduled, "-1" Implement,
    "0" Review, "3" Closed.
    """

    sys_id: str
    number: str
    url: str
    state: str
    type: str
    title: str
    cmdb_ci: str
    start_ms: int
    end_ms: int


async def planned_changes(api: Api, cmdb_ci: str, from_ms: int, to_ms: int) -> list[PlannedChange]:
    """Those whose planned time overlaps the span, oldest first; cancelled ones are none.

    An instance drops a condition it does not understand, and then answers with more: the answer is checked.
    """
    operation, item = "planned_changes", queryable("planned_changes", cmdb_ci)
    query = (
        f"cmdb_ci={item}^state!={CANCELLED}^start_date<={_plain(to_ms)}^end_date>={_plain(from_ms)}"
        "^ORDERBYDESCstart_date"
    )
    params: Params = {
        "sysparm_query": query,
        "sysparm_fields": _FIELDS,
        "sysparm_exclude_reference_link": "true",
        "sysparm_limit": _MOST,
    }
    rows = await retrying(
        lambda: api.call(
            operation,
            "GET",
            "/api/now/table/change_request",
            params=params,
            parse=lambda body: [_change(api, row) for row in body["result"] if _has_time(row)],
        )
    )
    found = [
        change
        for change in rows
        if change["cmdb_ci"] == cmdb_ci
        and change["state"] != CANCELLED
        and change["start_ms"] <= to_ms
        and change["end_ms"] >= from_ms
    ]
    return sorted(found, key=lambda change: (change["start_ms"], change["number"]))


def _has_time(row: dict[str, Any]) -> bool:
    return bool(row.get("start_date") and row.get("end_date"))


def _change(api: Api, row: dict[str, Any]) -> PlannedChange:
    return {
        "sys_id": row["sys_id"],
        "number": row["number"],
        "url": f"{api.url}/change_request.do?sys_id={row['sys_id']}",
        "state": str(int(row["state"])),
        "type": row.get("type") or "",
        "title": row.get("short_description") or "",
        "cmdb_ci": _id_of(row.get("cmdb_ci")),
        "start_ms": _ms(row["start_date"]),
        "end_ms": _ms(row["end_date"]),
    }


def _plain(at_ms: int) -> str:
    """As ServiceNow writes times: UTC, "2026-11-21 12:00:00"."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _ms(plain: str) -> int:
    return round(datetime.fromisoformat(plain).replace(tzinfo=UTC).timestamp() * 1000)


def _id_of(reference: Any) -> str:
    """Of a sys_id, or of {link, value} from an instance that ignores sysparm_exclude_reference_link."""
    return str((reference.get("value") if isinstance(reference, dict) else reference) or "")
