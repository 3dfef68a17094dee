"""Events: what was deployed, configured or annotated, sent in by pipelines and read back."""

import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.clock import MINUTE_MS, now_ms
from sandbox.vendors.dynatrace.answers import listing_query, page, refuse, unreadable, violated
from sandbox.vendors.dynatrace.entities import Entities, Entity
from sandbox.vendors.dynatrace.selectors import Test, conditions, entity_conditions, fits, matches
from sandbox.vendors.dynatrace.timeframe import window
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.store import Collection

type Event = dict[str, Any]

TYPES = (
    "AVAILABILITY_EVENT",
    "CUSTOM_ALERT",
    "CUSTOM_ANNOTATION",
    "CUSTOM_CONFIGURATION",
    "CUSTOM_DEPLOYMENT",
    "CUSTOM_INFO",
    "ERROR_EVENT",
    "MARKED_FOR_TERMINATION",
    "PERFORMANCE_EVENT",
    "RESOURCE_CONTENTION_EVENT",
)
_LIST_PARAMETERS = frozenset({"eventSelector", "entitySelector", "from", "to", "pageSize"})
_DEFAULT_PAGE, _LARGEST_PAGE = 100, 1000
_TIMEOUT_MINUTES, _LONGEST_TIMEOUT_MINUTES = 15, 360
_ALLOWED_PREFIXES = ("dt.event.", "dt.davis.", "dt.entity.")
_ENVIRONMENT: Entity = {
    "entityId": "ENVIRONMENT-0000000000000001",
    "type": "ENVIRONMENT",
    "displayName": "sandbox",
}


class Events:
    """The events of the environment."""

    def __init__(self, kept: Collection, entities: Entities) -> None:
        self._kept, self._entities = kept, entities

    def operations(self) -> Sequence[Operation]:
        return [
            Operation("list_events", "GET", "/api/v2/events", self._list),
            Operation("ingest_event", "POST", "/api/v2/events/ingest", self._ingest),
            Operation("get_event", "GET", "/api/v2/events/{id}", self._get),
        ]

    def add(self, body: Mapping[str, Any], entity: Entity) -> None:
        """What `ingest` does with a body it accepts."""
        self._add(body, entity)

    def deployments(self, entity_id: str, from_ms: int, to_ms: int) -> list[Event]:
        """What was deployed to the entity between two times."""
        return [
            event
            for event in self._kept.all()
            if event["eventType"] == "CUSTOM_DEPLOYMENT"
            and event["entityId"]["entityId"]["id"] == entity_id
            and from_ms <= event["startTime"] <= to_ms
        ]

    async def _list(self, request: web.Request) -> web.Response:
        query = listing_query(request, _LIST_PARAMETERS)
        start, end = window(query, now_ms(), "now-2h")
        wanted = conditions(query.get("eventSelector", ""), "eventSelector", _TESTS)
        of_entities = entity_conditions(query["entitySelector"]) if query.get("entitySelector") else None
        found = [
            event
            for event in map(_shown, self._kept.all())
            if event["startTime"] <= end
            and event["endTime"] >= start
            and fits(event, wanted, _TESTS)
            and (of_entities is None or matches(self._entity_of(event), of_entities))
        ]
        found.sort(key=lambda event: event["startTime"], reverse=True)
        return reply(page(query, found, "events", _DEFAULT_PAGE, _LARGEST_PAGE) | {"warnings": []})

    async def _get(self, request: web.Request) -> web.Response:
        event = self._kept.get(request.match_info["id"])
        if event is None:
            raise refuse(HTTPStatus.NOT_FOUND, "The event does not exist")
        return reply(_shown(event))

    async def _ingest(self, request: web.Request) -> web.Response:
        body = await object_body(request, unreadable)
        _check(body)
        if body.get("entitySelector"):
            entities = self._entities.select(entity_conditions(body["entitySelector"]))
        else:
            entities = [_ENVIRONMENT]
        results = [self._add(body, entity) for entity in entities]
        note(request, **{"correlation_id": results[0]["correlationId"]} if results else {})
        # With no entity to tie it to, Dynatrace still answers 201, and keeps nothing.
        return reply({"reportCount": len(results), "eventIngestResults": results}, HTTPStatus.CREATED)

    def _add(self, body: Mapping[str, Any], entity: Entity) -> dict[str, str]:
        correlation_id = secrets.token_hex(8)
        status = _status(body)
        if status == "OK":
            start = body.get("startTime", now_ms())
            minutes = min(body.get("timeout", _TIMEOUT_MINUTES), _LONGEST_TIMEOUT_MINUTES)
            event_id = f"{secrets.randbits(63) - 2**62}_{start}"
            self._kept.put(
                event_id,
                {
                    "eventId": event_id,
                    "eventType": body["eventType"],
                    "title": body["title"],
                    "startTime": start,
                    "endTime": body.get("endTime", start + minutes * MINUTE_MS),
                    "entityId": {
                        "entityId": {"id": entity["entityId"], "type": entity["type"]},
                        "name": entity["displayName"],
                    },
                    "entityTags": entity.get("tags", []),
                    "properties": [
                        {"key": key, "value": value} for key, value in body.get("properties", {}).items()
                    ],
                    "managementZones": [],
                    "correlationId": correlation_id,
                    "underMaintenance": False,
                    "suppressAlert": False,
                    "suppressProblem": False,
                    "frequentEvent": False,
                },
            )
        return {"correlationId": correlation_id, "status": status}

    def _entity_of(self, event: Event) -> Entity:
        stub = event["entityId"]
        known = self._entities.get(stub["entityId"]["id"])
        named = {"entityId": stub["entityId"]["id"], "type": stub["entityId"]["type"]}
        return known or {**named, "displayName": stub.get("name", ""), "tags": []}


def _check(body: Mapping[str, Any]) -> None:
    if body.get("eventType") not in TYPES:
        raise violated("eventType", f"must be one of {', '.join(TYPES)}", "PAYLOAD_BODY")
    if not isinstance(body.get("title"), str) or not body["title"]:
        raise violated("title", "must not be empty", "PAYLOAD_BODY")
    for name in ("startTime", "endTime", "timeout"):
        value = body.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise violated(name, "must be a whole number", "PAYLOAD_BODY")
    properties = body.get("properties", {})
    if not isinstance(properties, dict) or not all(isinstance(value, str) for value in properties.values()):
        raise violated("properties", "must be a map of strings", "PAYLOAD_BODY")
    if not isinstance(body.get("entitySelector", ""), str):
        raise violated("entitySelector", "must be a string", "PAYLOAD_BODY")


def _status(body: Mapping[str, Any]) -> str:
    """Dynatrace takes the request and says in the result that it did not take the event."""
    keys = body.get("properties", {})
    if any(key.startswith("dt.") and not key.startswith(_ALLOWED_PREFIXES) for key in keys):
        return "INVALID_METADATA"
    if "endTime" in body and body["endTime"] < body.get("startTime", now_ms()):
        return "INVALID_TIMESTAMPS"
    return "OK"


def _shown(event: Event) -> Event:
    return {**event, "status": "OPEN" if event["endTime"] > now_ms() else "CLOSED"}


_TESTS: dict[str, Test] = {
    "entityId": lambda event, values: event["entityId"]["entityId"]["id"] in values,
    "eventType": lambda event, values: event["eventType"] in values,
    "eventId": lambda event, values: event["eventId"] in values,
    "correlationId": lambda event, values: event["correlationId"] in values,
    "status": lambda event, values: event["status"] in {value.upper() for value in values},
}
