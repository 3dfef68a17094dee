"""Problem notifications: the webhook that is told of problems, by a template of its owner's."""

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.vendors.control import wrong
from sandbox.vendors.dynatrace.placeholders import fill
from sandbox.vendors.framework import Operation, object_body
from sandbox.vendors.outbox import Call, InBackground, Outbox
from sandbox.vendors.store import Collection, Document

_JSON = "application/json"


class Notifications:
    """in_background: runs a delivery. url: this environment's own address."""

    def __init__(
        self,
        settings: Collection,
        outbox: Collection,
        in_background: InBackground,
        url: Callable[[], str],
    ) -> None:
        self._settings, self._url = settings, url
        self._outbox = Outbox(outbox, in_background, self._call_of)

    def controls(self) -> Sequence[Operation]:
        return [
            Operation("set_notification", "PUT", "/notification", self._configure),
            Operation("resend_notification", "POST", "/notifications/{id}/resend", self._outbox.resend),
        ]

    def start(self) -> None:
        """Go on with what was not delivered when the process ended."""
        self._outbox.start()

    def tell(self, problem: Mapping[str, Any]) -> None:
        """Notify the webhook, if there is one, of the problem as it is now."""
        settings = self._settings.get("webhook")
        if settings is None:
            return
        body = fill(settings["template"], problem, self._url(), _is_json(settings["headers"]))
        self._outbox.send({"problem_id": problem["problemId"], "body": body})

    async def _configure(self, request: web.Request) -> web.Response:
        """{"url", "headers"?: {}, "template"} -> 204; 400 where the filled template is not JSON."""
        body = await object_body(request, wrong)
        settings = {
            "url": body.get("url"),
            "headers": body.get("headers", {}),
            "template": body.get("template"),
        }
        _check(settings, self._url())
        self._settings.put("webhook", settings)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _call_of(self, entry: Document) -> Call | None:
        settings = self._settings.get("webhook")
        if settings is None:
            return None
        headers = {"Content-Type": f"{_JSON}; charset=utf-8", **settings["headers"]}
        return Call(settings["url"], {"data": entry["body"].encode(), "headers": headers})


def _is_json(headers: Mapping[str, str]) -> bool:
    named = [value for name, value in headers.items() if name.lower() == "content-type"]
    return all(value.startswith(_JSON) for value in named)


def _check(settings: Mapping[str, Any], url: str) -> None:
    if not isinstance(settings["url"], str) or urlsplit(settings["url"]).scheme not in ("http", "https"):
        raise wrong("url must be an http(s) address")
    headers = settings["headers"]
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise wrong("headers must be an object of strings")
    if not isinstance(settings["template"], str):
        raise wrong("template must be a text with placeholders")
    if not _is_json(headers):
        return
    try:
        json.loads(fill(settings["template"], _TEST_PROBLEM, url))
    except ValueError as error:
        raise wrong(f"the filled template is not valid JSON: {error}") from None


_TEST_PROBLEM: dict[str, Any] = {
    "problemId": "99999",
    "displayId": "999",
    "title": "Dynatrace problem notification test run",
    "impactLevel": "INFRASTRUCTURE",
    "severityLevel": "AVAILABILITY",
    "status": "OPEN",
    "impactedEntities": [{"entityId": {"id": "HOST-0000000000000001", "type": "HOST"}, "name": "MyHost1"}],
    "entityTags": [],
    "startTime": 0,
    "endTime": -1,
    "evidenceDetails": {"totalCount": 0, "details": []},
}
