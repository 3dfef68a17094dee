"""Incidents that people resolved or closed, in the order of their last change: what the knowledge base learns from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from shared.clients.idempotency import retrying
from shared.clients.servicenow.tables import Api

_TABLE = "/api/now/table/incident"
_STATES = ("6", "7")
"""Resolved and closed, as every instance is delivered with; a cancelled incident teaches nothing."""
_TEXTS = (
    "sys_id",
    "number",
    "state",
    "short_description",
    "description",
    "close_code",
    "close_notes",
    "correlation_id",
    "correlation_display",
    "resolved_at",
    "sys_updated_on",
)
_PEOPLE = ("caller_id", "opened_by", "assigned_to", "resolved_by", "closed_by")


class PastIncident(TypedDict):
    """service: the CI's name. people: names of those who took part. Times: ISO 8601, UTC, resolved_at may be empty."""

    sys_id: str
    number: str
    url: str
    title: str
    description: str
    service: str
    close_code: str
    close_notes: str
    correlation_id: str
    opened_by_us: bool
    people: list[str]
    resolved_at: str
    updated_at: str


class PastIncidents:
    """`client.past`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def updated_since(self, at: datetime, offset: int, limit: int) -> list[PastIncident]:
        """`limit` of those changed at `at` (UTC) or later, from the `offset`th on, the earliest change first."""
        since = at.strftime("%Y-%m-%d %H:%M:%S")
        query = f"stateIN{','.join(_STATES)}^sys_updated_on>={since}^ORDERBYsys_updated_on^ORDERBYsys_id"
        rows: list[Mapping[str, Any]] = await retrying(
            lambda: self._api.call(
                "past_incidents",
                "GET",
                _TABLE,
                params={
                    "sysparm_query": query,
                    "sysparm_fields": ",".join((*_TEXTS, *_PEOPLE, "cmdb_ci")),
                    "sysparm_display_value": "all",
                    "sysparm_exclude_reference_link": "true",
                    "sysparm_limit": limit,
                    "sysparm_offset": offset,
                },
                parse=lambda body: list(body["result"]),
            )
        )
        # An instance drops a condition it does not understand and answers with every row.
        wrong = [row for row in rows if _value(row, "state") not in _STATES]
        return [
            self._incident(row) for row in rows if row not in wrong and _value(row, "sys_updated_on") >= since
        ]

    def _incident(self, row: Mapping[str, Any]) -> PastIncident:
        people = {_shown(row, name) for name in _PEOPLE} - {""}
        return PastIncident(
            sys_id=_value(row, "sys_id"),
            number=_value(row, "number"),
            url=f"{self._api.url}/incident.do?sys_id={_value(row, 'sys_id')}",
            title=_value(row, "short_description"),
            description=_value(row, "description"),
            service=_shown(row, "cmdb_ci"),
            close_code=_value(row, "close_code"),
            close_notes=_value(row, "close_notes"),
            correlation_id=_value(row, "correlation_id"),
            opened_by_us=_value(row, "correlation_display") == "ValueFlow",
            people=sorted(people),
            resolved_at=_iso(_value(row, "resolved_at")),
            updated_at=_iso(_value(row, "sys_updated_on")),
        )


def _value(row: Mapping[str, Any], name: str) -> str:
    return str((row.get(name) or {}).get("value") or "")


def _shown(row: Mapping[str, Any], name: str) -> str:
    return str((row.get(name) or {}).get("display_value") or "")


def _iso(at: str) -> str:
    """ServiceNow's UTC time, "2026-11-21 12:00:00", as ISO 8601."""
    return f"{at.replace(' ', 'T')}Z" if at else ""
