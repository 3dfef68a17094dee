"""What is wrong with an entity, and since when: the truth that the metrics show and that problems report.

A window: {"entity_id", "effect": "raised" (values out of bounds) | "silent" (no values), "from_ms", "to_ms" or null}.
It is kept apart from the problems, because closing a problem by hand makes nothing better.
"""

import secrets
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.clock import now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, object_body, reply
from sandbox.vendors.store import Collection

RAISED, SILENT = "raised", "silent"


class Windows:
    """When each entity was unwell."""

    def __init__(self, kept: Collection) -> None:
        self._kept = kept

    def controls(self) -> Sequence[Operation]:
        return [
            Operation("open_window", "POST", "/windows", self._open),
            Operation("heal", "POST", "/entities/{id}/heal", self._heal),
        ]

    def open(self, entity_id: str, effect: str, from_ms: int, to_ms: int | None = None) -> dict[str, Any]:
        window = {"entity_id": entity_id, "effect": effect, "from_ms": from_ms, "to_ms": to_ms}
        return self._kept.put(secrets.token_hex(8), window)

    def heal(self, entity_id: str, at_ms: int) -> None:
        """From now on the entity is well; what was before stays as it was."""
        for key, window in list(self._kept.documents.items()):
            if window["entity_id"] == entity_id and window["to_ms"] is None:
                self._kept.put(key, {**window, "to_ms": at_ms})

    def of(self, entity_id: str, effect: str) -> list[tuple[int, int | None]]:
        """(from, to or None while it lasts) in milliseconds."""
        return [
            (window["from_ms"], window["to_ms"])
            for window in self._kept.all()
            if window["entity_id"] == entity_id and window["effect"] == effect
        ]

    async def _open(self, request: web.Request) -> web.Response:
        """{"entity_id", "effect", "from_ms"?, "to_ms"?} -> the window."""
        body = await object_body(request, wrong)
        if body.get("effect") not in (RAISED, SILENT) or not body.get("entity_id"):
            raise wrong("entity_id and an effect, raised or silent, are needed")
        made = self.open(body["entity_id"], body["effect"], body.get("from_ms", now_ms()), body.get("to_ms"))
        return reply(made, HTTPStatus.CREATED)

    async def _heal(self, request: web.Request) -> web.Response:
        self.heal(request.match_info["id"], now_ms())
        return web.Response(status=HTTPStatus.NO_CONTENT)
