"""A Dynatrace environment in memory: problems, entities, events, metrics, logs, settings, objectives, page by page."""

import re
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
    """page_size: how many items a page holds, whatever was asked for.

    series: of any metric, whoever asks; metrics: points by (key, entity id), in place of it. unknown: keys of metrics
    that this environment has not.
    logs: records as the API has them.
    """

    def __init__(self, page_size: int = 100) -> None:
        super().__init__()
        self.page_size = page_size
        self.problems: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.entities: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.series: list[dict[str, Any]] = []
        self.metrics: dict[tuple[str, str], list[tuple[int, float | None]]] = {}
        self.unknown: set[str] = set()
        self.logs: list[dict[str, Any]] = []
        self.settings: dict[str, dict[str, Any]] = {}
        self.slos: dict[str, dict[str, Any]] = {}
        self._listings: list[list[dict[str, Any]]] = []

    def add_entity(self, entity_id: str, name: str, calls: tuple[str, ...] = (), **fields: Any) -> None:
        """Monitor an entity; those it calls are told of it."""
        kind = entity_id.rpartition("-")[0]
        made = {"entityId": entity_id, "type": kind, "displayName": name, "tags": [], **fields}
        outgoing = {"calls": [{"id": one, "type": "SERVICE"} for one in calls]} if calls else {}
        self.entities[entity_id] = {
            "fromRelationships": outgoing,
            "toRelationships": {},
            **made,
        }
        for one in calls:
            if one in self.entities:
                incoming = self.entities[one]["toRelationships"].setdefault("calls", [])
                incoming.append({"id": entity_id, "type": kind})

    def add_event(self, event_type: str, title: str, start_ms: int, **properties: str) -> None:
        """Something happened to SERVICE."""
        self.events.append(
            {
                "eventId": f"{len(self.events) + 1}_{start_ms}",
                "eventType": event_type,
                "title": title,
                "startTime": start_ms,
                "endTime": start_ms + 60_000,
                "entityId": {"entityId": {"id": SERVICE, "type": "SERVICE"}, "name": "payments"},
                "properties": [{"key": key, "value": value} for key, value in properties.items()],
            }
        )

    def add_log(self, at_ms: int, content: str, status: str = "ERROR", entity_id: str = SERVICE) -> None:
        attribute = f"dt.entity.{entity_id.rpartition('-')[0].lower()}"
        columns = {attribute: [entity_id], "loglevel": [status]}
        self.logs.append(
            {
                "timestamp": at_ms,
                "eventType": "LOG",
                "status": status,
                "content": content,
                "additionalColumns": columns,
            }
        )

    def add_setting(self, schema_id: str, value: dict[str, Any], external_id: str = "") -> str:
        """Make an object as anybody could -> its id."""
        object_id = f"object-{len(self.settings) + 1}"
        made = {"objectId": object_id, "schemaId": schema_id, "scope": "environment", "value": value}
        self.settings[object_id] = made | ({"externalId": external_id} if external_id else {})
        return object_id

    def add_slo(self, name: str, description: str = "", **fields: Any) -> str:
        """Make an objective as anybody could -> its id."""
        slo_id = f"slo-{len(self.slos) + 1}"
        self.slos[slo_id] = {
            "id": slo_id,
            "name": name,
            "description": description,
            "enabled": True,
            **fields,
        }
        return slo_id

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
        if kind == "entities" and rest:
            return self._one(self.entities.get(rest[0]))
        if kind == "entities":
            ids = _ids(request.url.params.get("entitySelector", ""))
            found = [one for key, one in self.entities.items() if not ids or key in ids]
            return self._page(request, "entities", found)
        if kind == "settings":
            return self._settings(request, rest[1:])
        if kind == "slo":
            return self._slos(request, rest)
        if kind == "events" and rest == ["ingest"]:
            return self._ingest(body_of(request))
        if kind == "events":
            return self._page(request, "events", [one for one in self.events if _wanted(one, request)])
        if kind == "logs":
            return self._logs(request)
        if self.metrics:
            return self._metrics(request)
        result = {
            "metricId": "m",
            "dataPointCountRatio": 0.1,
            "dimensionCountRatio": 0.1,
            "data": self.series,
        }
        return answer({"totalCount": 1, "resolution": "1m", "result": [result]})

    def _ingest(self, body: dict[str, Any]) -> httpx.Response:
        """As in life, an event of an entity nobody knows is answered with 201 and kept nowhere."""
        assert body["endTime"] >= body["startTime"]
        found = [one for one in _ids(body["entitySelector"]) if one in self.entities]
        for entity_id in found:
            self.add_event(body["eventType"], body["title"], body["startTime"], **body["properties"])
            stub = {"entityId": {"id": entity_id, "type": entity_id.rpartition("-")[0]}}
            self.events[-1] |= {"endTime": body["endTime"], "entityId": stub}
        results = [{"correlationId": f"c-{one}", "status": "OK"} for one in found]
        return answer({"reportCount": len(found), "eventIngestResults": results}, 201)

    def _logs(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        ids, statuses = (
            re.findall(pattern, params["query"])
            for pattern in (r'dt\.entity\.\w+="([^"]+)"', r'status="(\w+)"')
        )
        found = [
            record
            for record in self.logs
            if int(params["from"]) <= record["timestamp"] < int(params["to"])
            and record["status"] in statuses
            and any(value in ids for values in record["additionalColumns"].values() for value in values)
        ]
        found.sort(key=lambda record: -int(record["timestamp"]))
        limit = int(params["limit"])
        answered: dict[str, Any] = {"results": found[:limit], "sliceSize": len(found[:limit])}
        return answer(answered | ({"nextSliceKey": "more"} if len(found) > limit else {}))

    def _metrics(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        ids, start, end = _ids(params["entitySelector"]), int(params["from"]), int(params["to"])
        results = []
        for selector in params["metricSelector"].split(","):
            split = re.fullmatch(r'(.+):splitBy\("([\w.]+)"\)', selector)
            key, dimension = split.groups() if split else (selector, "dt.entity.service")
            if key in self.unknown:
                message = f"The metric key {key} is not known"
                return answer({"error": {"code": 404, "message": message}}, 404)
            data = [
                {
                    "dimensionMap": {dimension: entity_id},
                    "dimensions": [entity_id],
                    "timestamps": [at for at, _ in points if start <= at < end],
                    "values": [value for at, value in points if start <= at < end],
                }
                for (its, entity_id), points in self.metrics.items()
                if its == key and entity_id in ids
            ]
            ratios = {"dataPointCountRatio": 0.1, "dimensionCountRatio": 0.1}
            results.append({"metricId": selector, **ratios, "data": data})
        return answer({"totalCount": 1, "resolution": "1m", "result": results})

    def _comments(self, request: httpx.Request, problem_id: str) -> httpx.Response:
        comments = self.comments.setdefault(problem_id, [])
        if request.method == "GET":
            return self._page(request, "comments", comments)
        sent = body_of(request)
        comments.append({"id": str(len(comments)), "createdAtTimestamp": 1, "content": sent["message"]})
        return httpx.Response(201)

    def _settings(self, request: httpx.Request, rest: list[str]) -> httpx.Response:
        if request.method == "GET":
            wanted = request.url.params.get("schemaIds")
            found = [one for one in self.settings.values() if one["schemaId"] == wanted]
            return self._page(request, "items", found)
        if request.method == "DELETE":
            return self._deleted(self.settings, rest[0])
        (draft,) = body_of(request)
        same = [one for one in self.settings.values() if one["schemaId"] == draft["schemaId"]]
        for one in same:
            if draft.get("externalId") and one.get("externalId") == draft["externalId"]:
                one["value"] = draft["value"]
                return answer([{"code": 200, "objectId": one["objectId"]}])
        if any(one["value"]["name"] == draft["value"]["name"] for one in same):
            violation = {"path": f"{draft['schemaId']}/0/name", "message": "must be unique"}
            error = {"code": 400, "message": "Validation failed", "constraintViolations": [violation]}
            return answer([{"code": 400, "error": error}], 400)
        made = self.add_setting(draft["schemaId"], draft["value"], draft.get("externalId", ""))
        return answer([{"code": 200, "objectId": made}])

    def _slos(self, request: httpx.Request, rest: list[str]) -> httpx.Response:
        if request.method == "DELETE":
            return self._deleted(self.slos, rest[0])
        if request.method == "POST":
            sent = body_of(request)
            if any(slo["name"] == sent["name"] for slo in self.slos.values()):
                return answer({"error": {"code": 400, "message": "must be unique"}}, 400)
            made = self.add_slo(**sent)
            return httpx.Response(201, headers={"Location": f"/api/v2/slo/{made}"})
        if rest:
            return self._one(self.slos.get(rest[0]))
        params = request.url.params
        selector = re.fullmatch(r'name\("((?:[^~"]|~.)*)"\)', params.get("sloSelector", ""))
        name = re.sub("~(.)", r"\1", selector[1]) if selector else None
        listed = [
            slo
            for slo in self.slos.values()
            if name in (None, slo["name"]) and (slo["enabled"] or params.get("enabledSlos") == "all")
        ]
        return self._page(request, "slo", listed)

    def _deleted(self, kept: dict[str, dict[str, Any]], key: str) -> httpx.Response:
        return httpx.Response(204) if kept.pop(key, None) else self._one(None)

    def _one(self, found: dict[str, Any] | None) -> httpx.Response:
        error = {"error": {"code": 404, "message": "Not found"}}
        return answer(found) if found is not None else answer(error, 404)

    def _page(self, request: httpx.Request, name: str, items: list[dict[str, Any]]) -> httpx.Response:
        """A page key holds which listing it goes on with, and where."""
        params = request.url.params
        if "nextPageKey" in params and len(params) > 1:
            return answer({"error": {"code": 400, "message": "nextPageKey takes no other parameter"}}, 400)
        if "nextPageKey" in params:
            listing, start = map(int, params["nextPageKey"].split("-"))
            items = self._listings[listing]
        else:
            listing, start = len(self._listings), 0
            self._listings.append(items)
        end = start + self.page_size
        following = f"{listing}-{end}" if end < len(items) else None
        page = {name: items[start:end], "totalCount": len(items), "pageSize": self.page_size}
        return answer({**page, "nextPageKey": following})


def _ids(selector: str) -> list[str]:
    """The ids of `entityId("a","b")`."""
    found = re.search(r"entityId\(([^)]*)\)", selector)
    return re.findall(r'"([^"]+)"', found[1]) if found else []


def _wanted(event: dict[str, Any], request: httpx.Request) -> bool:
    """By type, entity and time, as far as they are asked for."""
    params = request.url.params
    selector = params.get("eventSelector", "")
    kind = re.search(r'eventType\("(\w+)"\)', selector)
    ids = _ids(selector)
    return (
        (not kind or event.get("eventType", "CUSTOM_DEPLOYMENT") == kind[1])
        and (not ids or event["entityId"]["entityId"]["id"] in ids)
        and ("to" not in params or event["startTime"] <= int(params["to"]))
    )
