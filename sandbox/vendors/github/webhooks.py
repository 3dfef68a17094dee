"""Webhooks: what the repositories tell others, signed, when they were told to. What is not taken is not sent again."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, object_body
from sandbox.vendors.github.repositories import Repositories
from sandbox.vendors.github.shapes import PERSON
from sandbox.vendors.outbox import Call, InBackground, Outbox
from sandbox.vendors.store import Collection, Document


class Webhooks:
    """settings: {"hook": {"url", "secret", "headers"}}: a kind that nobody is shown."""

    def __init__(
        self,
        repositories: Repositories,
        settings: Collection,
        outbox: Collection,
        in_background: InBackground,
    ) -> None:
        self._repositories, self._settings = repositories, settings
        self._outbox = Outbox(outbox, in_background, self._call_of, waits_s=())

    def controls(self) -> Sequence[Operation]:
        return [
            Operation("set_webhook", "PUT", "/webhook", self._configure),
            Operation("redeliver", "POST", "/webhook/deliveries/{id}/attempts", self._outbox.resend),
        ]

    def start(self) -> None:
        """Go on with what was not delivered when the process ended."""
        self._outbox.start()

    def tell(self, event: str, action: str, members: Mapping[str, Any], repository: Document) -> None:
        """Tell it there, where somebody is to be told."""
        if self._settings.get("hook") is None:
            return
        shown = self._repositories.shown(repository)
        body = {"action": action, **members, "repository": shown, "sender": PERSON}
        self._outbox.send({"event": event, "guid": str(uuid.uuid4()), "body": body})

    async def _configure(self, request: web.Request) -> web.Response:
        """{"url", "secret", "headers"?} -> 204: tell it there from now on; {} -> tell nobody."""
        body = await object_body(request, wrong)
        if not body:
            self._settings.delete("hook")
            return web.Response(status=HTTPStatus.NO_CONTENT)
        if urlsplit(str(body.get("url"))).scheme not in ("http", "https") or not body.get("secret"):
            raise wrong("url must be an http(s) address, and secret must not be empty")
        settings = {
            "url": body["url"],
            "secret": str(body["secret"]),
            "headers": dict(body.get("headers") or {}),
        }
        self._settings.put("hook", settings)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _call_of(self, entry: Document) -> Call | None:
        settings = self._settings.get("hook")
        if settings is None:
            return None
        body = json.dumps(entry["body"], ensure_ascii=False).encode()
        digest = hmac.new(settings["secret"].encode(), body, hashlib.sha256).hexdigest()
        headers = {
            **settings["headers"],
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/sandbox",
            "X-GitHub-Event": entry["event"],
            "X-GitHub-Delivery": entry["guid"],
            "X-Hub-Signature-256": f"sha256={digest}",
        }
        return Call(settings["url"], {"data": body, "headers": headers})
