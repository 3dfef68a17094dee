"""One table of an instance, as the rooms of this folder use it: find, get, insert, update, delete.

Rows come with the fields the room asked for, as texts. What goes into a query or a path is checked here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from shared.clients.absence import unless_absent, was_there
from shared.clients.http import Params, call, nothing
from shared.clients.idempotency import retrying
from shared.errors import VendorRefused

if TYPE_CHECKING:
    import httpx

VENDOR = "servicenow"
SHORT, LONG = 160, 4000
"""Column sizes in characters; ServiceNow cuts what is longer, silently."""

_CORRELATION = 100
_MOST_ROWS = 100

type Row = Mapping[str, str]


class Api:
    """http: a client with base_url, auth and timeout (seconds) already set."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.call = partial(call, http, VENDOR)
        self.url = str(http.base_url).rstrip("/")


@dataclass(frozen=True)
class Table[T]:
    """fields: comma-separated, with sys_id, sys_created_on and what `read`, which makes a T of a row, needs."""

    api: Api
    name: str
    fields: str
    read: Callable[[Row], T]

    def link(self, sys_id: str) -> str:
        """Where a person sees the record."""
        return f"{self.api.url}/{self.name}.do?sys_id={sys_id}"

    async def find(self, operation: str, field: str, value: str) -> list[T]:
        """The records whose `field` is `value`, oldest first.

        An instance drops a condition it does not understand and answers with every row, and compares without
        case, so the answer is checked.
        """
        query = f"{field}={queryable(operation, value)}^ORDERBYsys_created_on"
        return await self.api.call(
            operation,
            "GET",
            self._path,
            params={**self._answer, "sysparm_query": query, "sysparm_limit": _MOST_ROWS},
            parse=lambda body: [
                self.read(row) for row in sorted(body["result"], key=_age) if row[field] == value
            ],
        )

    async def first(self, operation: str, field: str, value: str) -> T | None:
        """The oldest of these, tried again when the vendor fails; None when there is none."""
        found = await retrying(lambda: self.find(operation, field, value))
        return found[0] if found else None

    async def get(self, operation: str, sys_id: str) -> T:
        """Raises: VendorRefused, 404, when there is none."""
        path = self.path_of(operation, sys_id)
        return await self.api.call(operation, "GET", path, params=self._answer, parse=self._one)

    async def get_or_none(self, operation: str, sys_id: str) -> T | None:
        """The record, None when there is none; tried again when the vendor fails."""
        return await unless_absent(retrying(lambda: self.get(operation, sys_id)))

    async def insert(self, operation: str, row: Row) -> T:
        return await self.api.call(
            operation, "POST", self._path, json=dict(row), params=self._answer, parse=self._one
        )

    async def update(self, operation: str, sys_id: str, changes: Row) -> T:
        path = self.path_of(operation, sys_id)
        return await self.api.call(
            operation, "PATCH", path, json=dict(changes), params=self._answer, parse=self._one
        )

    async def delete(self, operation: str, sys_id: str) -> bool:
        """Delete the record. False: it is not there, or no longer, should an earlier answer have been lost."""
        path = self.path_of(operation, sys_id)
        return await was_there(
            retrying(lambda: self.api.call(operation, "DELETE", path, parse=nothing, writes=False))
        )

    def path_of(self, operation: str, sys_id: str) -> str:
        if not re.fullmatch("[0-9a-f]{32}", sys_id):
            raise VendorRefused(VENDOR, operation, "a sys_id has 32 hexadecimal digits")
        return f"{self._path}/{sys_id}"

    @property
    def _path(self) -> str:
        return f"/api/now/table/{self.name}"

    @property
    def _answer(self) -> Params:
        return {"sysparm_fields": self.fields, "sysparm_exclude_reference_link": "true"}

    def _one(self, body: Any) -> T:
        return self.read(body["result"])


def _age(row: Row) -> tuple[str, str, str]:
    """Times are of whole seconds, numbers are given in order."""
    return row["sys_created_on"], row.get("number", ""), row["sys_id"]


def queryable(operation: str, value: str) -> str:
    """A value that cannot end its condition in an encoded query and is not run as a script."""
    if not value or "^" in value or not value.isprintable() or value.lower().startswith("javascript:"):
        message = "a value to look for is empty, starts as a script, or holds '^' or control characters"
        raise VendorRefused(VENDOR, operation, message)
    return value


def correlation(operation: str, correlation_id: str) -> str:
    """The correlation_id, if it can be kept whole and looked for. Raises: VendorRefused."""
    if len(correlation_id) > _CORRELATION:
        message = f"a correlation_id has at most {_CORRELATION} characters"
        raise VendorRefused(VENDOR, operation, message)
    return queryable(operation, correlation_id)


def cut(text: str, length: int) -> str:
    """The text, visibly shortened when it is too long for its column."""
    return text if len(text) <= length else text[: length - 1] + "…"


def ending(text: str, mark: str) -> str:
    """The text with the key's marker below, whole."""
    return f"{cut(text, LONG - len(mark) - 1)}\n{mark}"
