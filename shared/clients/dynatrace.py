"""Dynatrace, the observer: problems, entities, deployments and metrics, through the Environment API v2.

The activities call it. Vendor's page: https://docs.dynatrace.com/docs/dynatrace-api/environment-api
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from shared.clients.http import Params, call, http_client, nothing, segment
from shared.clients.idempotency import Result, find_or_create, marker, retrying
from shared.errors import VendorRefused

if TYPE_CHECKING:
    import httpx

VENDOR = "dynatrace"
OPEN_PROBLEMS_FROM = "now-30d"
"""How far back `open_problems` looks; Dynatrace's own default of two hours misses the long ones."""

_MAX_PAGES = 50


class EntityRef(TypedDict):
    """An entity as others mention it. name: empty when Dynatrace knows none."""

    entity_id: str
    name: str


class Evidence(TypedDict):
    """One finding of Dynatrace's own analysis. type: EVENT, METRIC, TRANSACTIONAL, ..."""

    type: str
    name: str
    entity: EntityRef
    start_ms: int
    is_root_cause: bool


class Problem(TypedDict):
    """status: OPEN or CLOSED, but treat others as not closed. Times in milliseconds since 1970, UTC."""

    problem_id: str
    display_id: str
    title: str
    status: str
    severity: str
    impact: str
    start_ms: int
    end_ms: int | None
    affected: list[EntityRef]
    impacted: list[EntityRef]
    root_cause: EntityRef | None
    evidence: list[Evidence]
    url: str


class Entity(TypedDict):
    """A monitored entity. tags: "[AZURE]owner:payments" and the like; properties: as Dynatrace has them."""

    entity_id: str
    type: str
    name: str
    tags: list[str]
    properties: dict[str, Any]


class Deployment(TypedDict):
    """A CUSTOM_DEPLOYMENT event. properties: what the pipeline sent along, by key."""

    event_id: str
    title: str
    entity: EntityRef
    start_ms: int
    end_ms: int | None
    properties: dict[str, str]


def dynatrace_client(
    url: str, token: str, transport: httpx.AsyncBaseTransport | None = None
) -> DynatraceClient:
    """url: the environment's address, without /api/v2."""
    headers = {"Authorization": f"Api-Token {token}"}
    return DynatraceClient(http_client(url, headers=headers, transport=transport))


