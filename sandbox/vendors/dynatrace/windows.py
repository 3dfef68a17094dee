"""What is wrong with an entity, and since when: the truth that the metrics show and that problems report.

A window: {"entity_id", "effect": "raised" (values out of bounds) | "silent" (no values) | "ramp" (from healthy at
from_ms to raised at full_ms), "from_ms", "to_ms" or null, "metrics"?: those alone, "full_ms"?, "story"?: the entity
whose healing ends it, too}.
It is kept apart from the problems, because closing a problem by hand makes nothing better.
"""

import secrets
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.clock import now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.dynatrace.series import Ramp, Span
from sandbox.vendors.framework import Operation, object_body, reply
from sandbox.vendors.store import Collection

RAISED, SILENT, RAMP = "raised", "silent", "ramp"


class Windows:
    """When each entity was unwell. on_healed: told of an entity that heals, and when."""

    def __init__(self, kept: Collection, on_healed: Callable[[str, int], None]) -> None:
        self._kept, self._on_healed = kept, on_healed

    def controls(self) -> Sequence[Operation]:
        return [
            Operation("open_window", "POST", "/windows", self._open),
            Operation("heal", "POST", "/entities/{id}/heal", self._heal),
        ]

    def open(
        self, entity_id: str, effect: str, from_ms: int, to_ms: int | None = None, **more: Any
    ) -> dict[str, Any]:
        """more: metrics, full_ms, story."""
        window = {"entity_id": entity_id, "effect": effect, "from_ms": from_ms, "to_ms": to_ms}
        return self._kept.put(secrets.token_hex(8), window | more)

    def heal(self, entity_id: str, at_ms: int) -> None:
        """From now on the entity is well; what was before stays as it was."""
        for key, window in list(self._kept.documents.items()):
            mine = entity_id in (window["entity_id"], window.get("story"))
            if mine and window["to_ms"] is None:
                self._kept.put(key, {**window, "to_ms": at_ms})
        self._on_healed(entity_id, at_ms)

    def of(self, entity_id: str, effect: str, metric: str = "") -> list[Span]:
        """(from, to or None while it lasts) in milliseconds. metric: only those that concern this one."""
        return [(window["from_ms"], window["to_ms"]) for window in self._of(entity_id, effect, metric)]

    def ramps(self, entity_id: str, metric: str) -> list[Ramp]:
        """(from, to or None, when the value is all raised) in milliseconds."""
        return [
            (window["from_ms"], window["to_ms"], window["full_ms"])
            for window in self._of(entity_id, RAMP, metric)
        ]

    def _of(self, entity_id: str, effect: str, metric: str) -> list[dict[str, Any]]:
        return [
            window
            for window in self._kept.all()
            if window["entity_id"] == entity_id
            and window["effect"] == effect
            and (not metric or metric in (window.get("metrics") or [metric]))
        ]

    async def _open(self, request: web.Request) -> web.Response:
        """{"entity_id", "effect", "from_ms"?, "to_ms"?, "metrics"?, "full_ms"? (of a ramp)} -> the window."""
        body = await object_body(request, wrong)
        if body.get("effect") not in (RAISED, SILENT, RAMP) or not body.get("entity_id"):
            raise wrong("entity_id and an effect, raised, silent or ramp, are needed")
        start = body.get("from_ms", now_ms())
        more = {name: body[name] for name in ("metrics", "full_ms") if name in body}
        if body["effect"] == RAMP and not body.get("full_ms", 0) > start:
            raise wrong("a ramp needs full_ms, after from_ms")
        made = self.open(body["entity_id"], body["effect"], start, body.get("to_ms"), **more)
        return reply(made, HTTPStatus.CREATED)

    async def _heal(self, request: web.Request) -> web.Response:
        self.heal(request.match_info["id"], now_ms())
        return web.Response(status=HTTPStatus.NO_CONTENT)
