"""What a round asks Dynatrace: the last minutes of many services, the history of one, how full a resource is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.domain.watch import forecasts, seasons
from shared.domain.watch.anomalies import LOOK_BACK_MS
from shared.domain.watch.resources import Resource
from shared.domain.watch.seasons import MINUTE_MS
from shared.domain.watch.signals import Signal, of_service, per_minute
from shared.errors import VendorRefused

if TYPE_CHECKING:
    from shared.clients.dynatrace import DynatraceClient

type Service = Mapping[str, Any]
type Points = list[tuple[int, float | None]]

SETTLING_MS = MINUTE_MS
"""Dynatrace's newest minute is not whole yet."""

_ONE_OF_THEM = frozenset({400, 404})
"""How Dynatrace refuses a question for what it asks about; a token that may not ask is refused otherwise."""

_CERTIFICATE_MS = 2 * 24 * 60 * MINUTE_MS


class Reading:
    """Methods raise VendorUnavailable (try later) and VendorRefused (do not)."""

    def __init__(self, dynatrace: DynatraceClient) -> None:
        self._dynatrace = dynatrace

    async def minutes(self, services: Sequence[Service], now_ms: int) -> dict[str, dict[str, Points]]:
        """{service: {indicator: its last minutes}}; of services whose entities are of one type.

        One request for the golden signals of all, one for each indicator that is a service's own.
        """
        until = (now_ms - SETTLING_MS) // MINUTE_MS * MINUTE_MS
        since = until - LOOK_BACK_MS
        found: dict[str, dict[str, Points]] = {service["name"]: {} for service in services}
        golden = {signal.key: signal for each in services for signal in of_service(each) if signal.dimension}
        asked = [self._golden(services, golden, since, until, found)] if golden else []
        for service in services:
            own = [signal for signal in of_service(service) if not signal.dimension]
            asked += [self._own(service, signal, since, until, found) for signal in own]
        await asyncio.gather(*asked)
        return found

    async def history(self, service: Service, now_ms: int) -> dict[str, Points]:
        """{indicator: its slots of seasons.SLOT_MS over seasons.HISTORY_MS}."""
        slot_minutes = seasons.SLOT_MS // MINUTE_MS
        until = now_ms // seasons.SLOT_MS * seasons.SLOT_MS
        since, resolution = until - seasons.HISTORY_MS, f"{slot_minutes}m"
        signals = of_service(service)
        entity_id = service["dynatrace"]["entity_id"]
        found: dict[str, Points] = {signal.indicator: [] for signal in signals}
        golden = [signal for signal in signals if signal.dimension]
        if golden:
            keys = [signal.key for signal in golden]
            read = await self._dynatrace.metrics.of(
                keys, [entity_id], golden[0].dimension, since, until, resolution
            )
            points_of = {series.key: series.points for series in read}
            found |= {
                signal.indicator: per_minute(signal, points_of.get(signal.key, []), slot_minutes)
                for signal in golden
            }
        for signal in signals:
            if not signal.dimension:
                found[signal.indicator] = await self._dynatrace.metrics.query(
                    signal.key, entity_id, since, until, resolution
                )
        return found

    async def fullness(self, resource: Resource, now_ms: int) -> Points:
        """How full it was over forecasts.LOOK_BACK_MS; of a certificate, the days it had left over the last two."""
        back = _CERTIFICATE_MS if resource.kind == "certificate" else forecasts.LOOK_BACK_MS
        return await self._dynatrace.metrics.query(
            resource.selector, resource.entity_id, now_ms - back, now_ms, forecasts.RESOLUTION
        )

    async def _golden(
        self,
        services: Sequence[Service],
        golden: Mapping[str, Signal],
        since: int,
        until: int,
        found: dict[str, dict[str, Points]],
    ) -> None:
        of_entity: dict[str, list[str]] = {}
        for service in services:
            of_entity.setdefault(service["dynatrace"]["entity_id"], []).append(service["name"])
        dimension = next(iter(golden.values())).dimension
        for series in await self._of_all(list(golden), list(of_entity), dimension, since, until):
            for name in of_entity[series.entity_id]:
                found[name][golden[series.key].indicator] = by_minute(series.points)

    async def _of_all(
        self, keys: Sequence[str], entity_ids: Sequence[str], dimension: str, since: int, until: int
    ) -> Iterable[Any]:
        """One entity that Dynatrace refuses to be asked about must not cost the others their look."""
        try:
            return await self._dynatrace.metrics.of(keys, entity_ids, dimension, since, until, "1m")
        except VendorRefused as refused:
            if refused.status not in _ONE_OF_THEM:
                raise
            if len(entity_ids) == 1:
                return []
        halves = entity_ids[: len(entity_ids) // 2], entity_ids[len(entity_ids) // 2 :]
        read = [await self._of_all(keys, half, dimension, since, until) for half in halves]
        return [series for part in read for series in part]

    async def _own(
        self, service: Service, signal: Signal, since: int, until: int, found: dict[str, dict[str, Points]]
    ) -> None:
        try:
            points = await self._dynatrace.metrics.query(
                signal.key, service["dynatrace"]["entity_id"], since, until, "1m"
            )
        except VendorRefused:
            return  # no samples: it is judged as not enough data
        found[service["name"]][signal.indicator] = by_minute(points)


def by_minute(points: Points) -> Points:
    """Samples finer than a minute, averaged: the detector counts in minutes."""
    minutes: dict[int, list[float]] = {}
    for at, value in points:
        minutes.setdefault(at - at % MINUTE_MS, []).extend([] if value is None else [value])
    return [(at, sum(values) / len(values) if values else None) for at, values in sorted(minutes.items())]
