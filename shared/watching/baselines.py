"""What is usual for a service's signals, and where it runs: built from history once a day, kept in Blob."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shared.domain.watch import seasons
from shared.domain.watch.signals import Signal, of_service, scaled
from shared.domain.watch.trends import HOUR_MS
from shared.watching.documents import Document, Documents
from shared.watching.reading import Reading

if TYPE_CHECKING:
    from shared.clients.dynatrace import DynatraceClient

EVERY_MS = 5 * 60_000
"""Between two rounds."""

_AFTER_MS, _LATEST_MS, _YOUNG_AFTER_MS = 20 * HOUR_MS, 30 * HOUR_MS, 6 * HOUR_MS
_SPREAD = 48


class Budget:
    """How many more may be built in this round."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self) -> bool:
        self._left -= 1
        return self._left >= 0


class Baselines:
    """The baselines of services, as `Documents.baselines` describes them."""

    def __init__(self, dynatrace: DynatraceClient, documents: Documents, reading: Reading) -> None:
        self._dynatrace, self._documents, self._reading = dynatrace, documents, reading

    async def of(self, service: Mapping[str, Any], now_ms: int, budget: Budget) -> Document:
        """Those of today; older ones, or none, where the round's budget is spent."""
        name, entity_id = service["name"], service["dynatrace"]["entity_id"]
        kept = await self._documents.baselines(name)
        if kept is not None and kept["entity_id"] != entity_id:
            kept = None
        if kept is not None and not _is_due(kept, name, now_ms):
            return kept
        if not budget.take():
            return kept or {"entity_id": entity_id, "built_ms": 0, "signals": {}}
        built = await self._build(service, entity_id, now_ms)
        await self._documents.put_baselines(name, built)
        return built

    async def _build(self, service: Mapping[str, Any], entity_id: str, now_ms: int) -> Document:
        history = await self._reading.history(service, now_ms)
        nodes = await self._dynatrace.entities.nodes([entity_id])
        node: Mapping[str, Any] = nodes[0] if nodes else {}
        return {
            "entity_id": entity_id,
            "built_ms": now_ms,
            "signals": {
                signal.indicator: seasons.build(history[signal.indicator], _scale(signal), now_ms)
                for signal in of_service(service)
            },
            **{part: list(node.get(part, [])) for part in ("runs_on", "tags", "zones")},
        }


def spread(name: str) -> int:
    """A number of the service that is the same in every process, so that not all are due in one round."""
    return zlib.crc32(name.encode())


def _scale(signal: Signal) -> Callable[[float], float]:
    return lambda value: scaled(signal, value)


def _is_due(kept: Mapping[str, Any], name: str, now_ms: int) -> bool:
    """Once a day; more often while there is too little history."""
    age = now_ms - kept["built_ms"]
    if None in kept["signals"].values() and age >= _YOUNG_AFTER_MS:
        return True
    turn = (now_ms // EVERY_MS + spread(name)) % _SPREAD == 0
    return age >= _LATEST_MS or (age >= _AFTER_MS and turn)
