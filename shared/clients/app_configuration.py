"""Azure App Configuration, where feature flags are switched, through its data plane's REST API 2023-11-01.

Vendor's pages: https://learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value and
.../rest-api-authentication-hmac. The activities on actions call it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypedDict

from shared.clients.absence import unless_absent
from shared.clients.http import TIMEOUT_S, call, http_client, segment
from shared.clients.idempotency import find_or_create, retrying
from shared.errors import VendorRefused

if TYPE_CHECKING:
    import httpx

VENDOR = "app_configuration"
SCOPE = "https://azconfig.io/.default"
API_VERSION = "2023-11-01"
PREFIX = ".appconfig.featureflag/"
FLAG_TYPE = "application/vnd.microsoft.appconfig.ff+json;charset=utf-8"
KEY_TAG = "valueflow-key"
"""The tag of a key-value that says which step of ours wrote this version of it."""

_KEY_VALUE_TYPE = "application/vnd.microsoft.appconfig.kv+json"
_CHANGED = frozenset({HTTPStatus.PRECONDITION_FAILED, HTTPStatus.NOT_FOUND})


class Flag(TypedDict):
    """A feature flag. etag: of this version. key: of the step of ours that wrote it, "" for anybody else's.

    modified_at: ISO 8601.
    """

    name: str
    label: str
    enabled: bool
    etag: str
    key: str
    locked: bool
    modified_at: str


def app_configuration_client(
    url: str,
    credential_id: str = "",
    secret: str = "",
    credential: Any = None,
    transport: httpx.AsyncBaseTransport | None = None,
    timeout_s: float = TIMEOUT_S,
) -> AppConfigurationClient:
    """url: of the store, such as https://contoso.azconfig.io.

    credential_id, secret: of an access key; when empty, credential: an identity of azure.identity.aio, which needs
    the role App Configuration Data Owner.
    """
    http = http_client(url, transport=transport, timeout_s=timeout_s)
    if credential_id:
        from shared.clients.app_configuration_auth import AccessKey

        http.auth = AccessKey(credential_id, secret)
    else:
        from shared.clients.auth import entra_id

        http.auth = entra_id(credential, VENDOR, SCOPE)
    return AppConfigurationClient(http)


class AppConfigurationClient:
    """The part of App Configuration this app uses: feature flags, read and switched.

    http: a client with base_url, auth and timeout (seconds) already set.
    All methods raise VendorUnavailable (try later) and VendorRefused (do not).
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self.aclose = http.aclose

    async def flag(self, name: str, label: str = "") -> Flag | None:
        """The flag of this name and label, None where there is none. label "": the one without a label."""
        return await retrying(lambda: self._flag("flag", name, label))

    async def switch(self, name: str, label: str, *, on: bool, etag: str, key: str) -> Flag | None:
        """Switch the flag, once per key, where it still is the version of etag; None where it changed or went.

        Everything else of the flag stays: its conditions, its description, its tags.
        """

        async def look() -> Flag | None:
            found = await self._flag("switch", name, label)
            return found if found and found["key"] == key and found["enabled"] is on else None

        async def write() -> Flag:
            body = await self._call("switch", "GET", name, label, parse=dict)
            value = {**_value(body), "enabled": on}
            changed = {
                "value": json.dumps(value, ensure_ascii=False),
                "content_type": body.get("content_type") or FLAG_TYPE,
                "tags": {**(body.get("tags") or {}), KEY_TAG: key},
            }
            headers = {"If-Match": f'"{etag}"', "Content-Type": _KEY_VALUE_TYPE}
            return await self._call("switch", "PUT", name, label, parse=_parse, json=changed, headers=headers)

        try:
            flag, _ = await find_or_create(look, write)
        except VendorRefused as error:
            if error.status in _CHANGED:
                return None
            raise
        return flag

    async def ping(self) -> None:
        """One cheap read, one try: raises when the store does not answer or does not accept us."""
        params = {"api-version": API_VERSION, "key": f"{PREFIX}*", "$select": "key"}
        await call(
            self._http, VENDOR, "ping", "GET", "/kv", params=params, parse=lambda body: len(body["items"])
        )

    async def _flag(self, operation: str, name: str, label: str) -> Flag | None:
        return await unless_absent(self._call(operation, "GET", name, label, parse=_parse))

    async def _call[T](
        self,
        operation: str,
        method: str,
        name: str,
        label: str,
        *,
        parse: Callable[[Any], T],
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        params = {"api-version": API_VERSION, **({"label": label} if label else {})}
        path = f"/kv/{segment(PREFIX + name)}"
        return await call(
            self._http,
            VENDOR,
            operation,
            method,
            path,
            params=params,
            json=json,
            headers=headers,
            parse=parse,
        )


def _value(body: Mapping[str, Any]) -> dict[str, Any]:
    value = json.loads(body["value"])
    if not isinstance(value, dict):
        raise ValueError("a flag's value is an object")
    return value


def _parse(body: Mapping[str, Any]) -> Flag:
    """A key-value that is a feature flag."""
    return {
        "name": str(body["key"]).removeprefix(PREFIX),
        "label": str(body.get("label") or ""),
        "enabled": bool(_value(body)["enabled"]),
        "etag": str(body["etag"]),
        "key": str((body.get("tags") or {}).get(KEY_TAG, "")),
        "locked": bool(body.get("locked")),
        "modified_at": str(body.get("last_modified") or ""),
    }
