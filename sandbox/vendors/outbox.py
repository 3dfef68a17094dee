"""What a vendor tells others by calling them: each call tried a few times, also over a restart.

The order between two calls is not kept: a late one can arrive after its successor, as in real life.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import aiohttp
from aiohttp import web

from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import reply
from sandbox.vendors.store import Collection, Document

WAITS_S = (1.0, 2.0, 4.0, 8.0)
"""Pauses after a failed try; then the vendor gives up."""
TIMEOUT_S = 10.0

type InBackground = Callable[[Coroutine[Any, Any, None]], None]


class Call(NamedTuple):
    """How an entry is delivered now. options: of aiohttp's post."""

    url: str
    options: Mapping[str, Any]


class Outbox:
    """entries: {"id", "state": "pending", "delivered" or "failed", "created_at", "tries", ...}.

    call_of: how one is delivered now; None where nobody is to be told any more. waits_s: other pauses than WAITS_S.
    """

    def __init__(
        self,
        entries: Collection,
        in_background: InBackground,
        call_of: Callable[[Document], Call | None],
        waits_s: Sequence[float] | None = None,
    ) -> None:
        self._entries, self._in_background, self._call_of = entries, in_background, call_of
        self._waits_s = waits_s

    def start(self) -> None:
        """Go on with what was not delivered when the process ended."""
        for entry in self._entries.all():
            if entry["state"] == "pending":
                self._in_background(self._deliver(entry["id"]))

    def send(self, facts: Mapping[str, Any]) -> None:
        """Deliver this soon. facts: of the entry, such as its body."""
        self._enter({**facts, "created_at": iso(now_ms())})

    async def resend(self, request: web.Request) -> web.Response:
        """Deliver the same once more -> its new entry."""
        first = self._entries.get(request.match_info["id"])
        if first is None:
            raise wrong("there is no such notification", HTTPStatus.NOT_FOUND)
        return reply(self._enter(first), HTTPStatus.ACCEPTED)

    def _enter(self, facts: Mapping[str, Any]) -> Document:
        entry = {**facts, "id": secrets.token_hex(8), "state": "pending", "tries": []}
        self._entries.put(entry["id"], entry)
        self._in_background(self._deliver(entry["id"]))
        return entry

    async def _deliver(self, entry_id: str) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for wait_s in (*(WAITS_S if self._waits_s is None else self._waits_s), None):
                if await self._try(session, entry_id):
                    return
                if wait_s is None:
                    break
                await asyncio.sleep(wait_s)
        self._note(entry_id, state="failed")

    async def _try(self, session: aiohttp.ClientSession, entry_id: str) -> bool:
        entry = self._entries.get(entry_id)
        call = self._call_of(entry) if entry else None
        if entry is None or call is None:
            return True
        try:
            async with session.post(call.url, **call.options) as answer:
                outcome, delivered = str(answer.status), answer.ok
        except (aiohttp.ClientError, TimeoutError) as error:
            outcome, delivered = type(error).__name__, False
        tries = [*entry["tries"], {"at": iso(now_ms()), "outcome": outcome}]
        self._note(entry_id, tries=tries, **({"state": "delivered"} if delivered else {}))
        return delivered

    def _note(self, entry_id: str, **changes: object) -> None:
        if entry := self._entries.get(entry_id):
            self._entries.put(entry_id, {**entry, **changes})
