"""Services asked for as Backstage asks, and what became of them: for the measurements of golden paths."""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.platform.story import World

PATH = "python-function"
ENDS_WITHIN_S = 900.0

type Operation = dict[str, Any]
"""As GET /api/operations/{id} tells it."""


@dataclass(frozen=True)
class Seen:
    """One provision as its caller saw it. In seconds from the request: until it was accepted, until its outcome."""

    accepted_s: float
    took_s: float
    operation: Operation


class Portal:
    """Asks with Backstage's own token. look_every_s: how often it looks at an operation."""

    def __init__(self, there: World, http: httpx.AsyncClient, token: str, look_every_s: float) -> None:
        self._app, self._project = there.document["app"]["url"], there.demo["project"]
        self._http, self._headers = http, {"Authorization": f"Bearer {token}"}
        self._look_every_s = look_every_s

    def parameters(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "description": "Recebe os pedidos de todas as lojas",
            "project": self._project,
            "product": "Loja Online",
            "owner": "time-loja",
            "cost_center": "BR-4711",
            "tier": 3,
            "data_classification": "internal",
        }

    async def provision(self, name: str) -> Seen:
        """Ask for a service and look until the operation has an outcome. Raises: TimeoutError, httpx.HTTPError."""
        began = time.perf_counter()
        async with asyncio.timeout(ENDS_WITHIN_S):
            asked = await self._call("POST", f"/golden-paths/{PATH}/services", self.parameters(name))
            accepted_s = time.perf_counter() - began
            operation = await self._until(asked["operation_id"], lambda seen: seen["outcome"])
        return Seen(accepted_s, time.perf_counter() - began, operation)

    async def ended(self, operation_ids: Collection[str]) -> list[Operation]:
        """These operations, once they have ended: entity found, registry told. Raises: TimeoutError."""
        async with asyncio.timeout(ENDS_WITHIN_S):
            return await asyncio.gather(*(self._until(each, _has_ended) for each in operation_ids))

    async def _until(self, operation_id: str, good: Callable[[Operation], object]) -> Operation:
        while True:
            operation = await self._call("GET", f"/operations/{operation_id}")
            if good(operation):
                return operation
            await asyncio.sleep(self._look_every_s)

    async def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        url = f"{self._app}/api{path}"
        answer = await self._http.request(method, url, json=body, headers=self._headers)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def _has_ended(operation: Operation) -> bool:
    return bool(operation["state"] != "running")
