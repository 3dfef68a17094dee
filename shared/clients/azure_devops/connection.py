"""The one way to the organisation: every call of the rooms goes through here, with the API version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shared.clients.http import Params, call, segment
from shared.errors import VendorRefused

if TYPE_CHECKING:
    import httpx

VENDOR = "azure_devops"
SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
VERSION = "7.1"
NO_COMMIT = "0" * 40
"""How Git writes that a branch does not exist, before a push or after it."""


class Connection:
    """http: a client with base_url (the organisation's), auth and timeout (seconds) already set."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def call[T](
        self,
        operation: str,
        method: str,
        path: str,
        *,
        parse: Callable[[Any], T],
        params: Params | None = None,
        json: Any = None,
        writes: bool | None = None,
        version: str = VERSION,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """`shared.clients.http.call`, once. Raises: VendorUnavailable, OutcomeUnknown, VendorRefused."""
        params = {**(params or {}), "api-version": version}
        return await call(
            self._http,
            VENDOR,
            operation,
            method,
            path,
            params=params,
            json=json,
            headers=headers,
            writes=writes,
            parse=parse,
        )

    @property
    def url(self) -> str:
        """The organisation's address, without a slash at its end."""
        return str(self._http.base_url).rstrip("/")

    def refused(self, operation: str, message: str, status: int | None = None) -> VendorRefused:
        """What we refuse ourselves, because of what the vendor told."""
        return VendorRefused(VENDOR, operation, message, status)


def area(project: str, path: str) -> str:
    """The address of a part of a project's API: `area("Payments", "git/repositories")`."""
    return f"/{segment(project)}/_apis/{path}"
