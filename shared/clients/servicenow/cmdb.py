"""The CMDB: one configuration item per service, made once, adopted where somebody has it, retired or deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from shared.clients.idempotency import Result, find_or_create, retrying
from shared.clients.servicenow.tables import Api, Row, Table, correlation

RETIRED = {"operational_status": "6", "install_status": "7"}
"""As every instance is delivered with: operational status and install status both read "Retired"."""

_FIELDS = "sys_id,name,correlation_id,operational_status,install_status,sys_created_on"
_OURS = frozenset({"sys_id", "name", "correlation_id"})


class Item(TypedDict):
    """A configuration item. operational_status, install_status: ServiceNow's numbers, as text."""

    sys_id: str
    name: str
    url: str
    correlation_id: str
    operational_status: str
    install_status: str


class EnsuredItem(TypedDict):
    """ours: it bears the correlation_id we were given. Else it is somebody's of this name: leave it alone."""

    sys_id: str
    url: str
    ours: bool


class Cmdb:
    """`client.cmdb`, on table cmdb_ci_service."""

    def __init__(self, api: Api) -> None:
        self._table = Table(api, "cmdb_ci_service", _FIELDS, self._item)

    async def find(self, name: str, correlation_id: str = "") -> Item | None:
        """The item of this correlation_id, if one is given, else the oldest of exactly this name, else None."""
        return await retrying(lambda: self._find("find_item", name, correlation_id))

    async def get(self, sys_id: str) -> Item | None:
        """The item, None when there is none of this sys_id."""
        return await self._table.get_or_none("get_item", sys_id)

    async def ensure(self, name: str, correlation_id: str, fields: Mapping[str, str]) -> EnsuredItem:
        """Have an item: the one of our correlation_id, else the oldest of this name, else a new one with `fields`.

        What is found stays as it is. fields: columns of the table; references are sys_ids.
        """
        operation = "ensure_item"
        correlation(operation, correlation_id)
        if reserved := _OURS & fields.keys():
            raise ValueError(f"{', '.join(sorted(reserved))} are not for fields to say")
        row = {**fields, "name": name, "correlation_id": correlation_id}

        async def write() -> Item:
            item = await self._table.insert(operation, row)
            return await self._find(operation, name, correlation_id) or item

        item, _ = await find_or_create(lambda: self._find(operation, name, correlation_id), write)
        ours = item["correlation_id"] == correlation_id
        return {"sys_id": item["sys_id"], "url": item["url"], "ours": ours}

    async def delete(self, sys_id: str) -> bool:
        """Delete the item. False: it is not there, or no longer, should an earlier answer have been lost."""
        return await self._table.delete("delete_item", sys_id)

    async def retire(self, sys_id: str) -> Result:
        """Mark the item as retired; one that is already, is adopted."""
        operation = "retire_item"

        async def look() -> Item | None:
            item = await self._table.get(operation, sys_id)
            return item if RETIRED.items() <= item.items() else None

        return (await find_or_create(look, lambda: self._table.update(operation, sys_id, RETIRED)))[1]

    async def _find(self, operation: str, name: str, correlation_id: str) -> Item | None:
        found = correlation_id and await self._table.find(operation, "correlation_id", correlation_id)
        found = found or await self._table.find(operation, "name", name)
        return found[0] if found else None

    def _item(self, row: Row) -> Item:
        return {
            "sys_id": row["sys_id"],
            "name": row["name"],
            "url": self._table.link(row["sys_id"]),
            "correlation_id": row.get("correlation_id", ""),
            "operational_status": row.get("operational_status", ""),
            "install_status": row.get("install_status", ""),
        }
