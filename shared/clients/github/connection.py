"""The one way to GitHub: every call of the rooms goes through here, and pages are followed here.

Vendor's pages: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api and
.../using-pagination-in-the-rest-api
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.clients.http import MAX_RETRY_AFTER_S, Params, call, segment
from shared.clients.idempotency import retrying
from shared.errors import VendorError, VendorRefused, VendorUnavailable

if TYPE_CHECKING:
    import httpx

VENDOR = "github"
VERSION = "2022-11-28"
"""The later 2026-03-10 tells the commit of a merged pull request no more."""
PER_PAGE = 100
UNTOLD_WAIT_S = 60.0
"""How long GitHub wants to be left alone where it says that it was too much, and not until when."""
_USED_UP = "its rate limit is used up"

type Listed = list[dict[str, Any]]


class Connection:
    """http: a client with base_url, headers and timeout (seconds) already set.

    Once GitHub says that it was too much, it is left alone as long as it wants: who goes on asking is shut out.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._quiet_until_s = 0.0

    async def call[T](self, operation: str, path: str, *, parse: Callable[[Any], T]) -> T:
        """One read that no limit counts, once. Raises: VendorUnavailable, VendorRefused."""
        return (await self._read(operation, path, parse, None))[0]

    async def get[T](self, operation: str, path: str, *, parse: Callable[[Any], T]) -> T:
        """A read, retried for seconds. Raises: VendorUnavailable, also where a limit is used up; VendorRefused."""
        return (await retrying(lambda: self._ask(operation, path, parse, None)))[0]

    async def pages(
        self, operation: str, path: str, *, params: Params, most: int, name: str = ""
    ) -> AsyncIterator[Listed]:
        """The pages of a list, `most` of them. name: of the member that holds the list, where it is not the answer.

        Raises: as `get`; VendorRefused where the next page is said to be at another origin, which gets no token.
        """
        following: str | None = path
        given: Params | None = {**params, "per_page": PER_PAGE}
        for _ in range(most):
            if following is None:
                return
            listed, following = await self._page(operation, following, given, name)
            yield listed
            given = None

    async def _page(
        self, operation: str, path: str, params: Params | None, name: str
    ) -> tuple[Listed, str | None]:
        def parse(body: Any) -> Listed:
            return [dict(one) for one in (body[name] if name else body)]

        found, following = await retrying(lambda: self._ask(operation, path, parse, params))
        if following is not None and not self._is_ours(following):
            raise VendorRefused(VENDOR, operation, "its next page is said to be at another address")
        return found, following

    async def _ask[T](
        self, operation: str, path: str, parse: Callable[[Any], T], params: Params | None
    ) -> tuple[T, str | None]:
        """`_read`, unless GitHub is to be left alone."""
        if (left_s := self._quiet_until_s - time.monotonic()) > 0:
            raise VendorUnavailable(VENDOR, operation, _USED_UP, left_s)
        return await self._read(operation, path, parse, params)

    async def _read[T](
        self, operation: str, path: str, parse: Callable[[Any], T], params: Params | None
    ) -> tuple[T, str | None]:
        """What `parse` makes of the answer, and where its next page is."""
        seen: list[httpx.Response] = []
        try:
            told = await call(
                self._http,
                VENDOR,
                operation,
                "GET",
                path,
                params=params,
                parse=parse,
                on_response=seen.append,
            )
        except VendorError:
            if seen and (wait_s := _too_much(seen[0])):
                self._quiet_until_s = time.monotonic() + wait_s
                raise VendorUnavailable(VENDOR, operation, _USED_UP, wait_s) from None
            raise
        return told, seen[0].links.get("next", {}).get("url")

    def _is_ours(self, url: str) -> bool:
        """Whether it has our scheme, host and port."""
        try:
            there, here = urlsplit(url), urlsplit(str(self._http.base_url))
        except ValueError:
            return False
        return (there.scheme, there.netloc) == (here.scheme, here.netloc)


def repository_path(repository: str, path: str = "") -> str:
    """The address of a part of a repository's API. repository: "owner/name"."""
    owner, _, name = repository.partition("/")
    return f"/repos/{segment(owner)}/{segment(name)}" + (f"/{path}" if path else "")


def _too_much(response: httpx.Response) -> float | None:
    """Seconds to wait where a limit is used up: GitHub says 403 to that, too. None where it is something else."""
    headers = response.headers
    if response.status_code not in {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}:
        return None
    told, reset = headers.get("Retry-After", ""), headers.get("X-RateLimit-Reset", "")
    if told.isdecimal():
        return _bounded(float(told))
    if headers.get("X-RateLimit-Remaining") == "0" and reset.isdecimal():
        return _bounded(float(reset) - time.time())
    limited = response.status_code == HTTPStatus.TOO_MANY_REQUESTS or "rate limit" in response.text.lower()
    return UNTOLD_WAIT_S if limited else None


def _bounded(wait_s: float) -> float:
    return min(max(wait_s, 1.0), MAX_RETRY_AFTER_S)
