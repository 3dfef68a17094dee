"""Who may make a service of a name: one claim per name in Blob, taken by one operation, given back when it is undone.

Of two that want the same name at the same moment the storage lets one write the blob; the other learns whose it is.
A claim outlives its provisioning: the name is the service's until it is decommissioned.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypedDict

from shared.errors import OutcomeUnknown, VendorUnavailable

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore

_PREFIX = "registry/claims/"
_JSON = "application/json"
_TRIES = 3


class Claim(TypedDict):
    """operation_id: who has the name. request_hash: of what was asked with it. at: ISO 8601, UTC."""

    operation_id: str
    request_hash: str
    at: str


class Claims:
    """All methods raise VendorUnavailable (try later)."""

    def __init__(self, blob: BlobStore) -> None:
        self._blob = blob

    async def get(self, name: str) -> Claim | None:
        """Whose the name is."""
        document = await self._blob.get(_blob(name))
        return json.loads(document) if document is not None else None

    async def take(self, name: str, claim: Claim) -> Claim:
        """Claim the name. Returns the claim that holds now: this one, or another's."""
        document = json.dumps(claim, sort_keys=True)
        for _ in range(_TRIES):
            unknown: OutcomeUnknown | None = None
            try:
                if await self._blob.put_once(_blob(name), document, _JSON):
                    return claim
            except OutcomeUnknown as error:
                unknown = error
            # Somebody's, perhaps our own of a write whose answer was lost.
            if held := await self.get(name):
                return held
            if unknown:
                raise unknown
        raise VendorUnavailable("blob", "claim_name", "the name is being taken and given back")

    async def take_over(self, name: str, abandoned: Claim, claim: Claim) -> Claim:
        """Claim a name whose claim nobody stands behind. Returns the claim that holds now."""
        found = await self._blob.get_with_etag(_blob(name))
        if found is None:
            return await self.take(name, claim)
        document, etag = found
        if json.loads(document) == abandoned:
            await self._blob.replace(_blob(name), json.dumps(claim, sort_keys=True), _JSON, etag)
        return await self.get(name) or await self.take(name, claim)

    async def release(self, name: str, operation_id: str) -> bool:
        """Give the name back if it is this operation's: False where it is not."""
        held = await self.get(name)
        if held is None or held["operation_id"] != operation_id:
            return False
        return await self._blob.delete(_blob(name))


def _blob(name: str) -> str:
    return f"{_PREFIX}{name}.json"
