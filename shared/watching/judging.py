"""One service: its signals judged, its resources forecast, its document brought up to date."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from shared.domain.watch import anomalies, forecasts, resources, watched, watched_resources
from shared.domain.watch.resources import CERTIFICATE, Resource
from shared.domain.watch.sensitivity import Sensitivity
from shared.domain.watch.signals import of_service, per_minute
from shared.errors import VendorRefused
from shared.watching.baselines import EVERY_MS, spread
from shared.watching.documents import Document
from shared.watching.reading import Points, Reading
from shared.watching.surroundings import Surroundings

_RESOURCES_EVERY = 6
"""Rounds between two looks at a service's resources: they fill in hours, not in minutes."""

type Service = Mapping[str, Any]

log = logging.getLogger(__name__)


async def judged(
    reading: Reading,
    surroundings: Surroundings,
    service: Service,
    sensitivity: Sensitivity,
    minutes: Mapping[str, Points],
    known: Document,
    before: Document | None,
    now_ms: int,
) -> Document:
    """The service's document after this round. known: its baselines document."""
    name = service["name"]
    kept = dict((before or {}).get("resources", {}))
    if before is None or (now_ms // EVERY_MS + spread(name)) % _RESOURCES_EVERY == 0:
        kept = await _resources(reading, service, sensitivity, known, kept, now_ms)
    return {
        "service": name,
        "tier": service.get("tier"),
        "changed_at_ms": now_ms,
        "signals": await _signals(surroundings, service, sensitivity, minutes, known, before, now_ms),
        "resources": kept,
    }


async def _signals(
    surroundings: Surroundings,
    service: Service,
    sensitivity: Sensitivity,
    minutes: Mapping[str, Points],
    known: Document,
    before: Document | None,
    now_ms: int,
) -> dict[str, Any]:
    found = {}
    for signal in of_service(service):
        points = per_minute(signal, minutes.get(signal.indicator, []), 1)
        baseline = known["signals"].get(signal.indicator)
        found[signal] = anomalies.judge(points, signal, baseline, sensitivity, now_ms)
    excuse = None
    if any(judgement["state"] == anomalies.ANOMALOUS for judgement in found.values()):
        excuse = await surroundings.excuse(service, known, now_ms)
    earlier = (before or {}).get("signals", {})
    return {
        signal.indicator: watched.signal_entry(
            service["name"], signal, earlier.get(signal.indicator), judgement, excuse, now_ms
        )
        for signal, judgement in found.items()
    }


async def _resources(
    reading: Reading,
    service: Service,
    sensitivity: Sensitivity,
    known: Document,
    before: Mapping[str, Any],
    now_ms: int,
) -> dict[str, Any]:
    after: dict[str, Any] = {}
    for resource in resources.of_service(service, known.get("runs_on", [])):
        entry = before.get(resource.name)
        forecast = await _forecast(reading, resource, sensitivity, bool(entry and entry["id"]), now_ms)
        after[resource.name] = watched_resources.resource_entry(
            service["name"], resource.name, resource.kind, entry, forecast, now_ms
        )
    gone = {name: entry for name, entry in before.items() if name not in after and entry["id"]}
    return after | {name: watched_resources.unwatched(entry) for name, entry in gone.items()}


async def _forecast(
    reading: Reading, resource: Resource, sensitivity: Sensitivity, told: bool, now_ms: int
) -> forecasts.Forecast:
    if resource.expires_at_ms is not None:
        return forecasts.expiry(resource.expires_at_ms, sensitivity, now_ms)
    try:
        points = await reading.fullness(resource, now_ms)
    except VendorRefused as refused:
        log.warning("%s cannot be forecast: %s", resource.name, refused)
        points = []
    if resource.kind == CERTIFICATE:
        return forecasts.expiry_of_days_left(points, sensitivity, now_ms)
    return forecasts.saturation(points, resource.limit, sensitivity, now_ms, told)
