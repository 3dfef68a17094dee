"""ServiceNow, the system of record: incidents and their work notes, through the Table API.

The activities call it. Vendor's page: https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from shared.clients.http import Params, call, http_client, nothing
from shared.clients.idempotency import Result, find_or_create, marker, retrying
from shared.errors import VendorRefused

if TYPE_CHECKING:
    import httpx

VENDOR = "servicenow"
RESOLVED = "6"
FINAL_STATES = frozenset({RESOLVED, "7", "8"})
"""Resolved, closed, cancelled: incident states as every instance is delivered with."""

_INCIDENTS = "/api/now/table/incident"
_FIELDS = "sys_id,number,state,correlation_id,short_description,close_code,close_notes,sys_created_on"
_ANSWER = {"sysparm_fields": _FIELDS, "sysparm_exclude_reference_link": "true"}
_SHORT, _LONG, _CORRELATION = 160, 4000, 100  # column sizes; ServiceNow cuts what is longer, silently


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


def servicenow_client(
    url: str, client_id: str, client_secret: str, transport: httpx.AsyncBaseTransport | None = None
) -> ServiceNowClient:
    """url: the instance's, for example https://contoso.service-now.com."""
    from shared.clients.auth import client_credentials

    http = http_client(url, transport=transport)
    http.auth = client_credentials(http, VENDOR, "/oauth_token.do", client_id, client_secret)
    return ServiceNowClient(http)


