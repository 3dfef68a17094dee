"""What Dynatrace monitors: one entity by its id, several by a selector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from shared.clients.dynatrace.api import Api, or_none
from shared.clients.http import Params, segment
from shared.clients.idempotency import retrying

_PATH = "/api/v2/entities"
_FIELDS = "+tags,+properties"


class EntityRef(TypedDict):
    """An entity as others mention it. name: empty when Dynatrace knows none."""

    entity_id: str
    name: str


class Entity(TypedDict):
    """A monitored entity. tags: "[AZURE]owner:payments" and the like; properties: as Dynatrace has them."""

    entity_id: str
    type: str
    name: str
    tags: list[str]
    properties: dict[str, Any]


class Entities:
    """`client.entities`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def get(self, entity_id: str) -> Entity | None:
        """The entity, None when there is none of this id."""
        path, params = f"{_PATH}/{segment(entity_id)}", {"fields": _FIELDS}
        return await or_none(
            retrying(lambda: self._api.call("entity", "GET", path, params=params, parse=_entity))
        )

    async def find(self, selector: str) -> list[Entity]:
        """Those seen in the last three days that meet the selector, which must hold type or entityId.

        selector: for example `type("SERVICE"),tag("service:orders")`; build it with `shared.domain.monitoring`.
        """
        params: Params = {"entitySelector": selector, "fields": _FIELDS, "pageSize": 500}
        found = await retrying(lambda: self._api.pages("find_entities", _PATH, "entities", params))
        return [_entity(entity) for entity in found]


def entity_ref(body: Mapping[str, Any]) -> EntityRef:
    """From Dynatrace's entity stub."""
    return {"entity_id": body["entityId"]["id"], "name": body.get("name") or ""}


def _entity(body: Mapping[str, Any]) -> Entity:
    return {
        "entity_id": body["entityId"],
        "type": body.get("type") or "",
        "name": body.get("displayName") or "",
        "tags": [tag["stringRepresentation"] for tag in body.get("tags") or []],
        "properties": dict(body.get("properties") or {}),
    }
