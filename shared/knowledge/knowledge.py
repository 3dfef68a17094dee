"""Remembering incidents that ended and finding the ones that are like a problem. shared.services builds it once.

Every memory is kept under each encoder of this app, so that the next one can search while the first is away. What one
could not encode when it was remembered, and what only an encoder of earlier days knows, `tend` encodes later.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from shared.errors import VendorError
from shared.knowledge.compaction import drop_forgotten
from shared.knowledge.documents import line
from shared.knowledge.forgotten import Forgotten
from shared.knowledge.memory import Memory, about, preference, without_noise
from shared.knowledge.shelf import Shelf, models
from shared.knowledge.tending import Tended, encode, tend
from shared.settings import SIMILAR_FROM

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore
    from shared.knowledge.encoder import Encoder, Vectors
    from shared.knowledge.index import Revision

log = logging.getLogger(__name__)

_CANDIDATES = 200
_OUTCOME_WEIGHT = 0.05
_SAME_SERVICE_WEIGHT = 0.05


class Match(Memory):
    """similarity: 0 to 1, how likely the match is of the same kind of failure. model: whose vectors say so."""

    similarity: float
    model: str


class Knowledge:
    """encoders: the preferred one first.

    All methods raise VendorUnavailable (try later); what encodes also VendorRefused, of the last encoder.
    """

    def __init__(
        self, blob: BlobStore, encoders: Sequence[Encoder], similar_from: float = SIMILAR_FROM
    ) -> None:
        self._blob, self._forgotten, self._similar_from = blob, Forgotten(blob), similar_from
        self._encoders = [(encoder, Shelf(blob, encoder.name)) for encoder in encoders]

    async def remember(self, memory: Memory) -> Literal["created", "adopted", "forgotten"]:
        """Keep one memory; doing it again changes nothing, and what was forgotten stays so."""
        if await self._forgotten.holds(memory["id"]):
            return "forgotten"
        kept: list[bool] = []
        for number, (encoder, shelf) in enumerate(self._encoders, start=1):
            try:
                vectors = await encoder.encode([about(memory)])
            except VendorError as error:
                if number == len(self._encoders) and not kept:
                    raise
                log.warning("%s has not encoded %s yet: %s", encoder.name, memory["id"], error)
            else:
                kept.append(await shelf.add(memory, vectors))
        return "created" if any(kept) else "adopted"

    async def remember_many(self, memories: Sequence[Memory]) -> int:
        """Keep those that are news, for each encoder that answers. Returns how many were news to any of them."""
        news: set[str] = set()
        answered = False
        for number, (encoder, shelf) in enumerate(self._encoders, start=1):
            index = await shelf.index()
            new = [one for one in memories if index.lacks(one["id"], (one["revised_at"], line(one)))]
            news |= {one["id"] for one in new}
            try:
                await encode(encoder, shelf, [line(one) for one in new])
                answered = True
            except VendorError as error:
                if number == len(self._encoders) and not answered:
                    raise
                log.warning("%s has not encoded %d memories yet: %s", encoder.name, len(new), error)
            await drop_forgotten(shelf, self._forgotten)
        return len(news)

    async def similar(
        self, text: str, *, service: str = "", without: Collection[str] = (), limit: int = 5
    ) -> list[Match]:
        """The incidents most like `text` (redacted), best first; none that is more likely unlike it.

        service: whose incidents come first among equals, as do those with a verified fix. without: ids and numbers.
        """
        encoder, shelf, vector = await self._asked(without_noise(text))
        index = await shelf.index()
        found = await asyncio.to_thread(index.nearest, vector, _CANDIDATES)
        likely = ((encoder.calibration.likeness(cosine), memory) for cosine, memory in found)
        matches = [
            Match(**memory, similarity=round(likeness, 3), model=encoder.name)
            for likeness, memory in likely
            if likeness >= self._similar_from and not {memory["id"], memory["number"]} & set(without)
        ]
        return _best(matches, service)[:limit]

    async def get_many(self, ids: Collection[str]) -> dict[str, Memory]:
        """What is remembered of these incidents, by id."""
        newest: dict[str, Revision] = {}
        for _, shelf in self._encoders if ids else ():
            index = await shelf.index()
            for id_ in ids:
                if (held := index.revision(id_)) is not None:
                    newest[id_] = max(newest.get(id_, held), held)
        return {id_: json.loads(revision[1]) for id_, revision in newest.items()}

    async def count(self) -> int:
        """Of how many incidents we know."""
        return len(await self._encoders[0][1].index())

    async def forget(self, id_: str) -> int:
        """Take all that is remembered of an incident away, whatever encoder made it, for good.

        Returns how many memories that were; none is a good answer too: it will not be remembered later.
        """
        await self._forgotten.add(id_)
        known = {encoder.name for encoder, _ in self._encoders}
        others = [Shelf(self._blob, name) for name in sorted(await models(self._blob) - known)]
        gone = 0
        for shelf in [*(ours for _, ours in self._encoders), *others]:
            gone += await shelf.delete_loose(id_) + await drop_forgotten(shelf, self._forgotten)
        return gone

    async def tend(self) -> Tended:
        """Encode what an encoder has not seen, put blobs together, drop those that no encoder of now can search."""
        return await tend(self._blob, self._encoders, self._forgotten)

    async def _asked(self, text: str) -> tuple[Encoder, Shelf, Vectors]:
        """The first encoder that answers, its shelf, and the vector of the text."""
        for number, (encoder, shelf) in enumerate(self._encoders, start=1):
            try:
                (vector,) = await encoder.encode([text])
            except VendorError as error:
                if number == len(self._encoders):
                    raise
                log.warning("%s is away, the next encoder searches: %s", encoder.name, error)
            else:
                return encoder, shelf, vector
        raise AssertionError("an encoder is always there")


def _best(matches: Iterable[Match], service: str) -> list[Match]:
    """Ordered, and of those that tell the same story the first alone."""

    def rank(match: Match) -> float:
        same = bool(service) and match["service"] == service
        return match["similarity"] + _OUTCOME_WEIGHT * preference(match) + _SAME_SERVICE_WEIGHT * same

    told: dict[tuple[str, ...], Match] = {}
    for match in sorted(matches, key=lambda one: (-rank(one), one["id"])):
        story = (match["service"], match["title"], match["cause"], match["action_type"], match["outcome"])
        told.setdefault(story, match)
    return list(told.values())
