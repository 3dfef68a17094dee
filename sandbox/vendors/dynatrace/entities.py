"""What Dynatrace monitors: services, hosts, applications, each with its tags."""

import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.clock import MINUTE_MS, now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.dynatrace.answers import listing_query, page, refuse
from sandbox.vendors.dynatrace.relationships import incoming, outgoing
from sandbox.vendors.dynatrace.selectors import Condition, entity_conditions, matches
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.store import Collection

type Entity = dict[str, Any]

_ALWAYS = ("entityId", "type", "displayName")
_OPTIONAL = frozenset(
    {
        "firstSeenTms",
        "lastSeenTms",
        "tags",
        "managementZones",
        "properties",
        "fromRelationships",
        "toRelationships",
        "icon",
    }
)
_LIST_PARAMETERS = frozenset({"entitySelector", "from", "to", "fields", "sort", "pageSize"})
_DEFAULT_PAGE, _LARGEST_PAGE = 50, 500
_SEEN_FOR_MS = 30 * 24 * 60 * MINUTE_MS


class Entities:
    """The monitored entities of the environment."""

    def __init__(self, kept: Collection) -> None:
        self._kept = kept

    def operations(self) -> Sequence[Operation]:
        return [
            Operation("list_entities", "GET", "/api/v2/entities", self._list),
            Operation("get_entity", "GET", "/api/v2/entities/{id}", self._get),
        ]

    def controls(self) -> Sequence[Operation]:
        return [Operation("add_entity", "POST", "/entities", self._add)]

    def get(self, entity_id: str) -> Entity | None:
        return self._kept.get(entity_id)

    def ensure(self, entity_id: str, body: Mapping[str, Any]) -> Entity:
        """The service of this id, made of `body` (as `_add` takes it) where it is not monitored yet."""
        return self._kept.get(entity_id) or self._kept.put(entity_id, _entity(entity_id, "SERVICE", body))

    def remove(self, entity_id: str) -> None:
        """It is not there to be monitored any more."""
        self._kept.delete(entity_id)

    def select(self, wanted: list[Condition]) -> list[Entity]:
        return [entity for entity in self._kept.all() if matches(entity, wanted)]

    def stub(self, entity_id: str) -> dict[str, Any]:
        """How others mention the entity."""
        entity = self._kept.get(entity_id)
        kind = entity["type"] if entity else entity_id.rpartition("-")[0]
        named = {"name": entity["displayName"]} if entity else {}
        return {"entityId": {"id": entity_id, "type": kind}, **named}

    async def _list(self, request: web.Request) -> web.Response:
        query = listing_query(request, _LIST_PARAMETERS)
        found = self.select(entity_conditions(query.get("entitySelector", "")))
        related = incoming(self._kept.all())
        whole = [{**entity, "toRelationships": related.get(entity["entityId"], {})} for entity in found]
        shown = [_shown(entity, query.get("fields", "")) for entity in whole]
        return reply(page(query, shown, "entities", _DEFAULT_PAGE, _LARGEST_PAGE))

    async def _get(self, request: web.Request) -> web.Response:
        entity = self._kept.get(request.match_info["id"])
        if entity is None:
            raise refuse(HTTPStatus.NOT_FOUND, "Entity with the given ID does not exist")
        every = ",".join(f"+{name}" for name in _OPTIONAL)
        whole = {**entity, "toRelationships": incoming(self._kept.all()).get(entity["entityId"], {})}
        return reply(_shown(whole, request.query.get("fields", every)))

    async def _add(self, request: web.Request) -> web.Response:
        """{"name", "type": "SERVICE", "entity_id"?, "tags": ["env:prod"]?, "properties": {}?, "calls": [ids]?,
        "runs_on": [ids]?} -> the entity."""
        body = await object_body(request, wrong)
        if not body.get("name"):
            raise wrong("name is missing")
        made = self.put(body)
        note(request, entity_id=made["entityId"])
        return reply(made, HTTPStatus.CREATED)

    def put(self, body: Mapping[str, Any]) -> Entity:
        """Make the entity, or put it in place of the one of its id. body: as `_add` takes it."""
        kind = str(body.get("type", "SERVICE")).upper()
        entity_id = str(body.get("entity_id") or f"{kind}-{secrets.token_hex(8).upper()}")
        return self._kept.put(entity_id, _entity(entity_id, kind, body))

    def relate(self, entity_id: str, calls: Sequence[str] = (), runs_on: Sequence[str] = ()) -> None:
        """Add to what the entity calls and runs on."""
        entity = self._kept.documents[entity_id]
        related = dict(entity["fromRelationships"])
        for name, ids in outgoing(entity["type"], {"calls": calls, "runs_on": runs_on}).items():
            known = related.get(name, [])
            related[name] = known + [one for one in ids if one not in known]
        self._kept.put(entity_id, {**entity, "fromRelationships": related})


def _entity(entity_id: str, kind: str, body: Mapping[str, Any]) -> Entity:
    now = now_ms()
    return {
        "entityId": entity_id,
        "type": kind,
        "displayName": str(body["name"]),
        "firstSeenTms": now - _SEEN_FOR_MS,
        "lastSeenTms": now,
        "tags": [tag(str(text)) for text in body.get("tags", [])],
        "managementZones": [],
        "properties": dict(body.get("properties", {})),
        "fromRelationships": outgoing(kind, body),
        "toRelationships": {},
        "icon": {"primaryIconType": kind.lower()},
    }


def tag(text: str) -> dict[str, str]:
    """A tag from how it is written: `key`, `key:value` or `[CONTEXT]key:value`."""
    context, bracket, rest = text[1:].partition("]") if text.startswith("[") else ("", "", text)
    key, _, value = (rest if bracket else text).partition(":")
    made = {"context": context or "CONTEXTLESS", "key": key, "stringRepresentation": text}
    return made | ({"value": value} if value else {})


def _shown(entity: Entity, fields: str) -> Entity:
    """Only the fields asked for, beside those that always come. A field is written `name` or `+name`."""
    asked = {field.strip().lstrip("+").partition(".")[0] for field in fields.split(",") if field.strip()}
    return {name: value for name, value in entity.items() if name in _ALWAYS or name in asked & _OPTIONAL}
