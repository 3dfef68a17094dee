"""Problem notifications: an outbox of webhook calls, tried a few times each, also over a restart.

The order between two notifications is not kept: a late OPEN can arrive after its RESOLVED, as in real life.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.dynatrace.placeholders import fill
from sandbox.vendors.framework import Operation, object_body, reply
from sandbox.vendors.store import Collection

WAITS_S = (1.0, 2.0, 4.0, 8.0)
"""Pauses after a failed try; then Dynatrace gives up."""
TIMEOUT_S = 10.0
_JSON = "application/json"


class Notifications:
    """in_background: runs a delivery. url: this environment's own address."""

    def __init__(
        self,
        settings: Collection,
        outbox: Collection,
        in_background: Callable[[Coroutine[Any, Any, None]], None],
        url: Callable[[], str],
    ) -> None:
        self._settings, self._outbox = settings, outbox
        self._in_background, self._url = in_background, url

    def controls(self) -> Sequence[Operation]:
        return [
            Operation("set_notification", "PUT", "/notification", self._configure),
            Operation("resend_notification", "POST", "/notifications/{id}/resend", self._resend),
        ]

    def start(self) -> None:
        """Go on with what was not delivered when the process ended."""
        for notification in self._outbox.all():
            if notification["state"] == "pending":
                self._in_background(self._deliver(notification["id"]))

    def tell(self, problem: Mapping[str, Any]) -> None:
        """Notify the webhook, if there is one, of the problem as it is now."""
        settings = self._settings.get("webhook")
        if settings is None:
            return
        made = {
            "id": secrets.token_hex(8),
            "problem_id": problem["problemId"],
            "state": "pending",
            "created_at": iso(now_ms()),
            "tries": [],
            "body": fill(settings["template"], problem, self._url(), _is_json(settings["headers"])),
        }
        self._outbox.put(made["id"], made)
        self._in_background(self._deliver(made["id"]))

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

    async def _resend(self, request: web.Request) -> web.Response:
        """Deliver the same notification once more -> its new entry."""
        first = self._outbox.get(request.match_info["id"])
        if first is None:
            raise wrong("there is no such notification", HTTPStatus.NOT_FOUND)
        again = {**first, "id": secrets.token_hex(8), "state": "pending", "tries": []}
        self._outbox.put(again["id"], again)
        self._in_background(self._deliver(again["id"]))
        return reply(again, HTTPStatus.ACCEPTED)

    async def _deliver(self, notification_id: str) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for wait_s in (*WAITS_S, None):
                if await self._try(session, notification_id):
                    return
                if wait_s is None:
                    break
                await asyncio.sleep(wait_s)
        self._note(notification_id, state="failed")

    async def _try(self, session: aiohttp.ClientSession, notification_id: str) -> bool:
        notification, settings = self._outbox.get(notification_id), self._settings.get("webhook")
        if notification is None or settings is None:
            return True
        headers = {"Content-Type": f"{_JSON}; charset=utf-8", **settings["headers"]}
        try:
            async with session.post(
                settings["url"], data=notification["body"].encode(), headers=headers
            ) as answer:
                outcome, delivered = str(answer.status), answer.ok
        except (aiohttp.ClientError, TimeoutError) as error:
            outcome, delivered = type(error).__name__, False
        tries = [*notification["tries"], {"at": iso(now_ms()), "outcome": outcome}]
        self._note(notification_id, tries=tries, **({"state": "delivered"} if delivered else {}))
        return delivered

    def _note(self, notification_id: str, **changes: object) -> None:
        if notification := self._outbox.get(notification_id):
            self._outbox.put(notification_id, {**notification, **changes})


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
