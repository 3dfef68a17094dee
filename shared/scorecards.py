"""Scorecards: gathered for all services at once, kept in Blob, read by one look.

`scorecards/<service>.json` and `.svg`. A source that is away, or a view that is not there yet, leaves its section
without data; the warehouse is asked once a round, however many services there are.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from shared.at_once import for_each
from shared.domain.metrics import scorecard
from shared.domain.metrics.scorecard_badge import badge
from shared.scorecard_rows import DoraRow

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore
    from shared.clients.dynatrace.slos import EvaluatedSlo, Slo

log = logging.getLogger(__name__)

JSON, SVG = "application/json", "image/svg+xml"
AT_ONCE = 4
_PREFIX = "scorecards/"
_OBJECTIVES = ("availability", "latency")


class Objectives(Protocol):
    """shared.clients.dynatrace.slos.Slos."""

    async def find(self, name: str) -> Slo | None: ...
    async def evaluated(self, slo_id: str) -> EvaluatedSlo | None: ...


class Common(NamedTuple):
    """What one round asks once. Each by service; None where it could not be had."""

    dora: Mapping[str, DoraRow] | None
    incidents: Mapping[str, dict[str, float | int | None]] | None
    open_incidents: Mapping[str, int] | None


class Report(NamedTuple):
    """failed: the services whose scorecard stays as it was."""

    written: int
    failed: list[str]


class Scorecards:
    """Written by a round, read by the endpoint. Reading raises VendorUnavailable (try later)."""

    def __init__(self, blob: BlobStore) -> None:
        self._blob = blob

    async def get(self, service: str, kind: str = "json") -> bytes | None:
        """The document or the badge ("svg") as the last round left it; None where there is none."""
        return await self._blob.get(f"{_PREFIX}{service}.{kind}")

    async def put(self, card: Mapping[str, Any], language: str) -> None:
        """Keep the badge, then the document that has its address."""
        document = json.dumps(card, ensure_ascii=False, separators=(",", ":"))
        await self._blob.put(f"{_PREFIX}{card['service']}.svg", badge(card, language), SVG)
        await self._blob.put(f"{_PREFIX}{card['service']}.json", document, JSON)

    async def keep_only(self, services: Collection[str]) -> None:
        """Take away what is of no service any more."""
        gone = [
            name
            async for name in self._blob.names(_PREFIX)
            if name.removeprefix(_PREFIX).rpartition(".")[0] not in services
        ]
        for name in gone:
            await self._blob.delete(name)


async def refresh(
    services: Sequence[Mapping[str, Any]],
    one: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> Report:
    """Do `one` for each service, a few at once; what fails for one stops no other."""
    failed: list[str] = []

    async def turn(service: Mapping[str, Any]) -> None:
        try:
            await one(service)
        except Exception:
            # One document that cannot be read must not keep the others' scorecards old.
            log.exception("the scorecard of %s could not be made", service.get("name"))
            failed.append(str(service.get("name")))

    await for_each(turn, services, AT_ONCE)
    return Report(len(services) - len(failed), sorted(failed))


def count_open(entries: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Open incidents by service."""
    counted: dict[str, int] = {}
    for entry in entries:
        if entry["ended_ms"] is None and entry["service"]:
            counted[entry["service"]] = counted.get(entry["service"], 0) + 1
    return counted


async def objectives(slos: Objectives, service: Mapping[str, Any]) -> list[EvaluatedSlo]:
    """The service's objectives as they stand: those it was made with, else those of the golden paths' names."""
    made = [part["slo_id"] for part in service.get("parts", {}).values() if part.get("slo_id")]
    if not made:
        found = [await slos.find(f"{service['name']} {kind}") for kind in _OBJECTIVES]
        made = [one["slo_id"] for one in found if one]
    evaluated = [await slos.evaluated(slo_id) for slo_id in made]
    return [one for one in evaluated if one]


def card_of(
    service: Mapping[str, Any],
    common: Common,
    gates: Sequence[Mapping[str, Any]] | None,
    slos: Sequence[Mapping[str, Any]] | None,
    now: datetime,
) -> dict[str, Any]:
    """The service's document."""
    name = service["name"]
    facts = {
        "dora": common.dora.get(name) if common.dora else None,
        "incidents": common.incidents.get(name) if common.incidents else None,
        "open": None if common.open_incidents is None else common.open_incidents.get(name, 0),
        "gates": gates,
        "slo": slos,
    }
    return scorecard.build(service, facts, now.isoformat(timespec="seconds"))
