"""Where items are kept: one table of the app's own storage account, reached by its managed identity."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

from .items import Item

TABLE = "items"
_PARTITION = "items"
_TIMEOUT_S = 5


class StoreUnavailable(Exception):
    """The store does not answer: try later."""


class Items(Protocol):
    """All methods raise StoreUnavailable."""

    def put(self, item: Item) -> bool:
        """Keep the item; True when it is new. Twice is as once."""

    def get(self, item_id: str) -> Item | None: ...

    def all(self, limit: int) -> list[Item]:
        """The first items, by id."""

    def check(self) -> None:
        """Raises StoreUnavailable unless the store answers."""


class TableItems:
    """Azure Table storage. Source: https://learn.microsoft.com/azure/storage/tables/"""

    def __init__(self, table: Any) -> None:
        """table: an azure.data.tables.TableClient."""
        self._table = table

    def put(self, item: Item) -> bool:
        from azure.core.exceptions import ResourceExistsError
        from azure.data.tables import UpdateMode

        entity = {
            "PartitionKey": _PARTITION,
            "RowKey": item.id,
            "name": item.name,
            "quantity": item.quantity,
        }
        with _asked():
            try:
                self._table.create_entity(entity)
            except ResourceExistsError:
                self._table.upsert_entity(entity, mode=UpdateMode.REPLACE)
                return False
        return True

    def get(self, item_id: str) -> Item | None:
        from azure.core.exceptions import ResourceNotFoundError

        with _asked():
            try:
                return _item(self._table.get_entity(_PARTITION, item_id))
            except ResourceNotFoundError:
                return None

    def all(self, limit: int) -> list[Item]:
        with _asked():
            pages: Iterator[Iterable[Mapping[str, Any]]] = self._table.query_entities(
                "PartitionKey eq @partition",
                parameters={"partition": _PARTITION},
                results_per_page=limit,
            ).by_page()
            return [_item(entity) for entity in next(pages, [])]

    def check(self) -> None:
        self.all(1)


@cache
def items() -> Items:
    """Built on first use: a cold start loads neither the client nor the credential."""
    from azure.data.tables import TableClient
    from azure.identity import DefaultAzureCredential

    table = TableClient(
        os.environ["ITEMS_TABLE_SERVICE_URL"],
        TABLE,
        credential=DefaultAzureCredential(),
        connection_timeout=_TIMEOUT_S,
        read_timeout=_TIMEOUT_S,
        retry_total=2,
    )
    return TableItems(table)


@contextmanager
def _asked() -> Iterator[None]:
    """Raises: StoreUnavailable for whatever keeps the store from answering."""
    from azure.core.exceptions import AzureError

    try:
        yield
    except (AzureError, AttributeError) as error:
        # azure-data-tables 12.7.0 reads the answer also where a failed sign-in left none.
        raise StoreUnavailable(type(error).__name__) from error


def _item(entity: Mapping[str, Any]) -> Item:
    return Item(str(entity["RowKey"]), str(entity["name"]), int(entity["quantity"]))
