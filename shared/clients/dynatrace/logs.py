"""Log records of Dynatrace, found by a query: GET /api/v2/logs/search.

Vendor's page: https://docs.dynatrace.com/docs/dynatrace-api/environment-api/log-monitoring-v2/get-search-logs
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from shared.clients.dynatrace.api import Api, checked_ids, type_of
from shared.clients.http import Params
from shared.clients.idempotency import retrying

MOST_RECORDS = 1000
"""Of one answer: the vendor's limit."""


class Record(TypedDict):
    """level: what the source called it (SEVERE, FATAL, ...), else the status. attributes: each with its values."""

    at_ms: int
    status: str
    level: str
    content: str
    attributes: dict[str, list[str]]


class Found(TypedDict):
    """records: newest first. is_whole: False where there are more than were asked for."""

    records: list[Record]
    is_whole: bool


class Logs:
    """`client.logs`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def search(self, query: str, from_ms: int, to_ms: int, limit: int = MOST_RECORDS) -> Found:
        """The newest records that meet the query (Dynatrace's log search language; see `of_entities`)."""
        params: Params = {
            "query": query,
            "from": from_ms,
            "to": to_ms,
            "limit": limit,
            "sort": "-timestamp",
        }
        return await retrying(
            lambda: self._api.call("logs", "GET", "/api/v2/logs/search", params=params, parse=_found)
        )


def of_entities(entity_ids: Sequence[str], statuses: Sequence[str]) -> str:
    """The query for records of any of the entities with any of the statuses. Raises: VendorRefused for odd ids."""
    mine = " OR ".join(f'{attribute(one)}="{one}"' for one in checked_ids("logs", entity_ids))
    wanted = " OR ".join(f'status="{status}"' for status in statuses)
    return f"({wanted}) AND ({mine})"


def attribute(entity_id: str) -> str:
    """The attribute under which a record names an entity of this type: "dt.entity.service"."""
    return f"dt.entity.{type_of(entity_id).lower()}"


def _found(body: Mapping[str, Any]) -> Found:
    return {
        "records": [_record(record) for record in body["results"]],
        "is_whole": not body.get("nextSliceKey"),
    }


def _record(body: Mapping[str, Any]) -> Record:
    columns = {name: list(values) for name, values in (body.get("additionalColumns") or {}).items()}
    status = body.get("status") or "NONE"
    return {
        "at_ms": int(body["timestamp"]),
        "status": status,
        "level": next(iter(columns.get("loglevel") or []), status),
        "content": body.get("content") or "",
        "attributes": columns,
    }
