"""Settings objects: GET, POST, PUT and DELETE /api/v2/settings/objects, each object answered for on its own."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from aiohttp import web

from sandbox.vendors.dynatrace.answers import listing_query, page, refuse, unreadable, violated
from sandbox.vendors.dynatrace.schemas import SCHEMAS
from sandbox.vendors.dynatrace.settings_objects import Object, Objects, refused
from sandbox.vendors.framework import Operation, Refusal, json_body, note, object_body, reply
from sandbox.vendors.store import Collection

_PATH = "/api/v2/settings/objects"
_LIST_PARAMETERS = frozenset({"schemaIds", "scopes", "externalIds", "fields", "pageSize"})
_FIELDS = frozenset(
    {
        *("objectId", "value", "externalId", "schemaId", "schemaVersion", "scope"),
        *("summary", "author", "created", "modified", "updateToken"),
    }
)
_DEFAULT_FIELDS = "objectId,value"
_DEFAULT_PAGE, _LARGEST_PAGE = 100, 500


class Settings:
    """The settings objects of the environment."""

    def __init__(self, kept: Collection) -> None:
        self._objects = Objects(kept)

    def operations(self) -> Sequence[Operation]:
        return [
            Operation("list_settings", "GET", _PATH, self._list),
            Operation("create_settings", "POST", _PATH, self._create),
            Operation("get_setting", "GET", f"{_PATH}/{{id}}", self._get),
            Operation("update_setting", "PUT", f"{_PATH}/{{id}}", self._update),
            Operation("delete_setting", "DELETE", f"{_PATH}/{{id}}", self._delete),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        query = listing_query(request, _LIST_PARAMETERS)
        if not query.get("schemaIds") and not query.get("scopes"):
            raise violated("schemaIds", "either schemaIds or scopes is required")
        for schema_id in _listed(query, "schemaIds"):
            if schema_id not in SCHEMAS:
                raise refuse(HTTPStatus.NOT_FOUND, f"Schema '{schema_id}' not found")
        fields = _listed(query | {"fields": query.get("fields") or _DEFAULT_FIELDS}, "fields")
        if unknown := set(fields) - _FIELDS:
            raise violated("fields", f"unknown field {min(unknown)}")
        names = {"schemaIds": "schemaId", "scopes": "scope", "externalIds": "externalId"}
        found = [
            _shown(one, fields)
            for one in self._objects.all()
            if all(
                not query.get(given) or one[name] in _listed(query, given) for given, name in names.items()
            )
        ]
        return reply(page(query, found, "items", _DEFAULT_PAGE, _LARGEST_PAGE))

    async def _create(self, request: web.Request) -> web.Response:
        drafts = await json_body(request, unreadable)
        if not isinstance(drafts, list) or not all(isinstance(draft, dict) for draft in drafts):
            raise unreadable("an array of objects is expected")
        keep = request.query.get("validateOnly") != "true"
        answers = [self._objects.make(draft, number, keep) for number, draft in enumerate(drafts)]
        names = [
            str(draft["value"].get("name", "")) for draft in drafts if isinstance(draft.get("value"), dict)
        ]
        keys = [str(draft.get("externalId", "")) for draft in drafts]
        note(request, name=",".join(names), external_id=",".join(keys))
        codes = {answer["code"] for answer in answers}
        return reply(answers, codes.pop() if len(codes) == 1 else HTTPStatus.MULTI_STATUS)

    async def _get(self, request: web.Request) -> web.Response:
        return reply(_shown(self._find(request), sorted(_FIELDS)))

    async def _update(self, request: web.Request) -> web.Response:
        found = self._find(request)
        body = await object_body(request, unreadable)
        self._check_token(found, body.get("updateToken"))
        value = body.get("value")
        if fault := self._objects.fault(found["schemaId"], value, 0, found["objectId"]):
            return reply(fault, fault["code"])
        self._objects.put({**found, "value": value})
        return reply({"code": HTTPStatus.OK, "objectId": found["objectId"]})

    async def _delete(self, request: web.Request) -> web.Response:
        found = self._find(request)
        self._check_token(found, request.query.get("updateToken"))
        self._objects.delete(found["objectId"])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _find(self, request: web.Request) -> Object:
        object_id = request.match_info["id"]
        note(request, object_id=object_id)
        if found := self._objects.get(object_id):
            return found
        raise Refusal(
            reply(refused(HTTPStatus.NOT_FOUND, f"Object '{object_id}' not found"), HTTPStatus.NOT_FOUND)
        )

    def _check_token(self, found: Object, token: str | None) -> None:
        if token and token != found["updateToken"]:
            answer = refused(HTTPStatus.CONFLICT, "The object was changed in the meantime")
            raise Refusal(reply(answer, HTTPStatus.CONFLICT))


def _shown(one: Object, fields: Sequence[str]) -> Object:
    return {name: one[name] for name in fields if one[name] is not None}


def _listed(query: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in query.get(name, "").split(",") if part.strip()]
