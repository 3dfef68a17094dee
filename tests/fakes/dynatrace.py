"""A Dynatrace environment in memory: problems with comments, entities, events, metrics, pages."""

from typing import Any

import httpx

from tests.fakes.vendor import FakeVendor, answer, body_of

URL = "https://abc12345.live.dynatrace.test"
TOKEN = "dt0c01.SAMPLE.0123456789"
SERVICE = "SERVICE-0123456789ABCDEF"


def a_problem(problem_id: str = "-123_456V2", **fields: Any) -> dict[str, Any]:
    stub = {"entityId": {"id": SERVICE, "type": "SERVICE"}, "name": "payments"}
    return {
        "problemId": problem_id,
        "displayId": "P-2611",
        "title": "Failure rate increase",
        "status": "OPEN",
        "severityLevel": "ERROR",
        "impactLevel": "SERVICES",
        "startTime": 1_700_000_000_000,
        "endTime": -1,
        "affectedEntities": [stub],
        "impactedEntities": [stub],
        "managementZones": [],
        "problemFilters": [],
        "rootCauseEntity": stub,
        "evidenceDetails": {
            "totalCount": 1,
            "details": [
                {
                    "evidenceType": "EVENT",
                    "displayName": "Deployment",
                    "entity": stub,
                    "rootCauseRelevant": True,
                    "startTime": 1_700_000_000_000,
                }
            ],
        },
        **fields,
    }


class FakeDynatrace(FakeVendor):
    """page_size: how many items a page holds, whatever was asked for."""

    def __init__(self, page_size: int = 100) -> None:
        super().__init__()
        self.page_size = page_size
        self.problems: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.entities: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.series: list[dict[str, Any]] = []

    def respond(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization") != f"Api-Token {TOKEN}":
            return answer({"error": {"code": 401, "message": "Token Authentication failed"}}, 401)
        kind, *rest = request.url.path.removeprefix("/api/v2/").split("/")
        if kind == "problems" and len(rest) == 2:
            return self._comments(request, rest[0])
        if kind == "problems" and rest:
            return self._one(self.problems.get(rest[0]))
        if kind == "problems":
            return self._page(request, "problems", list(self.problems.values()))
        if kind == "entities":
            return self._one(self.entities.get(rest[0]))
        if kind == "events":
            return self._page(request, "events", self.events)
        result = {
            "metricId": "m",
            "dataPointCountRatio": 0.1,
            "dimensionCountRatio": 0.1,
            "data": self.series,
        }
        return answer({"totalCount": 1, "resolution": "1m", "result": [result]})

    def _comments(self, request: httpx.Request, problem_id: str) -> httpx.Response:
        comments = self.comments.setdefault(problem_id, [])
        if request.method == "GET":
            return self._page(request, "comments", comments)
        sent = body_of(request)
        comments.append({"id": str(len(comments)), "createdAtTimestamp": 1, "content": sent["message"]})
        return httpx.Response(201)

    def _one(self, found: dict[str, Any] | None) -> httpx.Response:
        error = {"error": {"code": 404, "message": "Not found"}}
        return answer(found) if found is not None else answer(error, 404)

    def _page(self, request: httpx.Request, name: str, items: list[dict[str, Any]]) -> httpx.Response:
        params = request.url.params
        if "nextPageKey" in params and len(params) > 1:
            return answer({"error": {"code": 400, "message": "nextPageKey takes no other parameter"}}, 400)
        start = int(params.get("nextPageKey", 0))
        end = start + self.page_size
        return answer(
            {
                name: items[start:end],
                "totalCount": len(items),
                "nextPageKey": str(end) if end < len(items) else None,
            }
        )
