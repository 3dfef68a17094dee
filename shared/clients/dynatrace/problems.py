"""Problems of Dynatrace: read with their evidence, commented once per key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from shared.clients.absence import unless_absent
from shared.clients.dynatrace.api import Api
from shared.clients.dynatrace.entities import EntityRef, entity_ref
from shared.clients.http import Params, nothing, segment
from shared.clients.idempotency import Result, find_or_create, marker, retrying

OPEN_PROBLEMS_FROM = "now-30d"
"""How far back `open` looks; Dynatrace's own default of two hours misses the long ones."""

_PATH = "/api/v2/problems"


class Evidence(TypedDict):
    """One finding of Dynatrace's own analysis. type: EVENT, METRIC, ...; event_type: of an EVENT, where told."""

    type: str
    name: str
    entity: EntityRef
    start_ms: int
    is_root_cause: bool
    event_type: NotRequired[str]


class Problem(TypedDict):
    """status: OPEN or CLOSED, but treat others as not closed. Times in milliseconds since 1970, UTC.

    affected_users: Dynatrace's estimate, of the impact that affects most; None where it has none.
    """

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
    affected_users: int | None
    url: str


class Problems:
    """`client.problems`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def get(self, problem_id: str) -> Problem | None:
        """The problem with its evidence, None when there is none of this id."""
        path = f"{_PATH}/{segment(problem_id)}"
        params = {"fields": "evidenceDetails,impactAnalysis"}
        return await unless_absent(
            retrying(lambda: self._api.call("problem", "GET", path, params=params, parse=self._problem))
        )

    async def open(self) -> list[Problem]:
        """All that are open now, without their evidence."""
        params: Params = {"problemSelector": 'status("open")', "from": OPEN_PROBLEMS_FROM, "pageSize": 500}
        found = await retrying(lambda: self._api.pages("open_problems", _PATH, "problems", params))
        return [self._problem(problem) for problem in found]

    async def comment(self, problem_id: str, key: str, text: str) -> Result:
        """Comment once per key, however often we are called; the comment ends with the key's marker."""
        operation, mark = "comment_on_problem", marker(key)
        path = f"{_PATH}/{segment(problem_id)}/comments"

        async def look() -> bool | None:
            comments = await self._api.pages(operation, path, "comments", {"pageSize": 500})
            return any(mark in (comment.get("content") or "") for comment in comments) or None

        async def write() -> bool:
            comment = {"message": f"{text}\n{mark}", "context": "ValueFlow"}
            await self._api.call(operation, "POST", path, json=comment, parse=nothing)
            return True

        return (await find_or_create(look, write))[1]

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
            "affected": [entity_ref(entity) for entity in body["affectedEntities"]],
            "impacted": [entity_ref(entity) for entity in body["impactedEntities"]],
            "root_cause": entity_ref(root_cause) if root_cause else None,
            "evidence": [_evidence(item) for item in (body.get("evidenceDetails") or {}).get("details", [])],
            "affected_users": _users(body),
            "url": f"{self._api.url}/#problems/problemdetails;pid={segment(body['problemId'])}",
        }


def _users(body: Mapping[str, Any]) -> int | None:
    impacts = (body.get("impactAnalysis") or {}).get("impacts") or []
    return max((int(impact.get("estimatedAffectedUsers") or 0) for impact in impacts), default=0) or None


def _evidence(body: Mapping[str, Any]) -> Evidence:
    found: Evidence = {
        "type": body["evidenceType"],
        "name": body["displayName"],
        "entity": entity_ref(body["entity"]),
        "start_ms": body["startTime"],
        "is_root_cause": bool(body.get("rootCauseRelevant")),
    }
    return {**found, "event_type": body["eventType"]} if body.get("eventType") else found
