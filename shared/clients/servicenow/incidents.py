"""Incidents: one per correlation_id, each note and the resolution once per key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from shared.clients.idempotency import Result, find_or_create, marker
from shared.clients.servicenow.notes import note_once
from shared.clients.servicenow.tables import LONG, SHORT, Api, Row, Table, correlation, cut, ending

IN_PROGRESS, RESOLVED = "2", "6"
FINAL_STATES = frozenset({RESOLVED, "7", "8"})
"""Resolved, closed, cancelled: incident states as every instance is delivered with."""

_FIELDS = "sys_id,number,state,correlation_id,short_description,close_code,close_notes,sys_created_on"


class IncidentDraft(TypedDict):
    """impact, urgency: "1" high, "2" medium, "3" low. cmdb_ci: sys_id of the CI."""

    correlation_id: str
    short_description: str
    description: str
    impact: str
    urgency: str
    category: str
    cmdb_ci: NotRequired[str]
    work_notes: NotRequired[str]


class Incident(TypedDict):
    """state: ServiceNow's number, as text. created_at: UTC, "2026-11-21 12:00:00"."""

    sys_id: str
    number: str
    url: str
    state: str
    correlation_id: str
    short_description: str
    close_code: str
    close_notes: str
    created_at: str


class OpenedIncident(Incident):
    """duplicates: numbers of younger incidents with the same correlation_id, should a race have made any."""

    result: Result
    duplicates: list[str]


class ResolvedIncident(Incident):
    """An incident that is resolved."""

    result: Result


class Incidents:
    """`client.incidents`."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._table = Table(api, "incident", _FIELDS, self._incident)

    async def open(self, draft: IncidentDraft) -> OpenedIncident:
        """Open one incident per correlation_id, however often we are called.

        ServiceNow knows no unique correlation_id, so two callers at once can make two. Both then see both,
        and both return the older.
        """
        operation = "open_incident"
        correlation_id = correlation(operation, draft["correlation_id"])
        made: set[str] = set()

        async def look() -> list[Incident] | None:
            return await self._table.find(operation, "correlation_id", correlation_id) or None

        async def write() -> list[Incident]:
            incident = await self._table.insert(operation, _row(draft))
            made.add(incident["sys_id"])
            return await look() or [incident]

        (oldest, *younger), _ = await find_or_create(look, write)
        return {
            **oldest,
            "result": "created" if oldest["sys_id"] in made else "adopted",
            "duplicates": [incident["number"] for incident in younger],
        }

    async def get(self, sys_id: str) -> Incident | None:
        """The incident, None when there is none of this sys_id."""
        return await self._table.get_or_none("incident", sys_id)

    async def add_work_note(self, sys_id: str, key: str, text: str) -> Result:
        """Write `text` into the incident's work notes, once per key; the note ends with the key's marker.

        Needs read access to sys_journal_field, where ServiceNow keeps the notes.
        """
        return await self._note("add_work_note", sys_id, key, text, {})

    async def reopen(self, sys_id: str, key: str, text: str) -> Result:
        """Put a resolved incident back to work and note why, once per key: who resolves it again meanwhile is right."""
        return await self._note("reopen_incident", sys_id, key, text, {"state": IN_PROGRESS})

    async def _note(
        self, operation: str, sys_id: str, key: str, text: str, changes: Mapping[str, str]
    ) -> Result:
        return await note_once(self._table, operation, sys_id, key, text, changes)

    async def resolve(self, sys_id: str, key: str, close_code: str, close_notes: str) -> ResolvedIncident:
        """Resolve the incident; one that is in a final state, or that this key resolved once, is adopted.

        So a person may reopen it, and a late redelivery does not close it again.
        """
        operation, mark = "resolve_incident", marker(key)
        fields = {"state": RESOLVED, "close_code": close_code, "close_notes": ending(close_notes, mark)}

        async def look() -> Incident | None:
            incident = await self._table.get(operation, sys_id)
            done = incident["state"] in FINAL_STATES or mark in incident["close_notes"]
            return incident if done else None

        incident, result = await find_or_create(look, lambda: self._table.update(operation, sys_id, fields))
        return {**incident, "result": result}

    def _incident(self, row: Row) -> Incident:
        return {
            "sys_id": row["sys_id"],
            "number": row["number"],
            "url": self._table.link(row["sys_id"]),
            "state": row["state"],
            "correlation_id": row.get("correlation_id", ""),
            "short_description": row.get("short_description", ""),
            "close_code": row.get("close_code", ""),
            "close_notes": row.get("close_notes", ""),
            "created_at": row.get("sys_created_on", ""),
        }


def _row(draft: IncidentDraft) -> dict[str, str]:
    names = ("correlation_id", "impact", "urgency", "category", "cmdb_ci", "work_notes")
    row = {name: draft[name] for name in names if draft.get(name)}  # type: ignore[literal-required]
    row["short_description"] = cut(draft["short_description"], SHORT)
    row["description"] = cut(draft["description"], LONG)
    row["correlation_display"] = "ValueFlow"
    return row