class DynatraceClient:
    """The part of Dynatrace's Environment API v2 this app uses.

    http: a client with base_url, token and timeout (seconds) already set.
    All methods raise VendorUnavailable (try later) and VendorRefused (do not).
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._call = partial(call, http, VENDOR)
        self._url = str(http.base_url).rstrip("/")
        self.aclose = http.aclose

    async def problem(self, problem_id: str) -> Problem | None:
        """The problem with its evidence, None when there is none of this id."""
        path = f"/api/v2/problems/{segment(problem_id)}"
        params = {"fields": "evidenceDetails"}
        return await _or_none(
            retrying(lambda: self._call("problem", "GET", path, params=params, parse=self._problem))
        )

    async def open_problems(self) -> list[Problem]:
        """All that are open now, without their evidence."""
        params: Params = {"problemSelector": 'status("open")', "from": OPEN_PROBLEMS_FROM, "pageSize": 500}
        found = await retrying(lambda: self._pages("open_problems", "/api/v2/problems", "problems", params))
        return [self._problem(problem) for problem in found]

    async def entity(self, entity_id: str) -> Entity | None:
        """The entity, None when there is none of this id."""
        path = f"/api/v2/entities/{segment(entity_id)}"
        params = {"fields": "+tags,+properties"}
        return await _or_none(
            retrying(lambda: self._call("entity", "GET", path, params=params, parse=_entity))
        )

    async def deployments(self, entity_id: str, from_ms: int, to_ms: int) -> list[Deployment]:
        """Deployments to the entity between two times, newest first."""
        operation = "deployments"
        params: Params = {
            "eventSelector": 'eventType("CUSTOM_DEPLOYMENT")',
            "entitySelector": _selector(operation, entity_id),
            "from": from_ms,
            "to": to_ms,
            "pageSize": 100,
        }
        found = await retrying(lambda: self._pages(operation, "/api/v2/events", "events", params))
        return sorted(map(_deployment, found), key=lambda deployment: deployment["start_ms"], reverse=True)

    async def metric(
        self, selector: str, entity_id: str, from_ms: int, to_ms: int, resolution: str
    ) -> list[tuple[int, float | None]]:
        """(start of the slot in ms, value) by time; None where the slot has no data. Empty: no series at all.

        selector: one that yields one series for one entity, for example
        `builtin:service.errors.total.rate:splitBy("dt.entity.service")`. resolution: "1m", "5m", ...
        """
        operation = "metric"
        params: Params = {
            "metricSelector": selector,
            "entitySelector": _selector(operation, entity_id),
            "from": from_ms,
            "to": to_ms,
            "resolution": resolution,
        }

        async def query() -> list[list[tuple[int, float | None]]]:
            return await self._call(
                operation, "GET", "/api/v2/metrics/query", params=params, parse=_all_series
            )

        series = await retrying(query)
        if len(series) > 1:
            message = f"the selector yields {len(series)} series for one entity: add :splitBy or :merge to it"
            raise VendorRefused(VENDOR, operation, message)
        return series[0] if series else []

    async def comment_on_problem(self, problem_id: str, key: str, text: str) -> Result:
        """Comment once per key, however often we are called; the comment ends with the key's marker."""
        operation, mark = "comment_on_problem", marker(key)
        path = f"/api/v2/problems/{segment(problem_id)}/comments"

        async def look() -> bool | None:
            comments = await self._pages(operation, path, "comments", {"pageSize": 500})
            return any(mark in (comment.get("content") or "") for comment in comments) or None

        async def write() -> bool:
            comment = {"message": f"{text}\n{mark}", "context": "ValueFlow"}
            await self._call(operation, "POST", path, json=comment, parse=nothing)
            return True

        return (await find_or_create(look, write))[1]

    async def ping(self) -> None:
        """One cheap read, one try: raises when Dynatrace does not answer or does not accept us."""
        await self._call(
            "ping", "GET", "/api/v2/problems", params={"pageSize": 1}, parse=lambda body: body["problems"]
        )

    async def _pages(self, operation: str, path: str, name: str, params: Params) -> list[dict[str, Any]]:
        """The list `name` of all pages. Dynatrace takes no other parameter beside nextPageKey."""
        items: list[dict[str, Any]] = []
        for _ in range(_MAX_PAGES):
            page, next_key = await self._call(
                operation,
                "GET",
                path,
                params=params,
                parse=lambda body: ([dict(item) for item in body[name]], body.get("nextPageKey")),
            )
            items += page
            if not next_key:
                return items
            params = {"nextPageKey": next_key}
        raise VendorRefused(VENDOR, operation, f"more than {_MAX_PAGES} pages: narrow the question")

    def _problem(self, body: Mapping[str, Any]) -> Problem:
        root_cause = body.get("rootCauseEntity")
        return {
            "problem_id": body["problemId"],
            "display_id": body["displayId"],
            "title": body["title"],
            "status": body["status"],
            "severity": body["severityLevel"],
            "impact": body["impactLevel"],
            "start_ms": body["startTime"],
            "end_ms": body["endTime"] if body["endTime"] > 0 else None,
            "affected": [_ref(entity) for entity in body["affectedEntities"]],
            "impacted": [_ref(entity) for entity in body["impactedEntities"]],
            "root_cause": _ref(root_cause) if root_cause else None,
            "evidence": [_evidence(item) for item in (body.get("evidenceDetails") or {}).get("details", [])],
            "url": f"{self._url}/#problems/problemdetails;pid={segment(body['problemId'])}",
        }


async def _or_none[T](found: Awaitable[T]) -> T | None:
    """None for 404."""
    try:
        return await found
    except VendorRefused as refused:
        if refused.status == 404:
            return None
        raise


def _selector(operation: str, entity_id: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", entity_id):
        raise VendorRefused(VENDOR, operation, "an entity id has letters, digits, '_' and '-' only")
    return f'entityId("{entity_id}")'


def _ref(body: Mapping[str, Any]) -> EntityRef:
    return {"entity_id": body["entityId"]["id"], "name": body.get("name") or ""}


def _evidence(body: Mapping[str, Any]) -> Evidence:
    return {
        "type": body["evidenceType"],
        "name": body["displayName"],
        "entity": _ref(body["entity"]),
        "start_ms": body["startTime"],
        "is_root_cause": bool(body.get("rootCauseRelevant")),
    }


def _entity(body: Mapping[str, Any]) -> Entity:
    return {
        "entity_id": body["entityId"],
        "type": body.get("type") or "",
        "name": body.get("displayName") or "",
        "tags": [tag["stringRepresentation"] for tag in body.get("tags") or []],
        "properties": dict(body.get("properties") or {}),
    }


def _deployment(body: Mapping[str, Any]) -> Deployment:
    return {
        "event_id": body["eventId"],
        "title": body.get("title") or "",
        "entity": _ref(body["entityId"]),
        "start_ms": body["startTime"],
        "end_ms": body.get("endTime"),
        "properties": {item["key"]: item["value"] for item in body.get("properties") or []},
    }


def _all_series(body: Mapping[str, Any]) -> list[list[tuple[int, float | None]]]:
    return [
        list(zip(series["timestamps"], series["values"], strict=True))
        for result in body["result"]
        for series in result["data"]
    ]
