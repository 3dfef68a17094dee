"""Events of Dynatrace: what pipelines, tools and Dynatrace itself said happened to entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from shared.clients.dynatrace.api import Api, entity_selector, ids_selector
from shared.clients.dynatrace.entities import EntityRef, entity_ref
from shared.clients.http import Params
from shared.clients.idempotency import retrying

CONFIGURATION, ANNOTATION = "CUSTOM_CONFIGURATION", "CUSTOM_ANNOTATION"
_PATH = "/api/v2/events"


class Deployment(TypedDict):
    """A CUSTOM_DEPLOYMENT event. properties: what the pipeline sent along, by key."""

    event_id: str
    title: str
    entity: EntityRef
    start_ms: int
    end_ms: int | None
    properties: dict[str, str]


class Event(Deployment):
    """An event of any type."""

    type: str


class Events:
    """`client.events`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def deployments(self, entity_id: str, from_ms: int, to_ms: int) -> list[Deployment]:
        """Deployments to the entity between two times, newest first."""
        operation = "deployments"
        params: Params = {
            "eventSelector": 'eventType("CUSTOM_DEPLOYMENT")',
            "entitySelector": entity_selector(operation, entity_id),
            "from": from_ms,
            "to": to_ms,
            "pageSize": 100,
        }
        found = await retrying(lambda: self._api.pages(operation, _PATH, "events", params))
        return sorted(map(_deployment, found), key=lambda deployment: deployment["start_ms"], reverse=True)

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
        events: list[Event] = [{**_deployment(body), "type": body.get("eventType") or ""} for body in found]
        return sorted(events, key=lambda event: (-event["start_ms"], event["event_id"]))


def _deployment(body: Mapping[str, Any]) -> Deployment:
    return {
        "event_id": body["eventId"],
        "title": body.get("title") or "",
        "entity": entity_ref(body["entityId"]),
        "start_ms": body["startTime"],
        "end_ms": body.get("endTime"),
        "properties": {item["key"]: item["value"] for item in body.get("properties") or []},
    }
