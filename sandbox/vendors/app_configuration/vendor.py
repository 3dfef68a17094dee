"""App Configuration put together: key-values with versions and conditions, of which feature flags are some.

https://learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, override

from aiohttp import web

from sandbox.vendors.app_configuration.access import AUDIENCE, check_signature, unauthorized
from sandbox.vendors.azure_devops.consequences import Effects
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Handler, Operation, Refusal, Vendor, json_body, note, object_body, reply
from sandbox.vendors.store import Document, Store

VERSIONS = frozenset({"1.0", "2023-10-01", "2023-11-01"})
PREFIX = ".appconfig.featureflag/"
FLAG_TYPE = "application/vnd.microsoft.appconfig.ff+json;charset=utf-8"
_KEY_VALUE = "application/vnd.microsoft.appconfig.kv+json"
_TYPES = frozenset({_KEY_VALUE, "application/json"})
_CONSEQUENCE = {"flag", "label", "resolves_problem", "heals_service"}


class AppConfiguration(Vendor):
    """One store. entra_accepts: whether (token, audience) is an Entra ID token. effects: what flags do elsewhere."""

    name = "app_configuration"

    def __init__(
        self,
        store: Store,
        credentials: Mapping[str, str],
        entra_accepts: Callable[[str, str], bool],
        effects: Effects,
    ) -> None:
        super().__init__(store, credentials)
        self._entra_accepts, self._effects = entra_accepts, effects
        self._kept, self._consequences = self.collection("key_value"), self.collection("consequence")

    @override
    def operations(self) -> Sequence[Operation]:
        one = "/kv/{key:.+}"
        return [
            Operation("list_key_values", "GET", "/kv", self._let_in(self._list)),
            Operation("get_key_value", "GET", one, self._let_in(self._get)),
            Operation("set_key_value", "PUT", one, self._let_in(self._set)),
            Operation("delete_key_value", "DELETE", one, self._let_in(self._delete)),
        ]

    @override
    def controls(self) -> Sequence[Operation]:
        return [
            Operation("set_flag", "PUT", "/flags", self._set_flag),
            Operation("set_consequences", "PUT", "/consequences", self._set_consequences),
        ]

    @override
    def authenticate(self, request: web.Request) -> None:
        """Without credentials nobody comes in; signatures cover the body, so that they are checked with it."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer" and self._entra_accepts(given, AUDIENCE):
            return
        if scheme != "HMAC-SHA256":
            raise unauthorized("HMAC-SHA256", "Authorization is missing or not valid")

    def _let_in(self, handle: Handler) -> Handler:
        async def let_in(request: web.Request) -> web.Response:
            scheme, _, given = request.headers.get("Authorization", "").partition(" ")
            if scheme == "HMAC-SHA256":
                await check_signature(
                    request, given, self.credentials["credential_id"], self.credentials["secret"]
                )
            if request.query.get("api-version") not in VERSIONS:
                raise self._refuse(HTTPStatus.BAD_REQUEST, "API version is missing or not supported")
            return await handle(request)

        return let_in

    @override
    def error(self, status: int, message: str) -> web.Response:
        """RFC 7807, as the store words it."""
        body = {"type": f"https://azconfig.io/errors/{status}", "title": message, "status": status}
        return web.Response(
            body=json.dumps(body).encode(), status=status, content_type="application/problem+json"
        )

    def _refuse(self, status: int, message: str) -> Refusal:
        return Refusal(self.error(status, message))

    async def _list(self, request: web.Request) -> web.Response:
        wanted, label = request.query.get("key", "*"), _label(request, "*")
        found = [
            one
            for one in self._kept.all()
            if _matches(one["key"], wanted) and (label == "*" or (one["label"] or "") == label)
        ]
        return reply({"items": [_shown(one) for one in found]})

    async def _get(self, request: web.Request) -> web.Response:
        return self._answer(self._found(request))

    async def _set(self, request: web.Request) -> web.Response:
        key, label, found = request.match_info["key"], _label(request), self._known(request)
        self._check_conditions(request, found)
        if request.content_type not in _TYPES:
            raise self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The media type is not supported")
        body = await json_body(request, lambda message: self._refuse(HTTPStatus.BAD_REQUEST, message))
        if not isinstance(body, dict) or not isinstance(body.get("value", ""), str):
            raise self._refuse(HTTPStatus.BAD_REQUEST, "value must be a text")
        if found and found["locked"]:
            raise self._refuse(HTTPStatus.CONFLICT, "Modifying key is not allowed: it is locked")
        made = self._put(key, label, {"locked": False, **body})
        note(request, key=key, etag=made["etag"])
        return self._answer(made)

    async def _delete(self, request: web.Request) -> web.Response:
        found = self._known(request)
        self._check_conditions(request, found)
        if found is None:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        if found["locked"]:
            raise self._refuse(HTTPStatus.CONFLICT, "Modifying key is not allowed: it is locked")
        self._kept.delete(_id(found["key"], found["label"] or ""))
        return self._answer(found)

    def _known(self, request: web.Request) -> Document | None:
        return self._kept.get(_id(request.match_info["key"], _label(request)))

    def _found(self, request: web.Request) -> Document:
        if found := self._known(request):
            return found
        raise self._refuse(HTTPStatus.NOT_FOUND, "There is no such key-value")

    def _check_conditions(self, request: web.Request, found: Document | None) -> None:
        """Raises: Refusal, 412, where another version is there than was said."""
        etag = found["etag"] if found else ""
        match, no_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
        if match and not (found and match in ("*", f'"{etag}"')):
            raise self._refuse(HTTPStatus.PRECONDITION_FAILED, "The etag does not match")
        if no_match and found and no_match in ("*", f'"{etag}"'):
            raise self._refuse(HTTPStatus.PRECONDITION_FAILED, "The etag matches")

    def _put(self, key: str, label: str, body: Mapping[str, Any]) -> Document:
        made = {
            "etag": secrets.token_urlsafe(20),
            "key": key,
            "label": label or None,
            "content_type": body.get("content_type"),
            "value": body.get("value", ""),
            "tags": body.get("tags") or {},
            "locked": bool(body.get("locked")),
            "last_modified": iso(now_ms()),
        }
        self._kept.put(_id(key, label), made)
        self._follow(key, label, made["value"])
        return made

    def _follow(self, key: str, label: str, value: str) -> None:
        """What happens elsewhere once a flag is off; once more does no harm."""
        name = key.removeprefix(PREFIX)
        if name == key or json.loads(value or "{}").get("enabled"):
            return
        for one in self._consequences.all():
            if (one["flag"], one.get("label", "")) != (name, label):
                continue
            if service := one.get("heals_service"):
                self._effects.heal_service(service)
            if problem := one.get("resolves_problem"):
                self._effects.resolve_problem(problem)

    def _answer(self, found: Document) -> web.Response:
        answer = reply(_shown(found), headers={"ETag": f'"{found["etag"]}"'})
        answer.content_type = _KEY_VALUE
        return answer

    async def _set_flag(self, request: web.Request) -> web.Response:
        """{"name", "label"?, "enabled"?, "locked"?} -> the key-value; on where nothing else is said."""
        body = await object_body(request, wrong)
        if not isinstance(body.get("name"), str) or not body["name"]:
            raise wrong("a flag needs a name")
        value = {
            "id": body["name"],
            "description": "",
            "enabled": bool(body.get("enabled", True)),
            "conditions": {"client_filters": []},
        }
        told = {
            "value": json.dumps(value),
            "content_type": FLAG_TYPE,
            "locked": body.get("locked", False),
        }
        return reply(self._put(PREFIX + body["name"], str(body.get("label", "")), told))

    async def _set_consequences(self, request: web.Request) -> web.Response:
        """[{"flag", "label"?, "resolves_problem"?, "heals_service"?}]: what follows once the flag is off."""
        wanted = await json_body(request, wrong)
        if not isinstance(wanted, list) or not all(
            isinstance(one, dict) and "flag" in one and one.keys() <= _CONSEQUENCE for one in wanted
        ):
            raise wrong(f"a list of objects with flag and some of {', '.join(sorted(_CONSEQUENCE))}")
        self._consequences.clear()
        for number, one in enumerate(wanted):
            self._consequences.put(str(number), one)
        return reply(wanted)


def _shown(found: Document) -> Document:
    return dict(found)


def _id(key: str, label: str) -> str:
    return f"{key}\n{label}"


def _label(request: web.Request, default: str = "") -> str:
    r"""\0 is how a key-value without a label is named outright."""
    label = request.query.get("label", default)
    return "" if label == "\0" else label


def _matches(key: str, wanted: str) -> bool:
    return key.startswith(wanted[:-1]) if wanted.endswith("*") else key == wanted