class ServiceNowClient:
    """The part of ServiceNow's Table API this app uses.

    http: a client with base_url, auth and timeout (seconds) already set.
    All methods raise VendorUnavailable (try later) and VendorRefused (do not).
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._call = partial(call, http, VENDOR)
        self._url = str(http.base_url).rstrip("/")
        self.aclose = http.aclose

    async def open_incident(self, draft: IncidentDraft) -> OpenedIncident:
        """Open one incident per correlation_id, however often we are called.

        ServiceNow knows no unique correlation_id, so two callers at once can make two. Both then see both,
        and both return the older.
        """
        operation = "open_incident"
        correlation_id = _queryable(operation, draft["correlation_id"])
        if len(correlation_id) > _CORRELATION:
            message = f"a correlation_id has at most {_CORRELATION} characters"
            raise VendorRefused(VENDOR, operation, message)

        made: set[str] = set()

        async def look() -> list[Incident] | None:
            return await self._correlated(operation, correlation_id) or None

        async def write() -> list[Incident]:
            incident = await self._insert(operation, draft)
            made.add(incident["sys_id"])
            return await self._correlated(operation, correlation_id) or [incident]

        (oldest, *younger), _ = await find_or_create(look, write)
        return {
            **oldest,
            "result": "created" if oldest["sys_id"] in made else "adopted",
            "duplicates": [incident["number"] for incident in younger],
        }

    async def incident(self, sys_id: str) -> Incident | None:
        """The incident, None when there is none of this sys_id."""
        try:
            return await retrying(lambda: self._get("incident", sys_id))
        except VendorRefused as refused:
            if refused.status == 404:
                return None
            raise

    async def add_work_note(self, sys_id: str, key: str, text: str) -> Result:
        """Write `text` into the incident's work notes, once per key; the note ends with the key's marker.

        Needs read access to sys_journal_field, where ServiceNow keeps the notes.
        """
        operation, path, mark = "add_work_note", _path("add_work_note", sys_id), marker(key)

        async def look() -> bool | None:
            rows = await self._call(
                operation,
                "GET",
                "/api/now/table/sys_journal_field",
                params={
                    "sysparm_query": f"element_id={sys_id}^element=work_notes^valueLIKE{mark}",
                    "sysparm_fields": "sys_id,element_id,value",
                    "sysparm_limit": 100,
                },
                parse=lambda body: [row for row in body["result"] if row["element_id"] == sys_id],
            )
            # An instance drops a condition it does not understand and answers with every row.
            return any(mark in row["value"] for row in rows) or None

        async def write() -> bool:
            note = {"work_notes": f"{text}\n{mark}"}
            await self._call(operation, "PATCH", path, json=note, params=_ANSWER, parse=nothing)
            return True

        return (await find_or_create(look, write))[1]

    async def resolve_incident(
        self, sys_id: str, key: str, close_code: str, close_notes: str
    ) -> ResolvedIncident:
        """Resolve the incident; one that is in a final state, or that this key resolved once, is adopted.

        So a person may reopen it, and a late redelivery does not close it again.
        """
        operation, path, mark = "resolve_incident", _path("resolve_incident", sys_id), marker(key)
        fields = {"state": RESOLVED, "close_code": close_code, "close_notes": _ending(close_notes, mark)}

        async def look() -> Incident | None:
            incident = await self._get(operation, sys_id)
            done = incident["state"] in FINAL_STATES or mark in incident["close_notes"]
            return incident if done else None

        async def write() -> Incident:
            return await self._call(
                operation, "PATCH", path, json=fields, params=_ANSWER, parse=self._one_incident
            )

        incident, result = await find_or_create(look, write)
        return {**incident, "result": result}

    async def update_incident(self, sys_id: str, fields: Mapping[str, str]) -> Incident:
        """Set fields of the incident. Doing it twice is doing it once, so no journal fields here."""
        if journal := {"work_notes", "comments", "comments_and_work_notes"} & fields.keys():
            raise ValueError(f"each write of {', '.join(sorted(journal))} adds a note: use add_work_note")
        path, operation = _path("update_incident", sys_id), "update_incident"
        return await retrying(
            lambda: self._call(
                operation, "PATCH", path, json=dict(fields), params=_ANSWER, parse=self._one_incident
            )
        )

    async def set_incident_state(self, sys_id: str, state: str) -> Incident:
        """Set the state. "1" new, "2" in progress, "3" on hold; for "6", resolved, use resolve_incident."""
        return await self.update_incident(sys_id, {"state": state})

    async def ping(self) -> None:
        """One cheap read, one try: raises when ServiceNow does not answer or does not accept us."""
        params: Params = {"sysparm_limit": 1, "sysparm_fields": "sys_id"}
        await self._call("ping", "GET", _INCIDENTS, params=params, parse=lambda body: body["result"])

    async def _correlated(self, operation: str, correlation_id: str) -> list[Incident]:
        """Oldest first. An instance drops a condition it does not understand, so the answer is checked."""
        incidents = await self._call(
            operation,
            "GET",
            _INCIDENTS,
            params={
                **_ANSWER,
                "sysparm_query": f"correlation_id={correlation_id}^ORDERBYsys_created_on",
                "sysparm_limit": 100,
            },
            parse=lambda body: [self._incident(row) for row in body["result"]],
        )
        ours = [incident for incident in incidents if incident["correlation_id"] == correlation_id]
        return sorted(ours, key=lambda incident: (incident["created_at"], incident["number"]))

    async def _insert(self, operation: str, draft: IncidentDraft) -> Incident:
        names = ("correlation_id", "impact", "urgency", "category", "cmdb_ci", "work_notes")
        body = {name: draft[name] for name in names if draft.get(name)}  # type: ignore[literal-required]
        body["short_description"] = _cut(draft["short_description"], _SHORT)
        body["description"] = _cut(draft["description"], _LONG)
        body["correlation_display"] = "ValueFlow"
        return await self._call(
            operation, "POST", _INCIDENTS, json=body, params=_ANSWER, parse=self._one_incident
        )

    async def _get(self, operation: str, sys_id: str) -> Incident:
        return await self._call(
            operation, "GET", _path(operation, sys_id), params=_ANSWER, parse=self._one_incident
        )

    def _one_incident(self, body: Any) -> Incident:
        return self._incident(body["result"])

    def _incident(self, row: Mapping[str, str]) -> Incident:
        return {
            "sys_id": row["sys_id"],
            "number": row["number"],
            "url": f"{self._url}/incident.do?sys_id={row['sys_id']}",
            "state": row["state"],
            "correlation_id": row.get("correlation_id", ""),
            "short_description": row.get("short_description", ""),
            "close_code": row.get("close_code", ""),
            "close_notes": row.get("close_notes", ""),
            "created_at": row.get("sys_created_on", ""),
        }


def _path(operation: str, sys_id: str) -> str:
    if not re.fullmatch("[0-9a-f]{32}", sys_id):
        raise VendorRefused(VENDOR, operation, "a sys_id has 32 hexadecimal digits")
    return f"{_INCIDENTS}/{sys_id}"


def _queryable(operation: str, value: str) -> str:
    """A value that cannot end its condition in an encoded query and is not run as a script."""
    if not value or "^" in value or not value.isprintable() or value.lower().startswith("javascript:"):
        message = "a value to look for is empty, starts as a script, or holds '^' or control characters"
        raise VendorRefused(VENDOR, operation, message)
    return value


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _ending(text: str, mark: str) -> str:
    return f"{_cut(text, _LONG - len(mark) - 1)}\n{mark}"
