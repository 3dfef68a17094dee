"""Settings 2.0 objects of the environment: found by our key or by name, made once, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from shared.clients.absence import was_there
from shared.clients.dynatrace.api import VENDOR, Api
from shared.clients.http import Params, nothing, segment
from shared.clients.idempotency import find_or_create, retrying
from shared.clients.refusals import in_short, words_of
from shared.errors import VendorRefused

_PATH = "/api/v2/settings/objects"
_SCOPE = "environment"
_FIELDS = "objectId,externalId,schemaId,value"
_BELOW_REFUSALS = 300


class SettingsObject(TypedDict):
    """external_id: the key of whoever made it, empty for most. value: as its schema has it."""

    object_id: str
    schema_id: str
    external_id: str
    value: dict[str, Any]


class Ensured(TypedDict):
    """ours: it bears the key we were given. Else it is somebody's who used the name before us: leave it alone."""

    object_id: str
    ours: bool


class _Draft(TypedDict):
    schemaId: str
    scope: str
    value: Mapping[str, Any]
    externalId: NotRequired[str]


class Settings:
    """`client.settings`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def find(self, schema_id: str, external_id: str = "", name: str = "") -> SettingsObject | None:
        """The object of this external id, else the one whose value has this name, else None."""
        return await retrying(lambda: self._find("find_setting", schema_id, external_id, name))

    async def ensure(self, schema_id: str, value: Mapping[str, Any], external_id: str) -> Ensured:
        """Have an object: the one of our external id, else the one of the value's name, else a new one.

        What is found stays as it is. Dynatrace keeps an external id once: the same one posted twice is one object.
        external_id: empty for what belongs to no single service; such an object is never ours.
        """
        operation = "ensure_setting"
        draft: _Draft = {"schemaId": schema_id, "scope": _SCOPE, "value": value}
        if external_id:
            draft["externalId"] = external_id

        async def look() -> Ensured | None:
            found = await self._find(operation, schema_id, external_id, str(value.get("name") or ""))
            if found is None:
                return None
            ours = bool(external_id) and found["external_id"] == external_id
            return {"object_id": found["object_id"], "ours": ours}

        async def write() -> Ensured:
            object_id = await self._api.call(
                operation, "POST", _PATH, json=[draft], parse=lambda body: _object_id(operation, body)
            )
            return {"object_id": object_id, "ours": bool(external_id)}

        return (await find_or_create(look, write))[0]

    async def delete(self, object_id: str) -> bool:
        """Delete the object. False: it is not there, or no longer, should an earlier answer have been lost."""
        path = f"{_PATH}/{segment(object_id)}"
        return await was_there(
            retrying(lambda: self._api.call("delete_setting", "DELETE", path, parse=nothing, writes=False))
        )

    async def _find(
        self, operation: str, schema_id: str, external_id: str, name: str
    ) -> SettingsObject | None:
        params: Params = {"schemaIds": schema_id, "scopes": _SCOPE, "fields": _FIELDS, "pageSize": 500}
        found = [_settings_object(item) for item in await self._api.pages(operation, _PATH, "items", params)]
        keyed = (one for one in found if external_id and one["external_id"] == external_id)
        named = (one for one in found if name and one["value"].get("name") == name)
        return next(keyed, None) or next(named, None)


def _settings_object(body: Mapping[str, Any]) -> SettingsObject:
    return {
        "object_id": body["objectId"],
        "schema_id": body.get("schemaId") or "",
        "external_id": body.get("externalId") or "",
        "value": dict(body["value"]),
    }


def _object_id(operation: str, body: Any) -> str:
    """From the answer for the one object we sent. Raises: VendorRefused, when it was not taken after all (207)."""
    (item,) = body
    if item["code"] >= _BELOW_REFUSALS:
        message = f"refused ({item['code']}): {in_short(words_of(item))}"
        raise VendorRefused(VENDOR, operation, message, item["code"])
    return str(item["objectId"])
