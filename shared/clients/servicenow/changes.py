"""Change requests: one standard change per correlation_id, walked to its end or cancelled, once per key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NotRequired, TypedDict

from shared.clients.absence import unless_absent
from shared.clients.idempotency import Result, find_or_create, marker
from shared.clients.servicenow.notes import note_once
from shared.clients.servicenow.planned_changes import CANCELLED, PlannedChange, planned_changes
from shared.clients.servicenow.tables import LONG, SHORT, VENDOR, Api, Row, Table, correlation, cut, ending
from shared.errors import VendorRefused

CLOSED = "3"
FINAL_STATES = frozenset({CLOSED, CANCELLED})

_WALK = ("-2", "-1", "0", CLOSED)
"""Scheduled, Implement, Review, Closed: where a standard change goes from New, one state at a time."""

_FIELDS = "sys_id,number,state,correlation_id,close_code,close_notes,sys_created_on"


class ChangeDraft(TypedDict):
    """assignment_group, cmdb_ci: sys_ids. start_at, end_at: the planned time, ISO 8601 with its offset."""

    correlation_id: str
    short_description: str
    description: str
    start_at: str
    end_at: str
    assignment_group: NotRequired[str]
    cmdb_ci: NotRequired[str]


class Change(TypedDict):
    """state: ServiceNow's number, as text: "-5" New to "3" Closed, "4" Canceled."""

    sys_id: str
    number: str
    url: str
    state: str
    correlation_id: str
    close_code: str
    close_notes: str


class OpenedChange(TypedDict):
    """ours: it bears the correlation_id we were given, which is how it was found or made."""

    sys_id: str
    number: str
    url: str
    ours: bool


class Changes:
    """`client.changes`."""

    def __init__(self, api: Api) -> None:
        self._table = Table(api, "change_request", _FIELDS, self._change)

    async def find(self, correlation_id: str) -> Change | None:
        """The change of this correlation_id, the oldest should a race have made two; None when there is none."""
        operation = "find_change"
        return await self._table.first(operation, "correlation_id", correlation(operation, correlation_id))

    async def open(self, draft: ChangeDraft) -> OpenedChange:
        """Open one standard change per correlation_id, however often we are called.

        ServiceNow knows no unique correlation_id: of two callers at once both may insert; both return the older.
        """
        operation = "open_change"
        correlation_id = correlation(operation, draft["correlation_id"])
        row = _row(draft)

        async def look() -> list[Change] | None:
            return await self._table.find(operation, "correlation_id", correlation_id) or None

        async def write() -> list[Change]:
            change = await self._table.insert(operation, row)
            return await look() or [change]

        (oldest, *_), _ = await find_or_create(look, write)
        return {"sys_id": oldest["sys_id"], "number": oldest["number"], "url": oldest["url"], "ours": True}

    async def close(self, sys_id: str, key: str, successful: bool, notes: str) -> Result:
        """Walk the change to Closed from wherever it stands, once per key; one that has ended is adopted.

        Raises: VendorRefused also when the instance takes a write and leaves the change in another state.
        """
        operation, mark = "close_change", marker(key)
        closing = {
            "close_code": "successful" if successful else "unsuccessful",
            "close_notes": ending(notes, mark),
        }

        async def look() -> Change | None:
            return _ended(await self._table.get(operation, sys_id), mark)

        async def walk() -> Change:
            change = await self._table.get(operation, sys_id)
            for state in _WALK:
                if int(change["state"]) < int(state):
                    change = await self._move(operation, change, state, closing if state == CLOSED else {})
            return change

        return (await find_or_create(look, walk))[1]

    async def cancel(self, sys_id: str, key: str, notes: str) -> Result:
        """Cancel the change; one that is closed, cancelled or gone is done with."""
        operation, mark = "cancel_change", marker(key)

        async def look() -> Change | None:
            return _ended(await self._table.get(operation, sys_id), mark)

        async def write() -> Change:
            change = await self._table.get(operation, sys_id)
            return await self._move(operation, change, CANCELLED, {"close_notes": ending(notes, mark)})

        done = await unless_absent(find_or_create(look, write))
        return done[1] if done else "adopted"

    async def add_work_note(self, number: str, key: str, text: str) -> Result | None:
        """Write `text` into the work notes of the change of this number, once per key. None: there is no such change.

        Needs read access to sys_journal_field, as incidents do.
        """
        operation = "note_change"
        change = await self._table.first(operation, "number", number)
        return await note_once(self._table, operation, change["sys_id"], key, text, {}) if change else None

    async def planned(self, cmdb_ci: str, from_ms: int, to_ms: int) -> list[PlannedChange]:
        """The changes of this configuration item whose planned time overlaps the span, oldest first."""
        return await planned_changes(self._table.api, cmdb_ci, from_ms, to_ms)

    async def _move(self, operation: str, change: Change, state: str, fields: Row) -> Change:
        moved = await self._table.update(operation, change["sys_id"], {"state": state, **fields})
        if moved["state"] != state:
            message = f"the change stays in state {moved['state']} when it is put to {state}"
            raise VendorRefused(VENDOR, operation, message)
        return moved

    def _change(self, row: Row) -> Change:
        return {
            "sys_id": row["sys_id"],
            "number": row["number"],
            "url": self._table.link(row["sys_id"]),
            "state": str(int(row["state"])),
            "correlation_id": row.get("correlation_id", ""),
            "close_code": row.get("close_code", ""),
            "close_notes": row.get("close_notes", ""),
        }


def _ended(change: Change, mark: str) -> Change | None:
    return change if change["state"] in FINAL_STATES or mark in change["close_notes"] else None


def _row(draft: ChangeDraft) -> dict[str, str]:
    names = ("correlation_id", "assignment_group", "cmdb_ci")
    row = {name: draft[name] for name in names if draft.get(name)}  # type: ignore[literal-required]
    return row | {
        "type": "standard",
        "correlation_display": "ValueFlow",
        "short_description": cut(draft["short_description"], SHORT),
        "description": cut(draft["description"], LONG),
        "start_date": _plain(draft["start_at"]),
        "end_date": _plain(draft["end_at"]),
    }


def _plain(moment: str) -> str:
    """ISO 8601 as ServiceNow writes times: UTC, "2026-11-21 12:00:00"."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
