"""What Dynatrace monitors: one entity by its id, several by a selector, and what is round about them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from shared.clients.absence import unless_absent
from shared.clients.dynatrace.api import Api, checked_ids, ids_selector, type_of
from shared.clients.http import Params, segment
from shared.clients.idempotency import retrying

_PATH = "/api/v2/entities"
_FIELDS = "+tags,+properties"
_NODE_FIELDS = "+tags,+managementZones,+fromRelationships,+toRelationships"
_AT_ONCE = 50
"""Ids of one selector, which may have 2,000 characters."""


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


class Node(TypedDict):
    """An entity in the topology: ids of those it calls, of those that call it, and of what it runs on.

    zones: ids of its management zones.
    """

    entity_id: str
    type: str
    name: str
    tags: list[str]
    zones: list[str]
    calls: list[str]
    called_by: list[str]
    runs_on: list[str]


class Entities:
    """`client.entities`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def get(self, entity_id: str) -> Entity | None:
        """The entity, None when there is none of this id."""
        path, params = f"{_PATH}/{segment(entity_id)}", {"fields": _FIELDS}
        return await unless_absent(
            retrying(lambda: self._api.call("entity", "GET", path, params=params, parse=_entity))
        )

    async def find(self, selector: str) -> list[Entity]:
        """Those seen in the last three days that meet the selector, which must hold type or entityId.

        selector: for example `type("SERVICE"),tag("service:orders")`; build it with `shared.domain.service.monitoring`.
        """
        params: Params = {"entitySelector": selector, "fields": _FIELDS, "pageSize": 500}
        found = await retrying(lambda: self._api.pages("find_entities", _PATH, "entities", params))
        return [_entity(entity) for entity in found]

    async def nodes(self, entity_ids: Iterable[str]) -> list[Node]:
        """Those of the ids that Dynatrace knows, with their neighbours, in the order of the ids.

        One request for each type and _AT_ONCE ids: a selector's ids must be of one type.
        """
        operation = "topology"
        wanted = checked_ids(operation, list(dict.fromkeys(entity_ids)))
        by_type = {
            entity_type: [entity_id for entity_id in wanted if type_of(entity_id) == entity_type]
            for entity_type in dict.fromkeys(map(type_of, wanted))
        }
        asked = [
            mine[start : start + _AT_ONCE]
            for mine in by_type.values()
            for start in range(0, len(mine), _AT_ONCE)
        ]
        answers = await asyncio.gather(*(self._nodes(operation, ids) for ids in asked))
        found = {node["entity_id"]: node for nodes in answers for node in nodes}
        return [found[entity_id] for entity_id in wanted if entity_id in found]

    async def _nodes(self, operation: str, entity_ids: Sequence[str]) -> list[Node]:
        params: Params = {
            "entitySelector": ids_selector(operation, entity_ids),
            "fields": _NODE_FIELDS,
            "pageSize": 500,
        }
        found = await retrying(lambda: self._api.pages(operation, _PATH, "entities", params))
        return [_node(body) for body in found]


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


def _node(body: Mapping[str, Any]) -> Node:
    outgoing, incoming = body.get("fromRelationships") or {}, body.get("toRelationships") or {}
    return {
        "entity_id": body["entityId"],
        "type": body.get("type") or type_of(body["entityId"]),
        "name": body.get("displayName") or "",
        "tags": [tag["stringRepresentation"] for tag in body.get("tags") or []],
        "zones": [str(zone["id"]) for zone in body.get("managementZones") or []],
        "calls": _related(outgoing, ("calls",)),
        "called_by": _related(incoming, ("calls",)),
        "runs_on": _related(outgoing, ("runsOnProcessGroupInstance", "runsOnHost", "isProcessOf")),
    }


def _related(relationships: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """The ids, each once. isProcessOf: how a process names its host."""
    return list(dict.fromkeys(one["id"] for name in names for one in relationships.get(name) or []))
