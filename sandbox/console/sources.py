"""Reads the systems, each for itself: one that does not answer leaves the others as they are.

What was read is kept for a second, so that a page of many parts, or many readers, ask each system once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from sandbox.console.links import Links
from sandbox.platform.document import Document

KEPT_S = 1.0
TIMEOUT_S = 2.0
NEWEST = 200
TOKEN_KEPT_S = 1800.0


class NoAnswer(Exception):
    """The system is away, or answers what cannot be used."""


class Sources:
    """document: the platform's addresses and keys. http: without a base address. links: for its page."""

    def __init__(self, document: Document, http: httpx.AsyncClient) -> None:
        self.document, self._http = document, http
        self.links = Links(document)
        self._kept: dict[str, tuple[float, Any]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._token, self._token_until = "", 0.0

    async def state(self, vendor: str) -> dict[str, list[dict[str, Any]]]:
        """The vendor's documents by kind, the newest NEWEST of each, oldest first. Raises: NoAnswer."""
        url = f"{self.document['vendors'][vendor]['url']}/_sandbox/state"
        found: dict[str, list[dict[str, Any]]] = await self._once(
            url, lambda: self._get(url, {"limit": str(NEWEST)})
        )
        return found

    async def faults(self, vendor: str) -> list[dict[str, Any]]:
        """The faults the vendor was told to have. Raises: NoAnswer."""
        url = f"{self.document['vendors'][vendor]['url']}/_sandbox/faults"
        found: list[dict[str, Any]] = await self._once(url, lambda: self._get(url))
        return found

    async def queues(self) -> list[dict[str, Any]]:
        """Raises: NoAnswer."""
        url = self.document["servicebus"]["stats_url"]
        found: list[dict[str, Any]] = (await self._once(url, lambda: self._get(url)))["entities"]
        return found

    async def tables(self) -> list[dict[str, Any]]:
        """Raises: NoAnswer."""
        url = f"{self.document['warehouse']['url']}/_sandbox/tables"
        found: list[dict[str, Any]] = (await self._once(url, lambda: self._get(url)))["tables"]
        return found

    async def health(self) -> dict[str, Any]:
        """Raises: NoAnswer."""
        url = f"{self.document['app']['url']}/api/health"
        found: dict[str, Any] = await self._once(url, lambda: self._get(url, timeout_s=6.0, also=(503,)))
        return found

    async def operations(self) -> list[dict[str, Any]]:
        """Newest first; one that waits for a decision has the signed link to its page. Raises: NoAnswer."""
        url = f"{self.document['app']['url']}/api/operations"

        async def read() -> list[dict[str, Any]]:
            found = (await self._get(url, {"limit": "20"}, token=await self._operator()))["operations"]
            return list(await asyncio.gather(*(self._with_link(url, each) for each in found)))

        return await self._once(url, read)

    async def services(self) -> list[dict[str, Any]]:
        """What the registry holds. Raises: NoAnswer."""
        url = f"{self.document['app']['url']}/api/services"

        async def read() -> list[dict[str, Any]]:
            return list((await self._get(url, token=await self._operator()))["services"])

        return await self._once(url, read)

    async def dead_letters(self) -> list[dict[str, Any]]:
        """Raises: NoAnswer."""
        url = f"{self.document['app']['url']}/api/dead-letters"

        async def read() -> list[dict[str, Any]]:
            told: dict[str, Any] = await self._get(url, token=await self._operator(), timeout_s=6.0)
            return list(told["dead_letters"])

        return await self._once(url, read)

    async def _with_link(self, url: str, operation: dict[str, Any]) -> dict[str, Any]:
        if (operation.get("approval") or {}).get("state") != "waiting" or operation["state"] != "running":
            return operation
        told: dict[str, Any] = await self._get(f"{url}/{operation['id']}", token=await self._operator())
        return told

    async def _operator(self) -> str:
        if time.monotonic() > self._token_until:
            url = f"{self.document['vendors']['entra']['url']}/_sandbox/tokens"
            audience = self.document["vendors"]["entra"]["client_id"]
            made = await self._ask("POST", url, json={"client": "operator", "audience": audience})
            self._token, self._token_until = made["access_token"], time.monotonic() + TOKEN_KEPT_S
        return self._token

    async def _once[T](self, key: str, read: Callable[[], Awaitable[T]]) -> T:
        """What was read within the last KEPT_S seconds, else what `read` gives now; failures are kept too."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            at, kept = self._kept.get(key, (float("-inf"), None))
            if time.monotonic() - at > KEPT_S:
                try:
                    kept = await read()
                except NoAnswer as failure:
                    kept = failure
                self._kept[key] = (time.monotonic(), kept)
        if isinstance(kept, NoAnswer):
            raise NoAnswer(str(kept))
        found: T = kept
        return found

    async def _get(
        self,
        url: str,
        params: dict[str, str] | None = None,
        token: str = "",
        timeout_s: float = TIMEOUT_S,
        also: tuple[int, ...] = (),
    ) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self._ask("GET", url, params=params, headers=headers, timeout=timeout_s, also=also)

    async def _ask(self, method: str, url: str, *, also: tuple[int, ...] = (), **options: Any) -> Any:
        try:
            answer = await self._http.request(method, url, **{"timeout": TIMEOUT_S, **options})
            if not answer.is_success and answer.status_code not in also:
                raise NoAnswer(f"{answer.status_code}")
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise NoAnswer(type(error).__name__) from None
