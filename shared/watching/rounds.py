"""One round over all services: read, judge, keep. Side by side within limits; one that fails stops no other."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.at_once import for_each
from shared.domain.watch import watched
from shared.domain.watch.sensitivity import Sensitivity, changed
from shared.watching.baselines import EVERY_MS, Baselines, Budget
from shared.watching.documents import Document, Documents
from shared.watching.judging import judged
from shared.watching.reading import Points, Reading
from shared.watching.surroundings import Surroundings, look_round

if TYPE_CHECKING:
    from shared.clients.dynatrace import DynatraceClient
    from shared.clients.servicenow import ServiceNowClient

ROUND_S = 240
"""A round begins nothing more after this time; what it did not reach comes first in the next."""
BATCHES_AT_ONCE, BATCH = 4, 30
MOST_BASELINES = 60
"""Built in one round: so many requests for weeks of history are bearable beside the others."""

type Service = Mapping[str, Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Watched:
    """One service after a round: its document before and after, which is kept."""

    service: Service
    sensitivity: Sensitivity
    before: Document | None
    after: Document


@dataclass
class Report:
    """What a round did. failed, unreached: names of services."""

    watched: int = 0
    failed: list[str] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)


type HandOver = Callable[[Watched], Awaitable[None]]


class Watcher:
    """tiers: how sharply services of each tier are watched. clock: seconds, for the length of a round."""

    def __init__(
        self,
        dynatrace: DynatraceClient,
        servicenow: ServiceNowClient,
        documents: Documents,
        tiers: Mapping[int, Sensitivity],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dynatrace, self._servicenow, self._documents = dynatrace, servicenow, documents
        self._tiers, self._clock = tiers, clock
        self._reading = Reading(dynatrace)
        self._baselines = Baselines(dynatrace, documents, self._reading)

    async def round(self, services: Sequence[Service], now_ms: int, hand_over: HandOver) -> Report:
        """Watch all of these; hand_over gets each that was judged, and starts what is due for it."""
        report = Report()
        surroundings = await look_round(self._dynatrace, self._servicenow)
        end_at = self._clock() + ROUND_S
        budget = Budget(MOST_BASELINES)

        async def batch(of: Sequence[Service]) -> None:
            if self._clock() > end_at:
                report.unreached += [service["name"] for service in of]
                return
            await self._batch(of, now_ms, surroundings, budget, report, hand_over)

        await for_each(batch, _batches(services, now_ms // EVERY_MS), BATCHES_AT_ONCE)
        await self._documents.put_last_round(
            {"at_ms": now_ms, "watched": report.watched, "failed": report.failed + report.unreached}
        )
        return report

    async def _batch(
        self,
        services: Sequence[Service],
        now_ms: int,
        surroundings: Surroundings,
        budget: Budget,
        report: Report,
        hand_over: HandOver,
    ) -> None:
        try:
            minutes = await self._reading.minutes(services, now_ms)
        except Exception:
            log.exception("the signals of %d services could not be read", len(services))
            report.failed += [service["name"] for service in services]
            return
        for service in services:
            name = service["name"]
            try:
                result = await self._watch(service, minutes[name], now_ms, surroundings, budget)
                if result is not None:
                    await hand_over(result)
                report.watched += 1
            except Exception:
                # One service that cannot be judged must not leave the others unwatched.
                log.exception("%s could not be watched", name)
                report.failed.append(name)

    async def _watch(
        self,
        service: Service,
        minutes: Mapping[str, Points],
        now_ms: int,
        surroundings: Surroundings,
        budget: Budget,
    ) -> Watched | None:
        """None when another round was there first: it hands over what is due."""
        name, sensitivity = service["name"], self._sensitivity(service)
        before, etag = await self._documents.get_with_etag(name)
        known = await self._baselines.of(service, now_ms, budget)
        after = await judged(
            self._reading, surroundings, service, sensitivity, minutes, known, before, now_ms
        )
        if watched.differs(before, after) and not await self._documents.put(name, after, etag):
            return None
        return Watched(service, sensitivity, before, after)

    def _sensitivity(self, service: Service) -> Sensitivity:
        tier = service.get("tier")
        of_tier = self._tiers.get(tier or 0) or self._tiers[max(self._tiers)]
        return changed(of_tier, (service.get("watch") or {}).get("sensitivity") or "")


def _batches(services: Sequence[Service], turn: int) -> list[list[Service]]:
    """Services of one entity type together, beginning elsewhere each round; without those nobody has seen yet."""
    of_type: dict[str, list[Service]] = {}
    for service in services:
        entity_id = (service.get("dynatrace") or {}).get("entity_id")
        if entity_id:
            of_type.setdefault(entity_id.rpartition("-")[0], []).append(service)
    batches = [
        alike[start : start + BATCH] for alike in of_type.values() for start in range(0, len(alike), BATCH)
    ]
    first = turn % len(batches) if batches else 0
    return batches[first:] + batches[:first]
