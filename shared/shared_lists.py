"""Lists in Blob that many change at once: read, changed, and written only if nobody was quicker.

A change is a function from the list to the list as it should be; it is made again whenever the list turns out to be
another, so that doing it twice must be doing it once. A write without an answer is looked at, not believed.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.errors import OutcomeUnknown, VendorUnavailable

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

_JSON = "application/json"
_LONGEST_PAUSE_S = 0.4

type Rows = list[Any]
type Change = Callable[[Rows], Rows]


class SharedLists:
    """what: they are called in errors. tries: how often others may be quicker. Methods raise VendorUnavailable."""

    def __init__(self, blob: BlobStore, what: str, tries: int = 20) -> None:
        self._blob, self._what, self._tries = blob, what, tries

    async def read(self, path: str) -> Rows:
        """The list at this path, [] where there is none yet."""
        return (await self._with_etag(path))[0]

    async def update(self, path: str, change: Change) -> Rows:
        """Change the list. Returns it as it is now; what changes nothing is not written."""
        for attempt in range(self._tries):
            rows, etag = await self._with_etag(path)
            changed = change(rows)
            if changed == rows or await self._written(path, changed, etag):
                return changed
            await asyncio.sleep(random.uniform(0, min(0.01 * 2**attempt, _LONGEST_PAUSE_S)))  # noqa: S311
        raise VendorUnavailable("blob", self._what, f"others keep changing {path}")

    async def _with_etag(self, path: str) -> tuple[Rows, str]:
        found = await self._blob.get_with_etag(path)
        return (json.loads(found[0]), found[1]) if found else ([], "")

    async def _written(self, path: str, rows: Rows, etag: str) -> bool:
        document = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        try:
            if etag:
                return await self._blob.replace(path, document, _JSON, etag)
            return await self._blob.put_once(path, document, _JSON)
        except OutcomeUnknown:
            return False  # Read again: if it was written, nothing changes any more.
