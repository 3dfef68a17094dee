"""An Azure App Configuration store in memory: key-values with versions, conditional writes, signed requests only."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import unquote

import httpx

from shared.clients.app_configuration_auth import sign
from tests.fakes.vendor import FakeVendor, answer, body_of

URL = "https://contoso.azconfig.test"
CREDENTIAL = "x-l0-s0:key"
SECRET = base64.b64encode(b"a-secret-of-an-access-key").decode()
PREFIX = ".appconfig.featureflag/"


class FakeAppConfiguration(FakeVendor):
    """key_values: by (key, label)."""

    def __init__(self) -> None:
        super().__init__()
        self.key_values: dict[tuple[str, str], dict[str, Any]] = {}
        self._versions = 0

    def add_flag(self, name: str, label: str = "", *, enabled: bool = True, **more: Any) -> dict[str, Any]:
        """Put a flag, or change it as anybody else might."""
        value = {"id": name, "description": "", "enabled": enabled, "conditions": {"client_filters": []}}
        return self._put(
            PREFIX + name, label, {"value": json.dumps(value), "tags": {"team": "checkout"}, **more}
        )

    def enabled(self, name: str, label: str = "") -> bool:
        value: dict[str, Any] = json.loads(self.key_values[PREFIX + name, label]["value"])
        return bool(value["enabled"])

    def respond(self, request: httpx.Request) -> httpx.Response:
        if not self._is_signed(request):
            return httpx.Response(401)
        assert request.url.params["api-version"] == "2023-11-01"
        if request.url.path == "/kv":
            return answer({"items": []})
        key, label = unquote(request.url.raw_path.decode().split("?")[0]).removeprefix("/kv/"), ""
        label = request.url.params.get("label", "")
        found = self.key_values.get((key, label))
        if request.method == "GET":
            return answer(found) if found else httpx.Response(404)
        assert request.method == "PUT"
        wanted = request.headers["If-Match"].strip('"')
        if found is None or found["etag"] != wanted:
            return httpx.Response(412)
        if found["locked"]:
            return answer({"title": "Modifying key is not allowed", "status": 409}, 409)
        return answer(self._put(key, label, body_of(request)))

    def _put(self, key: str, label: str, body: dict[str, Any]) -> dict[str, Any]:
        self._versions += 1
        made = {
            "content_type": "application/vnd.microsoft.appconfig.ff+json;charset=utf-8",
            "locked": False,
            **body,
            "etag": f"v{self._versions}",
            "key": key,
            "label": label or None,
            "last_modified": f"2026-11-21T12:00:{self._versions:02}+00:00",
        }
        self.key_values[key, label] = made
        return made

    def _is_signed(self, request: httpx.Request) -> bool:
        digest = base64.b64encode(hashlib.sha256(request.content).digest()).decode()
        signed = f"{request.headers.get('x-ms-date')};{request.headers['Host']};{digest}"
        signature = sign(base64.b64decode(SECRET), request.method, request.url.raw_path.decode(), signed)
        headers = "SignedHeaders=x-ms-date;host;x-ms-content-sha256"
        wanted = f"HMAC-SHA256 Credential={CREDENTIAL}&{headers}&Signature={signature}"
        return bool(request.headers.get("Authorization") == wanted)
