"""Events of Dynatrace: what pipelines, tools and Dynatrace itself said happened to entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from shared.clients.dynatrace.api import VENDOR, Api, entity_selector, ids_selector
from shared.clients.dynatrace.entities import EntityRef, entity_ref
from shared.clients.http import Params
from shared.clients.idempotency import Result, find_or_create, retrying
from shared.errors import VendorRefused

DEPLOYMENT = "CUSTOM_DEPLOYMENT"
CONFIGURATION = "CUSTOM_CONFIGURATION"
ANNOTATION = "CUSTOM_ANNOTATION"
KEY_PROPERTY = "valueflow.deployment_id"
_AROUND_MS = 60 * 60 * 1000
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


class DeploymentEvent(TypedDict):
    """key: what makes it the same deployment. properties: shown with it."""

    key: str
    title: str
    start_ms: int
    end_ms: int
    properties: Mapping[str, str]


class Events:
    """`client.events`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def of(
        self, entity_ids: Sequence[str], from_ms: int, to_ms: int, event_type: str = ""
    ) -> list[Event]:
        """Events of the entities, whatever their types, between two times, newest first. Empty type: all of them."""
        return await retrying(lambda: self._of("events", entity_ids, from_ms, to_ms, event_type))

    async def _of(
        self, operation: str, entity_ids: Sequence[str], from_ms: int, to_ms: int, event_type: str
    ) -> list[Event]:
        if not entity_ids:
            return []
        selector = ids_selector(operation, entity_ids)
        if event_type:
            selector = f'eventType("{event_type}"),{selector}'
        params: Params = {"eventSelector": selector, "from": from_ms, "to": to_ms, "pageSize": 1000}
        found = await self._api.pages(operation, _PATH, "events", params)
        return sorted(map(_event, found), key=lambda event: (-event["start_ms"], event["event_id"]))

    async def ensure_deployment(self, entity_id: str, deployment: DeploymentEvent) -> Result | None:
        """Have one CUSTOM_DEPLOYMENT of this key, however often we are called; None where the entity is not there.

        Dynatrace ties events only to entities it has seen within a day. What was taken may take a while to show.
        """
        operation = "ensure_deployment"
        around_ms = deployment["start_ms"] - _AROUND_MS, deployment["end_ms"] + _AROUND_MS
        body = {
            "eventType": DEPLOYMENT,
            "title": deployment["title"],
            "startTime": deployment["start_ms"],
            "endTime": max(deployment["start_ms"], deployment["end_ms"]),
            "entitySelector": entity_selector(operation, entity_id),
            "properties": {**deployment["properties"], KEY_PROPERTY: deployment["key"]},
        }

        async def look() -> str | None:
            found = await self._of(operation, [entity_id], *around_ms, DEPLOYMENT)
            ours = [one for one in found if one["properties"].get(KEY_PROPERTY) == deployment["key"]]
            return ours[0]["event_id"] if ours else None

        async def write() -> str:
            return await self._api.call(operation, "POST", f"{_PATH}/ingest", json=body, parse=_taken)

        made, result = await find_or_create(look, write)
        return result if made else None


def _taken(body: Mapping[str, Any]) -> str:
    """The correlation id of what was taken; "" where no entity fits. Raises: VendorRefused."""
    results = body.get("eventIngestResults") or []
    if wrong := next((one["status"] for one in results if one["status"] != "OK"), None):
        raise VendorRefused(VENDOR, "ensure_deployment", f"the event was not taken ({wrong})")
    return str(results[0]["correlationId"]) if results else ""


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
