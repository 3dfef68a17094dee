"""Events of Dynatrace: what pipelines, tools and Dynatrace itself said happened to entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from shared.clients.dynatrace.api import Api, ids_selector
from shared.clients.dynatrace.entities import EntityRef, entity_ref
from shared.clients.http import Params
from shared.clients.idempotency import retrying

DEPLOYMENT = "CUSTOM_DEPLOYMENT"
CONFIGURATION = "CUSTOM_CONFIGURATION"
ANNOTATION = "CUSTOM_ANNOTATION"
_PATH = "/api/v2/events"


class Event(TypedDict):
    """type: CUSTOM_DEPLOYMENT and the like. properties: what the sender sent along, by key."""

    event_id: str
    type: str
    title: str
    entity: EntityRef
    start_ms: int
    end_ms: int | None
    properties: dict[str, str]


class Events:
    """`client.events`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def of(
        self, entity_ids: Sequence[str], from_ms: int, to_ms: int, event_type: str = ""
    ) -> list[Event]:
        """Events of the entities, whatever their types, between two times, newest first. Empty type: all of them."""
        operation = "events"
        if not entity_ids:
            return []
        selector = ids_selector(operation, entity_ids)
        if event_type:
            selector = f'eventType("{event_type}"),{selector}'
        params: Params = {"eventSelector": selector, "from": from_ms, "to": to_ms, "pageSize": 1000}
        found = await retrying(lambda: self._api.pages(operation, _PATH, "events", params))
        return sorted(map(_event, found), key=lambda event: (-event["start_ms"], event["event_id"]))


def _event(body: Mapping[str, Any]) -> Event:
    return {
        "event_id": body["eventId"],
        "type": body.get("eventType") or "",
        "title": body.get("title") or "",
        "entity": entity_ref(body["entityId"]),
        "start_ms": body["startTime"],
        "end_ms": body.get("endTime"),
        "properties": {item["key"]: item["value"] for item in body.get("properties") or []},
    }
