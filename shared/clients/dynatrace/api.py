"""How the rooms of this folder speak with Dynatrace: one call, all pages of a list, None for what is not there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from shared.clients.http import Params, call
from shared.errors import VendorRefused

if TYPE_CHECKING:
    import httpx

VENDOR = "dynatrace"

_MAX_PAGES = 50


class Api:
    """http: a client with base_url, token and timeout (seconds) already set."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.call = partial(call, http, VENDOR)
        self.url = str(http.base_url).rstrip("/")

    async def pages(self, operation: str, path: str, name: str, params: Params) -> list[dict[str, Any]]:
        """The list `name` of all pages. Dynatrace takes no other parameter beside nextPageKey."""
        items: list[dict[str, Any]] = []
        for _ in range(_MAX_PAGES):
            page, next_key = await self.call(
                operation,
                "GET",
                path,
                params=params,
                parse=lambda body: ([dict(item) for item in body[name]], body.get("nextPageKey")),
            )
            items += page
            if not next_key:
                return items
            params = {"nextPageKey": next_key}
        raise VendorRefused(VENDOR, operation, f"more than {_MAX_PAGES} pages: narrow the question")


def entity_selector(operation: str, entity_id: str) -> str:
    """The selector of one entity. Raises: VendorRefused for what would be more than an id."""
    return ids_selector(operation, [entity_id])


def ids_selector(operation: str, entity_ids: Sequence[str]) -> str:
    """The selector of these entities, for entities, events and metrics alike. Raises: VendorRefused."""
    listed = ",".join(f'"{entity_id}"' for entity_id in checked_ids(operation, entity_ids))
    return f"entityId({listed})"


def checked_ids(operation: str, entity_ids: Sequence[str]) -> Sequence[str]:
    """Raises: VendorRefused for what would be more than an id."""
    if not all(re.fullmatch(r"[A-Za-z0-9_-]+", entity_id) for entity_id in entity_ids):
        raise VendorRefused(VENDOR, operation, "an entity id has letters, digits, '_' and '-' only")
    return entity_ids


def type_of(entity_id: str) -> str:
    """The type an entity's id begins with: "SERVICE" of "SERVICE-0123456789ABCDEF"."""
    return entity_id.rpartition("-")[0]
